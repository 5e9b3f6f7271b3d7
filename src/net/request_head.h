// What of a request head must be checked beyond its grammar.
#pragma once

#include <optional>
#include <string>

#include "base/http.h"
#include "net/body_coding.h"
#include "net/refusal.h"

namespace rapport::net {

struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  bool http10 = false;
};

enum class Framing { kNone, kLength, kChunked };

// How the body is sent, as the header fields say.
struct BodyPlan {
  Framing framing = Framing::kNone;
  uint64_t length = 0;  // kLength
  Coding coding = Coding::kNone;
  bool expects_continue = false;
};

// Reads the plan and brings the target into origin form ("/path?query"); the refusal when the head
// is ambiguous or asks for what we do not do.
std::optional<Refusal> check_head(RequestHead& head, BodyPlan& plan);

}  // namespace rapport::net
