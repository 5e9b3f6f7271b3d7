// Stand-ins for what the server hands in: a clock that stands still, seeded randomness, kept
// reports, a folder that goes away.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/logging.h"
#include "base/random.h"

namespace rapport {

// Starts at 2026-03-02T09:00:00Z and moves only when told; sleep() moves it too. Any thread.
class ManualClock final : public Clock {
 public:
  static constexpr Micros kStart{1'772'442'000'000'000};
  explicit ManualClock(Micros start = kStart) : now_(start) {}
  Micros now() const override;
  Micros monotonic() const override;
  void sleep(Micros span) override { advance(span); }
  void advance(Micros span);
  void jump(Micros span);  // the wall clock alone, as an administrator or NTP would

 private:
  mutable std::mutex mutex_;
  Micros now_;
  Micros monotonic_ = seconds(1);
};

// xoshiro256** grown from a seed by splitmix64: the same seed gives the same bytes. Any thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  void fill(std::span<uint8_t> out) override;
  uint64_t below(uint64_t bound);  // 0 … bound-1, bound ≥ 1
  bool chance(double probability);

 private:
  uint64_t next();
  std::mutex mutex_;
  std::array<uint64_t, 4> state_;
};

// Keeps what was reported, as one line each: `warning disk.full {"free":3}`. Any thread.
class KeepingReporter final : public Reporter {
 public:
  std::vector<std::string> lines() const;
  bool has(std::string_view event) const;
  size_t count(Level level) const;
  size_t count(std::string_view event) const;

 private:
  struct Kept {
    Level level;
    std::string event, fields;
  };
  bool wants(Level) const override { return true; }
  void write(Level level, std::string_view event, const Json& fields) override;
  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
};

// A fresh folder under the system's temporary folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace rapport
