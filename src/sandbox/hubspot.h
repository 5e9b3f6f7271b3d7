// An imitation of HubSpot's CRM API (v3 objects, v4 associations). What is faithful, partial and
// absent stands per endpoint in docs/reference/sandbox.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sandbox/sandbox.h"

namespace rapport::sandbox {

namespace hubspot {
struct Call;
class Portal;
}  // namespace hubspot

class Hubspot final : public HttpHandler {
 public:
  Hubspot(SandboxOptions options, Clock& clock, Random& random);
  ~Hubspot() override;

  // May return status kLostResponse; every other answer is the vendor's.
  HttpResponse handle(const HttpRequest& request) override;

  // Seen by every vendor request first, even before authentication; an answer returned here is
  // given instead and nothing is applied. Quotas and faults hang on this.
  using Before = std::function<std::optional<HttpResponse>(const HttpRequest&)>;
  void set_before(Before before) { before_ = std::move(before); }

 private:
  HttpResponse answer_vendor(hubspot::Call& call);
  HttpResponse answer_control(const hubspot::Call& call);
  std::optional<HttpResponse> refuse_caller(const hubspot::Call& call) const;
  HttpResponse lose_next(const hubspot::Call& call);
  bool lose(const hubspot::Call& call, uint64_t effects_before);

  SandboxOptions options_;
  Clock& clock_;
  Random& random_;
  std::unique_ptr<hubspot::Portal> portal_;
  Before before_;
  int64_t lose_count_ = 0;
  std::string lose_prefix_;
};

}  // namespace rapport::sandbox
