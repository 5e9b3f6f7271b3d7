// Troubles that a test arms: which calls go wrong, how, how often. Deterministic from the seed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace rapport::sandbox {

enum class FaultKind {
  kRateLimited,
  kServerError,
  kNoConnection,
  kTimeoutBefore,
  kTimeoutAfter,
  kSlowBody,
  kResetMidBody,
  kLostResponse,
  kMalformedJson,
  kTruncatedJson,
  kHtmlOk,
  kPartialBatch,
  kTokenExpired,
  kTokenRevoked,
  kMissingScope,
  kLocked,
  kSearchLag,
  kSchemaDrift,
  kQuotaUsed,
};

std::string_view name_of(FaultKind kind);

struct ArmedFault {
  FaultKind kind;
  Json order;  // as it was armed: the fields of its kind are read from here
  std::string method = {};
  std::string path_prefix = "/";
  int64_t left = 1;  // how often it still fires; -1: until cleared
  double probability = 1;
  bool applied = false;              // the call is carried out before it goes wrong
  bool writes_only = false;          // only calls that change something
  std::optional<Micros> until = {};  // of the wall clock; over when it comes
  Micros armed_at = {};
  uint64_t fired = 0;
};

// What of a call decides whether a fault is for it.
struct FaultCall {
  std::string_view method, path;
  bool writes = false;
  bool batch = false;
  bool bearer = true;  // it carries an access token, so that the token can be at fault
  std::optional<Micros> token_issued_at = {};  // absent: it is there from the start, or unknown
};

class Faults {
 public:
  explicit Faults(Random& random);

  // Reads {"faults": [{"kind", ...}], "seed"?}; nothing is armed yet.
  static Result<std::vector<ArmedFault>> read(const Json& order, Micros now);
  void arm(std::vector<ArmedFault> faults);
  void seed(uint64_t seed) { state_ = seed; }

  // The first armed fault that befalls this call, or null. It counts only when it fire()s.
  ArmedFault* choose(const FaultCall& call, Micros now);
  void fire(ArmedFault& fault);
  // The last one of a kind that stands until it is cleared, or null.
  ArmedFault* standing(FaultKind kind);
  // True with that probability.
  bool roll(double probability);

  void clear() { armed_.clear(); }
  void clear_lose_next();
  Json show() const;

 private:
  uint64_t next();
  std::deque<ArmedFault> armed_;
  uint64_t state_;
};

}  // namespace rapport::sandbox
