// Imitations of vendors' APIs, for rehearsal, the demo and tests. A sandbox is an HttpHandler and
// nothing more: src/main puts it behind a server, a simulation calls it directly.
//
// A sandbox is deterministic: the same requests at the same clock readings and with the same
// randomness give the same answers. It is not thread-safe: callers serialise.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http.h"
#include "base/random.h"
#include "base/result.h"

namespace rapport::sandbox {

// Status of an answer that must not be sent: the request was applied, and whoever carries answers
// closes the connection without a byte (a transport reports kIo). See POST /__sandbox/lose_next.
inline constexpr int kLostResponse = 0;

struct SandboxToken {
  std::string token;
  std::vector<std::string> scopes = {};  // empty: all
};

struct SandboxOptions {
  std::vector<SandboxToken> tokens;  // at least one
  Micros search_lag = seconds(5);    // until a write shows in search; 0 shows it at once
  std::string state_file = {};       // reserved: where state shall outlive the process
  bool associate_by_domain =
      false;  // new contacts join the company with the domain of their e-mail
};

// The vendors make_sandbox() knows.
std::span<const std::string_view> sandbox_vendors();

// `clock` and `random` must outlive the sandbox. Fails for an unknown vendor or without a token.
Result<std::unique_ptr<HttpHandler>> make_sandbox(std::string_view vendor, SandboxOptions options,
                                                  Clock& clock, Random& random);

}  // namespace rapport::sandbox
