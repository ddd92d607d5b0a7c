// RUN: %check-fixture %s heddle-inconsistent-lock -- -pthread
#include <pthread.h>
#include <stdlib.h>

// Variables of a file

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static int entries;
static int limit;

void table_add(int n) {
  pthread_mutex_lock(&table_lock);
  entries += n;
  pthread_mutex_unlock(&table_lock);
}

void table_clear(void) {
  pthread_mutex_lock(&table_lock);
  entries = 0;
  pthread_mutex_unlock(&table_lock);
}

int table_entries_bad(void) { return entries; } // EXPECT: `entries` is read here without `table_lock`, which is held at 2 of 3 accesses

static void set_limit(int n) { limit = n; }

void table_limit_ok(int n) {
  pthread_mutex_lock(&table_lock);
  set_limit(n);
  pthread_mutex_unlock(&table_lock);
}

int table_get_limit_ok(void) {
  pthread_mutex_lock(&table_lock);
  int n = limit;
  pthread_mutex_unlock(&table_lock);
  return n;
}

// The lock is in the object

struct conn {
  pthread_mutex_t lock;
  int state;
  int retries;
};

struct conn *conn_new_ok(void) {
  struct conn *c = malloc(sizeof *c);
  c->state = 1;
  pthread_mutex_init(&c->lock, NULL);
  return c;
}

void conn_init_ok(struct conn *c) {
  pthread_mutex_init(&c->lock, NULL);
  c->state = 0;
  c->retries = 0;
}

void conn_close_ok(struct conn *c) {
  pthread_mutex_lock(&c->lock);
  c->state = 2;
  pthread_mutex_unlock(&c->lock);
}

int conn_reopen_bad(struct conn *c) {
  pthread_mutex_lock(&c->lock);
  c->state = 1;
  pthread_mutex_unlock(&c->lock);
  return c->state; // EXPECT: `c->state` is read here without `c->lock`, which is held at 2 of 3 accesses
}

// Callers may see to the lock of what they hand in.
void conn_retry_ok(struct conn *c) {
  pthread_mutex_lock(&c->lock);
  c->retries++;
  pthread_mutex_unlock(&c->lock);
}
int conn_retries_ok(struct conn *c) { return c->retries; }
