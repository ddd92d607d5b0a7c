// RUN: %check-fixture %s heddle-false-sharing -- -std=c++20 -pthread
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

bool next();
void use(long);
#define START(NAME, F)                                                                             \
  void NAME() {                                                                                    \
    std::vector<std::thread> workers;                                                              \
    for (int i = 0; i < 8; i++)                                                                    \
      workers.emplace_back(F, i);                                                                  \
    for (std::thread & t : workers)                                                                \
      t.join();                                                                                    \
  }                                                                                                \
  static_assert(true)

// Elements

std::atomic<long> counters[8];
static void atomic_elements_bad(int id) {
  while (next())
    counters[id]++; // EXPECT: the elements are 8 bytes apart
}
START(atomicElements, atomic_elements_bad);

std::atomic<long> spaced[8 * 8];
static void spaced_elements_ok(int id) {
  while (next())
    spaced[8 * id]++;
}
START(spacedElements, spaced_elements_ok);

struct alignas(64) Padded {
  std::atomic<long> n;
};
Padded padded[8];
static void padded_elements_ok(int id) {
  while (next())
    padded[id].n++;
}
START(paddedElements, padded_elements_ok);

long plain[8];
static void kept_in_a_register_ok(int id) {
  for (int i = 0; i < 1000000; i++)
    plain[id] += i;
}
START(keptInARegister, kept_in_a_register_ok);

long written[8];
static void plain_elements_bad(int id) {
  for (int i = 0; i < 1000000; i++) {
    written[id] += i; // EXPECT: `written[id]` is written in this loop
    use(i);
  }
}
START(plainElements, plain_elements_bad);

long summed[8];
static void local_accumulator_ok(int id) {
  long n = 0;
  while (next())
    n++;
  summed[id] = n;
}
START(localAccumulator, local_accumulator_ok);

std::atomic<int> few[8];
static void few_iterations_ok(int id) {
  for (int i = 0; i < 10; i++)
    few[id]++;
}
START(fewIterations, few_iterations_ok);

std::atomic<int> total;
static void one_counter_for_all_ok(int) {
  while (next())
    total++;
}
START(oneCounterForAll, one_counter_for_all_ok);

std::mutex listMutex;
std::atomic<int> guarded[8];
static void under_a_lock_ok(int id) {
  while (next()) {
    std::lock_guard<std::mutex> guard(listMutex);
    guarded[id]++;
  }
}
START(underALock, under_a_lock_ok);

std::atomic<int> shares[8 * 1000];
static void own_range_ok(int id) {
  for (int i = id * 1000; i < id * 1000 + 1000; i++)
    shares[i]++;
}
START(ownRange, own_range_ok);

void captured_number_bad() {
  std::vector<std::atomic<long>> sums(8);
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; i++)
    workers.emplace_back([&sums, i] {
      while (next())
        sums[i]++; // EXPECT: each at an element of its own
    });
  for (std::thread &t : workers)
    t.join();
}

struct Task {
  int id;
  std::atomic<int> done;
};
static void handed_element_bad(Task *task) {
  while (next())
    task->done++; // EXPECT: the elements are 8 bytes apart
}
void handedElement() {
  static Task tasks[8];
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; i++)
    workers.emplace_back(handed_element_bad, &tasks[i]);
  for (std::thread &t : workers)
    t.join();
}

// Members

struct Queue {
  std::atomic<long> head, tail;
};
Queue queue;
void neighbours_bad() {
  std::thread reader([] {
    while (next())
      queue.head++; // EXPECT: `queue.tail`, 8 bytes further in the same object
  });
  std::thread writer([] {
    while (next())
      queue.tail++;
  });
  reader.join();
  writer.join();
}

struct WideQueue {
  alignas(64) std::atomic<long> head;
  alignas(64) std::atomic<long> tail;
};
WideQueue wideQueue;
void apart_ok() {
  std::thread reader([] {
    while (next())
      wideQueue.head++;
  });
  std::thread writer([] {
    while (next())
      wideQueue.tail++;
  });
  reader.join();
  writer.join();
}

Queue both;
void both_write_both_ok() {
  auto work = [] {
    while (next()) {
      both.head++;
      both.tail++;
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

Queue inTurn;
void one_after_the_other_ok() {
  std::thread reader([] {
    while (next())
      inTurn.head++;
  });
  reader.join();
  std::thread writer([] {
    while (next())
      inTurn.tail++;
  });
  writer.join();
}
