// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// POSIX and C11 threads as C++ programs use them.
#include <cstddef>
#include <memory>
#include <pthread.h>
#include <semaphore.h>
#include <string>
#include <threads.h>
#include <vector>

namespace pthread_counter_bad {
  int n;
  void *work(void *) {
    ++n; // EXPECT: n` is written here
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace pthread_mutex_ok {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  int n;
  void *work(void *) {
    pthread_mutex_lock(&m);
    ++n;
    pthread_mutex_unlock(&m);
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace static_trampoline_bad {
  class Worker {
  public:
    void start() { pthread_create(&thread, nullptr, &Worker::entry, this); }
    void join() { pthread_join(thread, nullptr); }
    int rounds() const { return count; }
  private:
    static void *entry(void *self) {
      static_cast<Worker *>(self)->loop();
      return nullptr;
    }
    void loop() {
      for (int i = 0; i < 5; ++i)
        ++count; // EXPECT: `worker.count` is written here
    }
    pthread_t thread{};
    int count = 0;
  };
  void run() {
    Worker worker;
    worker.start();
    worker.rounds();
    worker.join();
  }
}
namespace static_trampoline_ok {
  class Worker {
  public:
    void start() { pthread_create(&thread, nullptr, &Worker::entry, this); }
    void join() { pthread_join(thread, nullptr); }
    int rounds() const { return count; }
  private:
    static void *entry(void *self) {
      static_cast<Worker *>(self)->loop();
      return nullptr;
    }
    void loop() {
      for (int i = 0; i < 5; ++i)
        ++count;
    }
    pthread_t thread{};
    int count = 0;
  };
  void run() {
    Worker worker;
    worker.start();
    worker.join();
    worker.rounds();
  }
}
namespace mutex_class_ok {
  class Mutex {
  public:
    Mutex() { pthread_mutex_init(&m, nullptr); }
    ~Mutex() { pthread_mutex_destroy(&m); }
    void lock() { pthread_mutex_lock(&m); }
    void unlock() { pthread_mutex_unlock(&m); }
  private:
    pthread_mutex_t m;
  };
  class MutexLock {
  public:
    explicit MutexLock(Mutex *m) : mutex(m) { mutex->lock(); }
    ~MutexLock() { mutex->unlock(); }
  private:
    Mutex *mutex;
  };
  Mutex m;
  int n;
  void *work(void *) {
    MutexLock hold(&m);
    ++n;
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace heap_argument_handed_over_ok {
  struct Task {
    int id;
    int result;
  };
  void *work(void *p) {
    std::unique_ptr<Task> task(static_cast<Task *>(p));
    task->result = task->id * 2;
    return nullptr;
  }
  void run() {
    std::vector<pthread_t> threads(2);
    for (int i = 0; i < 2; ++i)
      pthread_create(&threads[i], nullptr, work, new Task{i, 0});
    for (pthread_t t : threads)
      pthread_join(t, nullptr);
  }
}
namespace heap_argument_shared_bad {
  struct Task {
    int result = 0;
  };
  void *work(void *p) {
    static_cast<Task *>(p)->result++;
    return nullptr;
  }
  void run() {
    auto task = std::make_unique<Task>();
    pthread_t a, b;
    pthread_create(&a, nullptr, work, task.get()); // EXPECT: `static_cast<Task *>(p)->result` is handed over here
    pthread_create(&b, nullptr, work, task.get());
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace array_of_arguments_ok {
  struct Part {
    int sum = 0;
  };
  void *work(void *p) {
    auto *part = static_cast<Part *>(p);
    part->sum += 1;
    return nullptr;
  }
  int run() {
    Part parts[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i)
      pthread_create(&threads[i], nullptr, work, &parts[i]);
    int total = 0;
    for (int i = 0; i < 3; ++i) {
      pthread_join(threads[i], nullptr);
      total += parts[i].sum;
    }
    return total;
  }
}
namespace loop_variable_address_bad {
  void *work(void *p) {
    int mine = *static_cast<int *>(p);
    return reinterpret_cast<void *>(static_cast<long>(mine));
  }
  void run() {
    pthread_t threads[3];
    for (int i = 0; i < 3; ++i) // EXPECT: `i` is written here
      pthread_create(&threads[i], nullptr, work, &i); // the loop changes it
    for (pthread_t t : threads)
      pthread_join(t, nullptr);
  }
}
namespace rwlock_ok {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  int n;
  void *read(void *) {
    pthread_rwlock_rdlock(&lock);
    (void)(n + 1);
    pthread_rwlock_unlock(&lock);
    return nullptr;
  }
  void *write(void *) {
    pthread_rwlock_wrlock(&lock);
    ++n;
    pthread_rwlock_unlock(&lock);
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, read, nullptr);
    pthread_create(&b, nullptr, write, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace rwlock_write_under_read_bad {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  int n;
  void *work(void *) {
    pthread_rwlock_rdlock(&lock);
    ++n; // EXPECT: n` is written here
    pthread_rwlock_unlock(&lock);
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace condition_hand_over_ok {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
  bool done;
  int result;
  void *work(void *) {
    result = 9;
    pthread_mutex_lock(&m);
    done = true;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&m);
    return nullptr;
  }
  int run() {
    pthread_t t;
    pthread_create(&t, nullptr, work, nullptr);
    pthread_mutex_lock(&m);
    while (!done)
      pthread_cond_wait(&ready, &m);
    pthread_mutex_unlock(&m);
    int got = result;
    pthread_join(t, nullptr);
    return got;
  }
}
namespace posix_semaphore_ok {
  sem_t filled;
  int slot;
  void *work(void *) {
    slot = 1;
    sem_post(&filled);
    return nullptr;
  }
  int run() {
    sem_init(&filled, 0, 0);
    pthread_t t;
    pthread_create(&t, nullptr, work, nullptr);
    sem_wait(&filled);
    int got = slot;
    pthread_join(t, nullptr);
    return got;
  }
}
namespace pthread_once_ok {
  pthread_once_t once = PTHREAD_ONCE_INIT;
  std::string table;
  void build() { table = "built"; }
  void *work(void *) {
    pthread_once(&once, build);
    (void)table.size();
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace key_specific_ok {
  pthread_key_t key;
  void *work(void *) {
    auto *mine = new int(0);
    pthread_setspecific(key, mine);
    ++*static_cast<int *>(pthread_getspecific(key));
    return nullptr;
  }
  void run() {
    pthread_key_create(&key, [](void *p) { delete static_cast<int *>(p); });
    pthread_t a, b;
    pthread_create(&a, nullptr, work, nullptr);
    pthread_create(&b, nullptr, work, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}
namespace lambda_as_entry_bad {
  int n;
  void run() {
    pthread_t a;
    pthread_create(&a, nullptr, [](void *) -> void * { ++n; return nullptr; }, nullptr); // EXPECT: n` is written here
    ++n;
    pthread_join(a, nullptr);
  }
}
namespace c11_counter_bad {
  int n;
  int work(void *) { return ++n; } // EXPECT: n` is written here
  void run() {
    thrd_t a, b;
    thrd_create(&a, work, nullptr);
    thrd_create(&b, work, nullptr);
    thrd_join(a, nullptr);
    thrd_join(b, nullptr);
  }
}
namespace c11_mutex_ok {
  mtx_t m;
  int n;
  int work(void *) {
    mtx_lock(&m);
    ++n;
    mtx_unlock(&m);
    return 0;
  }
  void run() {
    mtx_init(&m, mtx_plain);
    thrd_t a, b;
    thrd_create(&a, work, nullptr);
    thrd_create(&b, work, nullptr);
    thrd_join(a, nullptr);
    thrd_join(b, nullptr);
    mtx_destroy(&m);
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(pthread_counter_bad::run)
  CASE(pthread_mutex_ok::run)
  CASE(static_trampoline_bad::run)
  CASE(static_trampoline_ok::run)
  CASE(mutex_class_ok::run)
  CASE(heap_argument_handed_over_ok::run)
  CASE(heap_argument_shared_bad::run)
  CASE(array_of_arguments_ok::run)
  CASE(loop_variable_address_bad::run)
  CASE(rwlock_ok::run)
  CASE(rwlock_write_under_read_bad::run)
  CASE(condition_hand_over_ok::run)
  CASE(posix_semaphore_ok::run)
  CASE(pthread_once_ok::run)
  CASE(key_specific_ok::run)
  CASE(lambda_as_entry_bad::run)
  CASE(c11_counter_bad::run) // NOT-SHOWN: ThreadSanitizer does not follow C11 threads
  CASE(c11_mutex_ok::run) // NOT-SHOWN: ThreadSanitizer does not follow C11 threads
}
