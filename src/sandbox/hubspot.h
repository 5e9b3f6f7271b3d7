// An imitation of HubSpot's CRM API (v3 objects, v4 associations). What is faithful, partial and
// absent stands per endpoint in docs/reference/sandbox.md.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sandbox/faults.h"
#include "sandbox/quota.h"
#include "sandbox/recorder.h"
#include "sandbox/sandbox.h"

namespace rapport::sandbox {

namespace hubspot {
struct Call;
struct Caller;
class OAuth;
class Portal;
}  // namespace hubspot

// The windows of "professional", "free", "oauth" and "none".
Result<std::vector<QuotaWindow>> hubspot_quotas(std::string_view plan);

class Hubspot final : public HttpHandler {
 public:
  Hubspot(SandboxOptions options, Clock& clock, Random& random);
  ~Hubspot() override;

  // May return the statuses that sandbox.h lists; every other answer is the vendor's.
  HttpResponse handle(const HttpRequest& request) override;

 private:
  using Call = hubspot::Call;
  using Caller = hubspot::Caller;

  Caller find_caller(const std::string& token) const;
  Moment moment() const { return {clock_.now(), clock_.monotonic()}; }

  HttpResponse answer_vendor(Call& call, const HttpRequest& request, RecordedRequest& record);
  // What the vendor says when nothing is wrong with its API; `fault` may hold back inputs.
  HttpResponse answer_call(Call& call, const HttpRequest& request, const Caller& caller,
                           RecordedRequest& record, ArmedFault* fault);
  HttpResponse answer_route(Call& call, const Caller& caller);
  HttpResponse answer_batch(Call& call, const Caller& caller, ArmedFault* fault);
  HttpResponse answer_oauth(const Call& call, const HttpRequest& request);
  void add_quota_headers(const Call& call, const Caller& caller, Headers& headers);

  // /__sandbox (hubspot/control.cc)
  HttpResponse answer_control(const Call& call);
  HttpResponse answer_control_get(const Call& call, std::string_view what);
  HttpResponse lose_next(const Call& call);
  HttpResponse arm_faults(const Call& call);
  Result<void> use_quota(const Json& order);
  void reset();

  SandboxOptions options_;
  Clock& clock_;
  Random& random_;
  std::unique_ptr<hubspot::Portal> portal_;
  std::unique_ptr<hubspot::OAuth> oauth_;
  Faults faults_;
  Quota quota_;
  Recorder recorder_;
};

}  // namespace rapport::sandbox
