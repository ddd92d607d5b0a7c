// RUN: %check-fixture %s heddle-unshared-lock -- -std=c++20 -pthread
#include <fcntl.h>
#include <mutex>
#include <new>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

struct Shared {
  pthread_mutex_t lock;
  pthread_cond_t ready;
  sem_t slots;
  long count;
};

static void *share() {
  return mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

void without_attributes_bad() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, // NOTE: the memory is shared here, by `mmap`
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutex_init(&s->lock, nullptr); // EXPECT: `s->lock` is in memory that processes share, and `pthread_mutex_init` makes it for the threads of one process
  if (fork() == 0) { // NOTE: a process that has it as well is made here
    pthread_mutex_lock(&s->lock);
    s->count++;
    pthread_mutex_unlock(&s->lock);
    _exit(0);
  }
}

void process_shared_ok() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&s->lock, &attributes);
  sem_init(&s->slots, 1, 0);
}

void private_memory_ok() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  pthread_mutex_init(&s->lock, nullptr);
  sem_init(&s->slots, 0, 0);
}

void attributes_not_shared_bad() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&s->lock, &attributes); // EXPECT: makes it for the threads of one process
  pthread_condattr_t other;
  pthread_condattr_init(&other);
  pthread_condattr_setpshared(&other, PTHREAD_PROCESS_PRIVATE);
  pthread_cond_init(&s->ready, &other); // EXPECT: `s->ready` is in memory that processes share, and `pthread_cond_init`
}

void semaphore_bad() {
  int id = shmget(IPC_PRIVATE, sizeof(Shared), 0600);
  auto *s = static_cast<Shared *>(shmat(id, nullptr, 0)); // NOTE: the memory is shared here, by `shmat`
  sem_init(&s->slots, 0, 1); // EXPECT: `sem_init` makes it for the threads of one process
}

void semaphore_ok() {
  int id = shmget(IPC_PRIVATE, sizeof(Shared), 0600);
  auto *s = static_cast<Shared *>(shmat(id, nullptr, 0));
  sem_init(&s->slots, 1, 1);
}

void by_name_bad() {
  int fd = shm_open("/heddle", O_RDWR | O_CREAT, 0600);
  auto *s = (Shared *)mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); // NOTE: with all processes that map the same
  pthread_mutex_init(&s->lock, nullptr); // EXPECT: makes it for the threads of one process
}

// The lock is made in another function.
static void prepare(pthread_mutex_t *lock) {
  pthread_mutex_init(lock, nullptr); // EXPECT: makes it for the threads of one process
}
static void prepareAll(Shared *s) {
  prepare(&s->lock); // NOTE: `prepareAll` hands it over here
}
void through_calls() {
  auto *s = static_cast<Shared *>(mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  prepareAll(s); // NOTE: `through_calls` hands it over here
}
static void prepareOwn(pthread_mutex_t *lock) {
  pthread_mutex_init(lock, nullptr);
}
void through_calls_ok() {
  static Shared own;
  prepareOwn(&own.lock);
}

// The memory is made in another function.
void made_elsewhere_bad() {
  auto *s = static_cast<Shared *>(share());
  pthread_mutex_init(&s->lock, nullptr); // EXPECT: makes it for the threads of one process
}

// Attributes that a function of the program sets.
static void configure(pthread_mutexattr_t *attributes) {
  pthread_mutexattr_init(attributes);
  pthread_mutexattr_setpshared(attributes, PTHREAD_PROCESS_SHARED);
}
void attributes_by_a_function_ok() {
  auto *s = static_cast<Shared *>(share());
  pthread_mutexattr_t attributes;
  configure(&attributes);
  pthread_mutex_init(&s->lock, &attributes);
}

// Classes of the C++ library are for threads.
struct Counter {
  std::mutex mutex;
  long count = 0;
};
static Counter *counter;
void standard_mutex_bad() {
  counter = new (mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Counter;
  std::lock_guard<std::mutex> guard(counter->mutex); // EXPECT: `counter->mutex` is in memory that processes share, and a `std::mutex` is for the threads of one process
  counter->count++;
}
void standard_mutex_ok() {
  static Counter own;
  std::lock_guard<std::mutex> guard(own.mutex);
  own.count++;
}
