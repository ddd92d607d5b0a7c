#include "pool.h"

static Mutex guard;
static int served = 0;
int early = 0;
static Mutex late;

void Pool::add(int n) {
  Hold hold(mu);
  count += n;
  total += n;
  size += n;
  hidden += n;
  cursor = &size;
  flag = 1;
  unguarded = n + constant;
}

int Pool::read() const {
  Hold hold(mu);
  return count + static_cast<int>(total) + size + hidden + *cursor + flag + constant;
}

void Pool::reset() {
  mu.lock();
  count = 0;
  total = 0;
  size = 0;
  hidden = 0;
  cursor = nullptr;
  flag = 0;
  mu.unlock();
  unguarded = 0;
}

void serve() {
  Hold hold(guard);
  served++;
}
int servedSoFar() {
  Hold hold(guard);
  return served;
}

void setEarly() {
  Hold hold(late);
  early = 1;
}
int getEarly() {
  Hold hold(late);
  return early;
}
