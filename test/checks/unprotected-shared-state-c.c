// RUN: %check-fixture %s heddle-unprotected-shared-state -- -std=gnu11 -pthread
// RUN: %tsan %s
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static int counter;
static void *increment_bad(void *unused) {
  counter++; // EXPECT: `counter` is written here
  return unused;
}
void pthread_counter(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, increment_bad, NULL);
  pthread_create(&b, NULL, increment_bad, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static int guarded;
static void *incrementGuarded(void *unused) {
  pthread_mutex_lock(&guard);
  guarded++;
  pthread_mutex_unlock(&guard);
  return unused;
}
void pthread_mutex_ok(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, incrementGuarded, NULL);
  pthread_create(&b, NULL, incrementGuarded, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
static int tried;
static void *incrementIfFree(void *unused) {
  if (pthread_mutex_trylock(&busy) == 0) {
    tried++;
    pthread_mutex_unlock(&busy);
  }
  return unused;
}
void pthread_trylock_ok(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, incrementIfFree, NULL);
  pthread_create(&b, NULL, incrementIfFree, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

static atomic_int atomicCounter;
static void *incrementAtomic(void *unused) {
  atomicCounter++;
  __atomic_fetch_add((int *)unused, 1, __ATOMIC_SEQ_CST);
  return unused;
}
void c11_atomic_ok(void) {
  pthread_t a, b;
  int both = 0;
  pthread_create(&a, NULL, incrementAtomic, &both);
  pthread_create(&b, NULL, incrementAtomic, &both);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

struct Job {
  int id;
  int result;
  pthread_mutex_t mutex;
};
static void *work(void *argument) {
  struct Job *job = argument;
  job->result = job->id + 1;
  return NULL;
}
void shared_struct_bad(void) {
  pthread_t a, b;
  struct Job job = {1, 0, PTHREAD_MUTEX_INITIALIZER};
  pthread_create(&a, NULL, work, &job); // EXPECT: `job.result` is handed over here and written
  pthread_create(&b, NULL, work, &job);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

int own_struct_ok(void) {
  pthread_t a, b;
  struct Job left = {1, 0, PTHREAD_MUTEX_INITIALIZER}, right = {2, 0, PTHREAD_MUTEX_INITIALIZER};
  pthread_create(&a, NULL, work, &left);
  pthread_create(&b, NULL, work, &right);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  return left.result + right.result;
}

static void *workGuarded(void *argument) {
  struct Job *job = argument;
  pthread_mutex_lock(&job->mutex);
  job->result++;
  pthread_mutex_unlock(&job->mutex);
  return NULL;
}
void lock_in_struct_ok(void) {
  pthread_t a, b;
  struct Job *job = calloc(1, sizeof *job);
  pthread_mutex_init(&job->mutex, NULL);
  pthread_create(&a, NULL, workGuarded, job);
  pthread_create(&b, NULL, workGuarded, job);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
  free(job);
}

static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static int entries;
static void *readEntries(void *out) {
  pthread_rwlock_rdlock(&table);
  *(int *)out = entries;
  pthread_rwlock_unlock(&table);
  return NULL;
}
void rwlock_ok(void) {
  pthread_t reader;
  int seen = 0;
  pthread_create(&reader, NULL, readEntries, &seen);
  pthread_rwlock_wrlock(&table);
  entries++;
  pthread_rwlock_unlock(&table);
  pthread_join(reader, NULL);
}

static pthread_rwlock_t list = PTHREAD_RWLOCK_INITIALIZER;
static int visits;
static void *visit_bad(void *unused) {
  pthread_rwlock_rdlock(&list);
  visits++; // EXPECT: `visits` is written here
  pthread_rwlock_unlock(&list);
  return unused;
}
void write_under_read_lock(void) {
  pthread_t a, b;
  pthread_create(&a, NULL, visit_bad, NULL);
  pthread_create(&b, NULL, visit_bad, NULL);
  pthread_join(a, NULL);
  pthread_join(b, NULL);
}

static int *slots;
static void *fill(void *argument) {
  *(int *)argument = 1;
  return NULL;
}
void slot_per_thread_ok(void) {
  pthread_t threads[4];
  slots = calloc(4, sizeof *slots);
  for (int i = 0; i < 4; i++)
    pthread_create(&threads[i], NULL, fill, &slots[i]);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  free(slots);
}

static pthread_spinlock_t spin;
static int spun;
static void *incrementSpun_bad(void *unused) {
  pthread_spin_lock(&spin);
  spun++; // EXPECT: `spun` is written here
  pthread_spin_unlock(&spin);
  return unused;
}
int read_beside_spinlock(void) {
  pthread_t a;
  pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
  pthread_create(&a, NULL, incrementSpun_bad, NULL);
  int seen = spun;
  pthread_join(a, NULL);
  return seen;
}

#ifdef DRIVER
#include "Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(pthread_counter) // increment_bad
  CASE(pthread_mutex_ok)
  CASE(pthread_trylock_ok)
  CASE(c11_atomic_ok)
  CASE(shared_struct_bad)
  CASE(own_struct_ok)
  CASE(lock_in_struct_ok)
  CASE(rwlock_ok)
  CASE(write_under_read_lock) // visit_bad
  CASE(slot_per_thread_ok)
  CASE(read_beside_spinlock) // incrementSpun_bad
}
#endif
