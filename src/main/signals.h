// SIGTERM and SIGINT, waited for by a thread of their own.
#pragma once

#include <signal.h>

#include <functional>
#include <thread>

namespace rapport {

// Must be made before any other thread: it blocks these signals in the caller and all threads that
// come after.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  // `stop` is called once, on the waiting thread, when the process is asked to end.
  void start(std::function<void()> stop);

 private:
  sigset_t set_;
  std::thread thread_;
};

}  // namespace rapport
