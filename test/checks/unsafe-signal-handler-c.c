// RUN: %check-fixture %s heddle-unsafe-signal-handler -- -std=gnu11
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile sig_atomic_t seen;

void takes_a_lock_bad(int number) {
  pthread_mutex_lock(&lock); // EXPECT: takes the lock `lock`: a signal that comes while the lock is held waits for it for ever
  seen = number;
  pthread_mutex_unlock(&lock);
}
void sets_a_flag_ok(int number) {
  seen = number;
}
void asks_the_time_bad(int number) {
  time_t now = time(NULL);
  seen = localtime(&now)->tm_hour + number; // EXPECT: calls `localtime`, which takes the lock of the time zone
}

void install(int quiet) {
  struct sigaction first = {.sa_handler = takes_a_lock_bad};
  sigaction(SIGINT, &first, NULL);
  struct sigaction second = {.sa_handler = sets_a_flag_ok, .sa_flags = SA_RESTART};
  sigaction(SIGTERM, &second, NULL);
  struct sigaction third;
  third.sa_handler = quiet ? SIG_IGN : asks_the_time_bad;
  sigaction(SIGALRM, &third, NULL);
}

// A handler that only counts, in a struct behind a pointer.
struct state {
  struct sigaction action;
};
void behind_a_pointer_bad(int number) {
  printf("%d\n", number); // EXPECT: calls `printf`
}
void install_behind_a_pointer(struct state *s) {
  s->action.sa_handler = behind_a_pointer_bad;
  sigaction(SIGUSR1, &s->action, NULL);
}

// A struct of the file.
void of_the_file_bad(int number) {
  free(malloc(number)); // EXPECT: calls `malloc`
}
static const struct sigaction constant = {.sa_handler = of_the_file_bad};
void install_of_the_file(void) {
  sigaction(SIGUSR2, &constant, NULL);
}
