// Reads large tracking requests on two threads, for one that stages them in order.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "intake/intake.h"

namespace rapport::api {

class BatchReader {
 public:
  // Where there is one core only, all is done on the caller's thread.
  explicit BatchReader(intake::Intake& intake,
                       unsigned cores = std::thread::hardware_concurrency());
  ~BatchReader();
  BatchReader(const BatchReader&) = delete;

  struct Job {
    WorkspaceId workspace;
    intake::Call call;
    std::string body;
  };
  // Prepares every job, here and on a thread of its own, and gives each to `take` here, in order,
  // as soon as it and those before it are ready. One caller at a time.
  using Take = std::function<void(size_t number, Result<intake::Prepared> prepared)>;
  void read(std::span<const Job> jobs, const Take& take);

 private:
  struct Round;
  void help();

  intake::Intake& intake_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Round> round_;  // that the other thread has not seen yet
  bool stop_ = false;
  std::thread helper_;
};

}  // namespace rapport::api
