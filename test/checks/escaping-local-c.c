// RUN: %check-fixture %s heddle-escaping-local -- -std=gnu11 -pthread
// RUN: %asan %s
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

static void *work(void *argument) {
#ifdef DRIVER
  usleep(60000);
#endif
  ++*(int *)argument;
  return NULL;
}

void never_joined_bad(void) {
  pthread_t thread;
  int count = 0;
  pthread_create(&thread, NULL, work, &count); // EXPECT: `count` is handed by reference to the thread started here, which nothing waits for here
} // NOTE: `count` dies here

int joined_ok(void) {
  pthread_t thread;
  int count = 0;
  if (pthread_create(&thread, NULL, work, &count))
    return -1;
  pthread_join(thread, NULL);
  return count;
}

struct job {
  int number;
  int *result;
};
static void *runJob(void *argument) {
#ifdef DRIVER
  usleep(60000);
#endif
  struct job *job = argument;
  *job->result += job->number;
  return NULL;
}

void struct_detached_bad(void) {
  static int result;
  struct job job = {1, &result};
  pthread_t thread;
  pthread_create(&thread, NULL, runJob, &job); // EXPECT: `job` is handed by reference
  pthread_detach(thread);
}

void struct_on_heap_ok(void) {
  static int result;
  struct job *job = malloc(sizeof *job);
  job->number = 1;
  job->result = &result;
  pthread_t thread;
  pthread_create(&thread, NULL, runJob, job);
  pthread_detach(thread);
}

void result_behind_struct_bad(void) {
  int result = 0;
  struct job *job = malloc(sizeof *job);
  job->number = 1;
  job->result = &result;
  pthread_t thread;
  pthread_create(&thread, NULL, runJob, job); // EXPECT: `result` is handed by reference
  pthread_detach(thread);
}

void loop_index_bad(void) {
  pthread_t threads[3];
  for (int i = 0; i < 3; ++i)
    pthread_create(&threads[i], NULL, work, &i); // EXPECT: `i` is handed by reference
  for (int i = 0; i < 3; ++i)
    pthread_join(threads[i], NULL);
}

void array_joined_ok(void) {
  pthread_t threads[3];
  int counts[3] = {0};
  for (int i = 0; i < 3; ++i)
    pthread_create(&threads[i], NULL, work, &counts[i]);
  for (int i = 0; i < 3; ++i)
    pthread_join(threads[i], NULL);
}

void number_in_pointer_ok(void) {
  pthread_t thread;
  static int counts[3];
  long index = 1;
  pthread_create(&thread, NULL, work, &counts[index]);
  pthread_detach(thread);
}

static sem_t posted;
static void *workAndPost(void *argument) {
  ++*(int *)argument;
  sem_post(&posted);
  return NULL;
}
void semaphore_ok(void) {
  pthread_t thread;
  int count = 0;
  sem_init(&posted, 0, 0);
  pthread_create(&thread, NULL, workAndPost, &count);
  pthread_detach(thread);
  sem_wait(&posted);
}

#ifdef DRIVER
#include "Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(never_joined_bad)
  CASE(joined_ok)
  CASE(struct_detached_bad)
  CASE(struct_on_heap_ok)
  CASE(result_behind_struct_bad)
  CASE(loop_index_bad)
  CASE(array_joined_ok)
  CASE(number_in_pointer_ok)
  CASE(semaphore_ok)
  usleep(120000);
  return 0;
}
#else
int main(void) {
  pthread_t thread;
  int ends_with_the_program_ok = 0;
  pthread_create(&thread, NULL, work, &ends_with_the_program_ok);
  pthread_exit(NULL);
}
#endif
