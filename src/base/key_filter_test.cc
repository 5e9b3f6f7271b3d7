#include "base/key_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "testing/fakes.h"

namespace rapport {
namespace {

std::vector<uint64_t> hashes(uint64_t seed, size_t count) {
  SeededRandom random(seed);
  std::vector<uint64_t> out(count);
  for (auto& hash : out) hash = random.number();
  return out;
}

size_t maybes(const KeyFilter& filter, const std::vector<uint64_t>& keys) {
  return static_cast<size_t>(
      std::ranges::count_if(keys, [&](uint64_t hash) { return filter.may_contain(hash); }));
}

TEST(KeyFilter, SaysNeverOfEveryKeyWhenNew) {
  EXPECT_EQ(maybes(KeyFilter(1'000), hashes(1, 10'000)), 0U);
}

TEST(KeyFilter, NeverForgetsAKey) {
  for (const size_t size : {0, 1, 100, 32'768, 100'000}) {
    KeyFilter filter(size);
    const auto keys = hashes(size, 100'000);
    for (const uint64_t hash : keys) {
      filter.add(hash);
      ASSERT_TRUE(filter.may_contain(hash));
    }
    EXPECT_EQ(maybes(filter, keys), keys.size()) << size;
  }
}

TEST(KeyFilter, IsSeldomWrongWhenFilledToItsSize) {
  for (const size_t size : {1'000, 32'768, 1'000'000, 4'000'000}) {
    KeyFilter filter(size);
    for (const uint64_t hash : hashes(1, size)) filter.add(hash);
    EXPECT_LT(maybes(filter, hashes(2, 200'000)), 400U) << size << " keys: over 0.2 %";
  }
}

}  // namespace
}  // namespace rapport
