// The shape of Boost.Asio, for tests where it is not installed.
#pragma GCC system_header
#include <chrono>
#include <cstddef>

namespace boost::asio {
struct io_context {
  struct executor_type {};
  executor_type get_executor();
};
struct thread_pool {
  explicit thread_pool(int);
  struct executor_type {};
  executor_type get_executor();
};
template <class E, class F> void post(E &&executor, F &&f) {}
template <class F> void post(F &&f) {}
template <class Clock> struct basic_waitable_timer {
  template <class F> void async_wait(F &&f) {}
  void wait();
};
using steady_timer = basic_waitable_timer<std::chrono::steady_clock>;
template <class S, class B, class F> void async_read(S &s, B &&buffers, F &&handler) {}
struct socket {};
} // namespace boost::asio
