// Imitations of vendors' APIs, for rehearsal, the demo and tests. A sandbox is an HttpHandler and
// nothing more: src/main puts it behind a server, a simulation calls it directly.
//
// A sandbox is deterministic: the same requests at the same clock readings and with the same
// randomness give the same answers. It is not thread-safe: callers serialise.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/http.h"
#include "base/random.h"
#include "base/result.h"
#include "sandbox/quota.h"

namespace rapport::sandbox {

// Statuses of answers that must not be sent as they stand: whoever carries answers asks
// delivery_of(), or carry(), what becomes of them. See POST /__sandbox/faults.
inline constexpr int kLostResponse = 0;   // applied; the connection closes without a byte
inline constexpr int kNoConnection = -1;  // not applied; the connection was never made
inline constexpr int kNoAnswer = -2;      // applied or not; no byte, until the caller gives up
inline constexpr int kCutAnswer = -3;     // applied; a reset in the middle of the body
inline constexpr int kSlowAnswer = -4;    // applied; the whole answer, its body slowly

enum class Carriage { kWhole, kClosed, kNoConnection, kHeld, kCut, kSlow };

// What to do with the answer of a sandbox.
struct Delivery {
  Carriage how = Carriage::kWhole;
  HttpResponse answer = {};  // with its real status; kCut: the part of the body that still leaves
  size_t body_size = 0;      // of the whole body, as Content-Length says it
  Micros span = {};          // kSlow: from the first byte of the body to its last
};
Delivery delivery_of(HttpResponse answer);

// The same as a transport's caller sees it: kIo when the connection fails, kTimeout when the answer
// takes longer than `timeout`. Sleeps on `clock` for as long as the caller waits.
Result<HttpResponse> carry(HttpResponse answer, Micros timeout, Clock& clock);

struct SandboxToken {
  std::string token;
  std::vector<std::string> scopes = {};  // empty: all
};

enum class Rotation { kKept, kRotated };
enum class Consent { kAtOnce, kChosen };

// An app of the vendor's marketplace, for OAuth.
struct SandboxApp {
  std::string client_id = {};
  std::string client_secret = {};
  std::vector<std::string> redirect_uris = {};  // empty: any
  std::vector<std::string> scopes = {};         // that it may ask for; empty: any
  Micros token_lifetime = seconds(1800);        // of an access token
  Rotation rotation = Rotation::kKept;   // kRotated: a refresh token is refused once the one that
                                         // followed it was used
  Consent consent = Consent::kAtOnce;    // kChosen: a page asks for the portal first
  std::vector<QuotaWindow> quotas = {};  // of each installation; empty: SandboxOptions::quotas
};

struct SandboxOptions {
  std::vector<SandboxToken> tokens = {};  // at least one, unless there is an app
  std::optional<SandboxApp> app = {};     // absent: no OAuth
  Micros search_lag = seconds(5);         // until a write shows in search; 0 shows it at once
  std::vector<QuotaWindow> quotas = {};   // per token, all at once; empty: unlimited
  size_t recorded_requests = 200'000;     // the last ones, for GET /__sandbox/requests
  double clock_speed = 1;                 // of the clock handed in; only told, never used
  std::string state_file = {};            // reserved: where state shall outlive the process
  bool associate_by_domain = false;       // new contacts join the company of their e-mail's domain
};

// The vendors make_sandbox() knows.
std::span<const std::string_view> sandbox_vendors();

// The windows of a vendor's plan, such as "free", "professional", "oauth" or "none".
Result<std::vector<QuotaWindow>> plan_quotas(std::string_view vendor, std::string_view plan);

// `clock` and `random` must outlive the sandbox. Fails for an unknown vendor or without a token.
Result<std::unique_ptr<HttpHandler>> make_sandbox(std::string_view vendor, SandboxOptions options,
                                                  Clock& clock, Random& random);

}  // namespace rapport::sandbox
