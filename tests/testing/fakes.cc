#include "testing/fakes.h"

#include <stdlib.h>

#include <algorithm>
#include <bit>
#include <filesystem>

namespace rapport {

Micros ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}
Micros ManualClock::monotonic() const {
  const std::lock_guard lock(mutex_);
  return monotonic_;
}
void ManualClock::advance(Micros span) {
  const std::lock_guard lock(mutex_);
  now_ = now_ + span;
  monotonic_ = monotonic_ + span;
}
void ManualClock::jump(Micros span) {
  const std::lock_guard lock(mutex_);
  now_ = now_ + span;
}

SeededRandom::SeededRandom(uint64_t seed) {
  for (uint64_t& word : state_) {
    uint64_t z = seed += 0x9E3779B97F4A7C15ULL;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    word = z ^ z >> 31;
  }
}

uint64_t SeededRandom::next() {
  const uint64_t out = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

void SeededRandom::fill(std::span<uint8_t> out) {
  const std::lock_guard lock(mutex_);
  uint64_t word = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) word = next();
    out[i] = static_cast<uint8_t>(word >> i % 8 * 8);
  }
}

uint64_t SeededRandom::below(uint64_t bound) {
  return number() % bound;
}

bool SeededRandom::chance(double probability) {
  return static_cast<double>(number() >> 11) * 0x1p-53 < probability;
}

void KeepingReporter::write(Level level, std::string_view event, const Json& fields) {
  const std::lock_guard lock(mutex_);
  kept_.push_back({level, std::string(event), to_text(fields)});
}

std::vector<std::string> KeepingReporter::lines() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& kept : kept_)
    out.push_back(std::string(name(kept.level)) + " " + kept.event + " " + kept.fields);
  return out;
}

bool KeepingReporter::has(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.event == event; });
}

size_t KeepingReporter::count(std::string_view event) const {
  std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.event == event; }));
}

size_t KeepingReporter::count(Level level) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(kept_.begin(), kept_.end(), [&](const Kept& k) { return k.level == level; }));
}

TemporaryFolder::TemporaryFolder() {
  path_ = (std::filesystem::temp_directory_path() / "rapport-XXXXXX").string();
  CHECK(::mkdtemp(path_.data()) != nullptr);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace rapport
