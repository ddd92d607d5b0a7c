// RUN: %check-fixture %s heddle-fork-with-threads -- -std=gnu11 -pthread
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count;
static void *work(void *unused) {
  pthread_mutex_lock(&lock);
  count++;
  pthread_mutex_unlock(&lock);
  return unused;
}

void child_locks_bad(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pid_t child;
  if ((child = fork()) == 0) { // EXPECT: the child of this `fork` takes the lock `lock`, in `work`
    work(NULL);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  pthread_join(thread, NULL);
}

void child_runs_a_program_ok(char **arguments) {
  pthread_t thread;
  pthread_create(&thread, NULL, work, NULL);
  pid_t child;
  if ((child = fork()) == 0) {
    close(0);
    execve(arguments[0], arguments, NULL);
    _exit(127);
  }
  waitpid(child, NULL, 0);
  pthread_join(thread, NULL);
}

void a_thread_that_did_not_start_ok(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, work, NULL) != 0) {
    if (fork() == 0) {
      work(NULL);
      _exit(0);
    }
    return;
  }
  pthread_join(thread, NULL);
}
