// RUN: %check-fixture %s heddle-unshared-lock -- -std=gnu11 -pthread
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

struct shared {
  pthread_mutex_t lock;
  pthread_barrier_t barrier;
  sem_t slots;
};
static struct shared *area;

// Nobody is there to share it with: this program does not fork.
void nobody_else_ok(void) {
  area = mmap(NULL, sizeof *area, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pthread_mutex_init(&area->lock, NULL);
}

// A file that others can map as well.
static struct shared *file;
void of_a_file_bad(int fd) {
  file = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  pthread_barrier_init(&file->barrier, NULL, 2); // EXPECT: `pthread_barrier_init` makes it for the threads of one process
}
void of_a_file_ok(int fd) {
  struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  pthread_barrierattr_t attributes;
  pthread_barrierattr_init(&attributes);
  pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_barrier_init(&s->barrier, &attributes, 2);
  sem_init(&s->slots, 1, 0);
}
