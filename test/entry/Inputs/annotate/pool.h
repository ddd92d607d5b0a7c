#ifndef POOL_H
#define POOL_H
#include <mutex>

#ifndef GUARDED_BY
#define GUARDED_BY(x)
#endif
#define CAPABILITY __attribute__((capability("mutex")))
#define ACQUIRE __attribute__((acquire_capability()))
#define RELEASE __attribute__((release_capability()))
#define UNCHECKED __attribute__((no_thread_safety_analysis))

class CAPABILITY Mutex {
public:
  void lock() ACQUIRE UNCHECKED { impl.lock(); }
  void unlock() RELEASE UNCHECKED { impl.unlock(); }

private:
  std::mutex impl;
};

class __attribute__((scoped_lockable)) Hold {
public:
  explicit Hold(Mutex &m) __attribute__((acquire_capability(m))) UNCHECKED : held(m) { held.lock(); }
  ~Hold() RELEASE UNCHECKED { held.unlock(); }

private:
  Mutex &held;
};

#define MEMBER(Type, Name) Type Name

class Pool {
public:
  Pool() : count(1) { total = 2; }
  void add(int n);
  int read() const;
  void reset();
  int peek() const { return size; }

private:
  int count, other = 0;
  long total = 0;
  unsigned flag : 1;
  int size = 0;
  MEMBER(int, hidden) = 0;
  int *cursor = nullptr;
  int unguarded = 0;
  int constant = 3;
  mutable Mutex mu;
};
#endif
