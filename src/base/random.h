// Randomness, handed in: cryptographic in the server, seeded in tests.
#pragma once

#include <cstdint>
#include <span>

namespace rapport {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<uint8_t> out) = 0;  // any thread
  uint64_t number() {
    uint8_t b[8];
    fill(b);
    uint64_t n = 0;
    for (uint8_t x : b) n = n << 8 | x;
    return n;
  }
};

}  // namespace rapport
