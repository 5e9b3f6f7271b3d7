// Carries out tasks one after the other, in the order they were given.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace rapport::flow {

// kOne: everything happens in the thread that asks for it, as simulations need it. kMore: reading
// ahead and writing behind have threads of their own.
enum class Threads { kOne, kMore };

// One caller. Its thread starts with the first task, and so has the name and the priority of the
// thread that gives it; with Threads::kOne a task is carried out before post() returns.
class Worker {
 public:
  explicit Worker(Threads threads) : threads_(threads) {}
  ~Worker();  // when all tasks are done
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(std::function<void()> task);

 private:
  void run();

  const Threads threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace rapport::flow
