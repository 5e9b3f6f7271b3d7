// SHA-256 of what comes in pieces; sha256() of base/crypto.h for what is in memory.
#pragma once

#include <memory>
#include <string_view>

#include "base/crypto.h"

namespace rapport {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void add(std::string_view bytes);
  Hash finish();  // once

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace rapport
