// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Waiting until a counter of what still runs is zero; handles that are stored over; an
// index that two threads compute alike; what somebody else's thread leaves behind.
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <pthread.h>
#include <thread>

namespace counted_down_to_zero_ok {
  std::mutex m;
  std::condition_variable cv;
  int running = 0;
  int data[4];
  void work(int i) {
    data[i] = i;
    std::lock_guard g(m);
    if (--running == 0)
      cv.notify_one();
  }
  void run() {
    for (int i = 0; i < 4; ++i) {
      {
        std::lock_guard g(m);
        ++running;
      }
      std::thread(work, i).detach();
    }
    std::unique_lock l(m);
    cv.wait(l, [] { return running == 0; });
    l.unlock();
    data[0] = 7;
  }
}
namespace counted_by_two_bad {
  std::mutex m;
  std::condition_variable cv;
  int running = 0;
  int data;
  void work(bool) {
    std::unique_lock l(m);
    data = 1; // EXPECT: data` is written here
    l.unlock();
    std::this_thread::yield();
    l.lock();
    running -= 2;
    cv.notify_one();
  }
  void run() {
    for (bool each : {false, true}) {
      std::lock_guard g(m);
      ++running;
      std::thread(work, each).detach();
    }
    {
      std::unique_lock l(m);
      while (running > 0)
        cv.wait(l);
    }
    data = 2;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
namespace counted_inside_ok {
  std::mutex m;
  std::condition_variable cv;
  int running = 0;
  bool stop = false;
  int data;
  void work() {
    std::unique_lock l(m);
    ++running;
    cv.notify_all();
    l.unlock();
    {
      std::lock_guard g(m);
      data++;
    }
    l.lock();
    --running;
    cv.notify_all();
  }
  void run() {
    std::thread(work).detach();
    std::unique_lock l(m);
    cv.wait(l, [] { return stop || running == 1 || data == 1; });
    cv.wait(l, [] { return !running; });
    l.unlock();
    data = 7;
  }
}
namespace counted_inside_not_begun_bad {
  std::mutex m;
  std::condition_variable cv;
  int running = 0;
  int data;
  void work() {
    {
      std::lock_guard g(m);
      ++running;
      cv.notify_all();
    }
    data++; // EXPECT: data` is written here
    std::lock_guard g(m);
    --running;
    cv.notify_all();
  }
  void run() {
    std::thread(work).detach();
    {
      std::unique_lock l(m);
      cv.wait(l, [] { return running == 0; });
    }
    data = 7;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
namespace counted_before_done_bad {
  std::mutex m;
  std::condition_variable cv;
  int running = 0;
  int data;
  void work() {
    {
      std::lock_guard g(m);
      --running;
      cv.notify_all();
    }
    data++; // EXPECT: data` is written here
  }
  void run() {
    {
      std::lock_guard g(m);
      ++running;
    }
    std::thread(work).detach();
    {
      std::unique_lock l(m);
      while (running != 0)
        cv.wait(l);
    }
    data = 7;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
namespace handle_stored_over_bad {
  int data;
  void *work(void *) {
    data++; // EXPECT: data` is written here
    return nullptr;
  }
  void *other(void *) { return nullptr; }
  void run() {
    pthread_t t;
    pthread_create(&t, nullptr, work, nullptr);
    pthread_create(&t, nullptr, other, nullptr);
    pthread_join(t, nullptr);
    data = 7;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
namespace handle_used_again_ok {
  int data;
  void *work(void *) {
    data++;
    return nullptr;
  }
  void run() {
    pthread_t t;
    pthread_create(&t, nullptr, work, nullptr);
    pthread_join(t, nullptr);
    pthread_create(&t, nullptr, work, nullptr);
    pthread_join(t, nullptr);
    data = 7;
  }
}
namespace first_element_stored_over_bad {
  int data;
  void *work(void *argument) {
    if (argument)
      data++; // EXPECT: data` is written here
    return nullptr;
  }
  void *other(void *) { return nullptr; }
  void run() {
    pthread_t t[2];
    for (int i = 0; i < 2; ++i)
      pthread_create(&t[i], nullptr, work, i ? nullptr : t);
    pthread_create(&t[0], nullptr, other, nullptr);
    for (int i = 0; i < 2; ++i)
      pthread_join(t[i], nullptr);
    data = 7;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}
namespace first_element_apart_ok {
  int data[3];
  void *work(void *argument) {
    ++*static_cast<int *>(argument);
    return nullptr;
  }
  void run() {
    pthread_t t[3];
    for (int i = 1; i < 3; ++i)
      pthread_create(&t[i], nullptr, work, &data[i]);
    pthread_create(&t[0], nullptr, work, &data[0]);
    for (int i = 0; i < 3; ++i)
      pthread_join(t[i], nullptr);
    data[1] = 7;
  }
}
namespace half_an_index_bad {
  int slots[4];
  void *work(void *argument) {
    int i = static_cast<int>(reinterpret_cast<size_t>(argument));
    i /= 2;
    slots[i]++; // EXPECT: slots[]` (here
    return nullptr;
  }
  void run() {
    pthread_t t[4];
    for (size_t i = 0; i < 4; ++i)
      pthread_create(&t[i], nullptr, work, reinterpret_cast<void *>(i));
    for (int i = 0; i < 4; ++i)
      pthread_join(t[i], nullptr);
  }
}
namespace twice_an_index_ok {
  int slots[8];
  void *work(void *argument) {
    int i = static_cast<int>(reinterpret_cast<size_t>(argument));
    i *= 2;
    slots[i]++;
    return nullptr;
  }
  void run() {
    pthread_t t[4];
    for (size_t i = 0; i < 4; ++i)
      pthread_create(&t[i], nullptr, work, reinterpret_cast<void *>(i));
    for (int i = 0; i < 4; ++i)
      pthread_join(t[i], nullptr);
  }
}
namespace container_of_ok {
  struct Link {
    Link *next;
  };
  struct Node {
    std::mutex m;
    int n = 0;
    Link link;
  };
  Node node;
  void *work(void *argument) {
    Link *link = static_cast<Link *>(argument);
    Node *whole = reinterpret_cast<Node *>(reinterpret_cast<char *>(link) - offsetof(Node, link));
    std::lock_guard g(whole->m);
    whole->n++;
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, work, &node.link);
    pthread_create(&b, nullptr, work, &node.link);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
    node.n = 7;
  }
}
namespace container_of_bad {
  struct Link {
    Link *next;
  };
  struct Node {
    std::mutex m;
    int n = 0;
    Link link;
  };
  Node node;
  void *work(void *argument) {
    Link *link = static_cast<Link *>(argument);
    Node *whole = reinterpret_cast<Node *>(reinterpret_cast<char *>(link) - offsetof(Node, link));
    whole->n++;
    return nullptr;
  }
  void run() {
    pthread_t a;
    pthread_create(&a, nullptr, work, &node.link); // EXPECT: node.n` is handed over here
    {
      std::lock_guard g(node.m);
      node.n = 7;
    }
    pthread_join(a, nullptr);
  }
}
namespace grandchild_joined_ok {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_t child, grandchild, other;
  int data;
  void *last(void *) {
    data++;
    return nullptr;
  }
  void *middle(void *) {
    pthread_create(&grandchild, nullptr, last, nullptr);
    return nullptr;
  }
  void *waits(void *) {
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    data++;
    return nullptr;
  }
  void run() {
    pthread_mutex_lock(&m);
    pthread_create(&other, nullptr, waits, nullptr);
    pthread_create(&child, nullptr, middle, nullptr);
    pthread_join(child, nullptr);
    pthread_join(grandchild, nullptr);
    pthread_mutex_unlock(&m);
    pthread_join(other, nullptr);
  }
}
namespace grandchild_left_bad {
  pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_t child, grandchild, other;
  int data;
  void *last(void *) {
    data++; // EXPECT: data` is written here
    return nullptr;
  }
  void *middle(void *) {
    pthread_create(&grandchild, nullptr, last, nullptr);
    return nullptr;
  }
  void *waits(void *) {
    pthread_mutex_lock(&m);
    pthread_mutex_unlock(&m);
    data++;
    return nullptr;
  }
  void run() {
    pthread_mutex_lock(&m);
    pthread_create(&other, nullptr, waits, nullptr);
    pthread_create(&child, nullptr, middle, nullptr);
    pthread_join(child, nullptr);
    pthread_mutex_unlock(&m);
    pthread_join(other, nullptr);
    pthread_join(grandchild, nullptr);
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(counted_down_to_zero_ok::run)
  CASE(counted_by_two_bad::run)
  CASE(counted_inside_ok::run)
  CASE(counted_inside_not_begun_bad::run)
  CASE(counted_before_done_bad::run)
  CASE(handle_stored_over_bad::run)
  CASE(handle_used_again_ok::run)
  CASE(first_element_stored_over_bad::run)
  CASE(first_element_apart_ok::run)
  CASE(half_an_index_bad::run)
  CASE(twice_an_index_ok::run)
  CASE(container_of_ok::run)
  CASE(container_of_bad::run)
  CASE(grandchild_joined_ok::run)
  CASE(grandchild_left_bad::run)
}
