#include "api/batch_reader.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/system.h"

namespace rapport::api {

// A thread that claims a number below that of the jobs owns this job until it is done. The jobs
// themselves live until all are done; the round, until both threads have left it.
struct BatchReader::Round {
  struct Outcome {
    std::optional<Result<intake::Prepared>> prepared;
    std::atomic<bool> done{false};
  };
  Round(intake::Intake& i, std::span<const Job> j) : intake(i), jobs(j), outcomes(j.size()) {}

  // False when all are claimed.
  bool prepare_one() {
    const size_t number = next.fetch_add(1, std::memory_order_relaxed);
    if (number >= outcomes.size()) return false;
    const Job& job = jobs[number];
    Outcome& outcome = outcomes[number];
    outcome.prepared = intake.prepare(job.workspace, job.call, job.body);
    outcome.done.store(true, std::memory_order_release);
    outcome.done.notify_one();
    return true;
  }

  intake::Intake& intake;
  std::span<const Job> jobs;
  std::vector<Outcome> outcomes;
  std::atomic<size_t> next{0};
};

BatchReader::BatchReader(intake::Intake& intake, unsigned cores) : intake_(intake) {
  if (cores > 1) helper_ = std::thread([this] { help(); });
}

BatchReader::~BatchReader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (helper_.joinable()) helper_.join();
}

void BatchReader::read(std::span<const Job> jobs, const Take& take) {
  const auto round = std::make_shared<Round>(intake_, jobs);
  if (jobs.size() > 1 && helper_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      round_ = round;
    }
    changed_.notify_one();
  }
  for (size_t number = 0; number < jobs.size(); ++number) {
    Round::Outcome& outcome = round->outcomes[number];
    while (!outcome.done.load(std::memory_order_acquire)) {
      if (!round->prepare_one()) outcome.done.wait(false, std::memory_order_acquire);
    }
    take(number, std::move(*outcome.prepared));
  }
}

void BatchReader::help() {
  name_this_thread("batches", Urgency::kAnswers);
  for (;;) {
    std::shared_ptr<Round> round;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || round_ != nullptr; });
      if (stop_) return;
      round = std::exchange(round_, nullptr);
    }
    while (round->prepare_one()) {
    }
  }
}

}  // namespace rapport::api
