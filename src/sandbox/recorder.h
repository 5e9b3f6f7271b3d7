// Every request of the vendor's API that came in, and what was answered: bounded, the newest ones.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "base/json.h"
#include "base/time.h"

namespace rapport::sandbox {

struct RecordedRequest {
  uint64_t n = 0;  // from 1, no gaps
  Micros at = {};
  std::string method = {};
  std::string path = {};  // without query and without secrets
  int64_t token = -1;  // index among the tokens of the options, then of those issued; -1: unknown
  int status = 0;      // answered, also where the answer never arrived; 0: none was made
  std::string fault = {};
  size_t inputs = 0;  // of a batch
  bool refused_for_quota = false;
};

class Recorder {
 public:
  explicit Recorder(size_t most) : most_(most) {}
  void add(RecordedRequest request);  // n is filled in
  void clear();
  // {"requests": [...], "last": n, "refused_for_quota": n, "faulted": n}: those after `n`; the
  // counts are of all that ever came.
  Json after(uint64_t n) const;

 private:
  size_t most_;
  std::deque<RecordedRequest> kept_;
  uint64_t last_ = 0, refused_for_quota_ = 0, faulted_ = 0;
};

}  // namespace rapport::sandbox
