// RUN: %check-fixture %s heddle-thread-per-item -- -std=gnu11 -pthread
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void *serve(void *fd) {
  close((int)(intptr_t)fd);
  return NULL;
}

void each_connection_bad(int listener) {
  int fd;
  while ((fd = accept(listener, NULL, NULL)) >= 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd); // EXPECT: for every connection of the loop, by `pthread_create`
    pthread_detach(thread);
  }
}

void workers_ok(int count, pthread_t *threads) {
  for (int i = 0; i < count; i++)
    pthread_create(&threads[i], NULL, serve, (void *)(intptr_t)i);
}

struct job {
  struct job *next;
  int fd;
};
void each_job_bad(struct job *first) {
  for (struct job *j = first; j; j = j->next) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, j) == 0) // EXPECT: for every element of the list in `j`
      pthread_detach(thread);
  }
}

struct worker {
  struct worker *next;
  pthread_t thread;
};
void start_the_workers_ok(struct worker *first) {
  for (struct worker *w = first; w; w = w->next)
    pthread_create(&w->thread, NULL, serve, w);
}

void as_many_as_a_semaphore_lets_in_ok(int listener, sem_t *slots) {
  for (;;) {
    sem_wait(slots);
    int fd = accept(listener, NULL, NULL);
    pthread_t thread;
    pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd);
    pthread_detach(thread);
  }
}
