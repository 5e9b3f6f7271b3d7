// The real clock, randomness, log output and failpoints. Only src/main and tests make these.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/logging.h"
#include "base/random.h"
#include "base/result.h"

namespace rapport {

class SystemClock final : public Clock {
 public:
  Micros now() const override;
  Micros monotonic() const override;
  void sleep(Micros span) override;
};

// How the calling thread stands to the others of this machine: work that can wait lets the threads
// that answer requests run the moment they can.
enum class Urgency { kAnswers, kCanWait };
// Names the calling thread (at most 15 bytes, as `top -H` shows it) and sets its urgency.
void name_this_thread(const char* name, Urgency urgency);

// The kernel's generator, asked for 4 KiB at a time; bytes handed out are wiped from the buffer.
class SystemRandom final : public Random {
 public:
  void fill(std::span<uint8_t> out) override;

 private:
  std::mutex mutex_;
  std::array<uint8_t, 4096> buffer_{};
  size_t used_ = sizeof buffer_;
};

// One JSON object a line on stderr: {"time":…,"level":…,"event":…, then the fields}.
std::unique_ptr<Reporter> make_logger(Level least, const Clock& clock);

// What RAPPORT_FAILPOINTS asks for. A comma-separated list of
//   name:n       ends the process at once, with status 137, the n-th time `name` is reached
//   count=path   appends a line with its name to the file whenever a failpoint is reached
class EnvironmentFailpoints final : public Failpoints {
 public:
  static Result<std::unique_ptr<Failpoints>> parse(std::string_view spec);
  ~EnvironmentFailpoints() override;
  EnvironmentFailpoints(const EnvironmentFailpoints&) = delete;
  EnvironmentFailpoints& operator=(const EnvironmentFailpoints&) = delete;
  void reach(std::string_view name) override;

 private:
  EnvironmentFailpoints() = default;
  Result<void> add(std::string_view item);

  std::array<uint64_t, std::size(kFailpoints)> dies_at_{};  // 0 = never
  std::array<std::atomic<uint64_t>, std::size(kFailpoints)> reached_{};
  int count_file_ = -1;
};

// Reads RAPPORT_FAILPOINTS; without it, failpoints that do nothing.
Result<std::unique_ptr<Failpoints>> failpoints_from_environment();

}  // namespace rapport
