// RUN: %check-fixture --cli-only %s heddle-unprotected-shared-state -- -std=c++20 -pthread
// RUN: %tsan %s -std=c++20
//
// Starts whose result is looked at: where it says no, nobody was started. And processes
// that were forked: the child has memory of its own.
#include <atomic>
#include <cstdlib>
#include <pthread.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

struct Job {
  int socket = 0;
  int port = 0;
};
void *serve(void *p) {
  Job *job = static_cast<Job *>(p);
  job->port += job->socket;
  return nullptr;
}

namespace given_up_where_the_start_failed_ok {
  void run() {
    Job *job = new Job;
    pthread_t t;
    if (pthread_create(&t, nullptr, serve, job) != 0) {
      job->socket = -1;
      delete job;
      return;
    }
    pthread_join(t, nullptr);
    delete job;
  }
}
namespace touched_where_the_start_succeeded_bad {
  struct Job {
    int socket = 0, port = 0;
  };
  void *serve(void *p) {
    Job *job = static_cast<Job *>(p);
    job->port += job->socket;
    return nullptr;
  }
  void run() {
    Job *job = new Job;
    pthread_t t;
    if (pthread_create(&t, nullptr, serve, job) == 0) {
      job->socket = -1; // EXPECT: job->socket` is written here by the main
      pthread_join(t, nullptr);
    }
    delete job;
  }
}
namespace result_in_a_variable_ok {
  void run() {
    Job job;
    pthread_t t;
    int error = pthread_create(&t, nullptr, serve, &job);
    if (error) {
      job.socket = error;
      return;
    }
    pthread_join(t, nullptr);
  }
}
namespace result_of_something_else_bad {
  struct Job {
    int socket = 0, port = 0;
  };
  void *serve(void *p) {
    Job *job = static_cast<Job *>(p);
    job->port += job->socket;
    return nullptr;
  }
  void run() {
    Job *job = new Job;
    pthread_t t;
    int error = pthread_create(&t, nullptr, serve, job);
    error = pthread_setname_np(pthread_self(), "a name that is far too long for this");
    if (error)
      job->socket = error; // EXPECT: job->socket` is written here by the main
    pthread_join(t, nullptr);
  }
}
namespace negative_by_a_wrapper_ok {
  int start(void *(*body)(void *), void *job, pthread_t *t) {
    if (pthread_create(t, nullptr, body, job))
      return -1;
    return 0;
  }
  void run() {
    Job job;
    pthread_t t;
    if (start(serve, &job, &t) < 0) {
      job.socket = -1;
      return;
    }
    pthread_join(t, nullptr);
  }
}
namespace negative_by_a_wrapper_bad {
  struct Job {
    int socket = 0, port = 0;
  };
  void *serve(void *p) {
    Job *job = static_cast<Job *>(p);
    job->port += job->socket;
    return nullptr;
  }
  int start(void *(*body)(void *), void *job, pthread_t *t) {
    if (pthread_create(t, nullptr, body, job))
      return -1;
    return 0;
  }
  void run() {
    Job *job = new Job;
    pthread_t t;
    if (start(serve, job, &t) <= 0) {
      job->socket = -1; // EXPECT: job->socket` is written here by the main
      pthread_join(t, nullptr);
    }
  }
}
namespace truth_by_a_wrapper_ok {
  bool start(void *job, pthread_t *t) { return pthread_create(t, nullptr, serve, job) == 0; }
  void run() {
    for (int i = 0; i < 3; ++i) {
      Job *job = new Job;
      pthread_t t;
      if (!start(job, &t))
        job->socket = -1;
      else
        pthread_join(t, nullptr);
      delete job;
    }
  }
}
namespace truth_by_a_wrapper_bad {
  struct Job {
    int socket = 0, port = 0;
  };
  void *serve(void *p) {
    Job *job = static_cast<Job *>(p);
    job->port += job->socket;
    return nullptr;
  }
  bool start(void *job, pthread_t *t) {
    return pthread_create(t, nullptr, serve, job) == 0;
  }
  void run() {
    Job *job = new Job;
    pthread_t t;
    if (start(job, &t)) {
      job->socket = -1; // EXPECT: job->socket` is written here by the main
      pthread_join(t, nullptr);
    }
    delete job;
  }
}
namespace wrapper_that_does_not_tell_bad {
  struct Job {
    int socket = 0, port = 0;
  };
  void *serve(void *p) {
    Job *job = static_cast<Job *>(p);
    job->port += job->socket;
    return nullptr;
  }
  int start(void *job, pthread_t *t) {
    pthread_create(t, nullptr, serve, job);
    return job != nullptr;
  }
  void run() {
    Job *job = new Job;
    pthread_t t;
    if (start(job, &t) == 1) {
      job->socket = -1; // EXPECT: job->socket` is written here by the main
      pthread_join(t, nullptr);
    }
  }
}
namespace c11_start_failed_ok {
  int work(void *p) {
    ++static_cast<Job *>(p)->port;
    return 0;
  }
  void run() {
    Job job;
    thrd_t t;
    if (thrd_create(&t, work, &job) != thrd_success) {
      job.port = -1;
      return;
    }
    thrd_join(t, nullptr);
  }
}
namespace child_of_a_fork_ok {
  int served;
  void *count(void *) {
    ++served;
    return nullptr;
  }
  void run() {
    pthread_t t;
    pthread_create(&t, nullptr, count, nullptr);
    pid_t child = fork();
    if (child == 0) {
      served = 0;
      _exit(0);
    }
    if (child > 0)
      waitpid(child, nullptr, 0);
    pthread_join(t, nullptr);
  }
}
namespace parent_of_a_fork_bad {
  int served;
  void *count(void *) {
    ++served; // EXPECT: `parent_of_a_fork_bad::served` is written here
    return nullptr;
  }
  void run() {
    pthread_t t;
    pthread_create(&t, nullptr, count, nullptr);
    pid_t child = fork();
    if (child != 0) {
      served = 0;
      waitpid(child, nullptr, 0);
    } else
      _exit(0);
    pthread_join(t, nullptr);
  }
}

// A lock of one's own, of C's atomics.

namespace spin_lock_of_c_ok {
  using Lock = _Atomic(int);
  Lock taken;
  int total;
  void enter(Lock *l) {
    while (__c11_atomic_exchange(l, 1, __ATOMIC_ACQUIRE))
      ;
  }
  void leave(Lock *l) { __c11_atomic_store(l, 0, __ATOMIC_RELEASE); }
  void *add(void *) {
    enter(&taken);
    ++total;
    leave(&taken);
    return nullptr;
  }
  void run() {
    pthread_t a, b;
    pthread_create(&a, nullptr, add, nullptr);
    pthread_create(&b, nullptr, add, nullptr);
    pthread_join(a, nullptr);
    pthread_join(b, nullptr);
  }
}

#include "../checks/Inputs/driver.h"
int main(int Count, char **Arguments) {
  CASE(given_up_where_the_start_failed_ok::run)
  CASE(touched_where_the_start_succeeded_bad::run)
  CASE(result_in_a_variable_ok::run)
  CASE(result_of_something_else_bad::run)
  CASE(negative_by_a_wrapper_ok::run)
  CASE(negative_by_a_wrapper_bad::run)
  CASE(truth_by_a_wrapper_ok::run)
  CASE(truth_by_a_wrapper_bad::run)
  CASE(wrapper_that_does_not_tell_bad::run)
  CASE(c11_start_failed_ok::run) // NOT-SHOWN: ThreadSanitizer does not follow C11 threads
  CASE(child_of_a_fork_ok::run)
  CASE(parent_of_a_fork_bad::run)
  CASE(spin_lock_of_c_ok::run)
}
