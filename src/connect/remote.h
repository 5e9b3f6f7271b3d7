// The one place through which every call to a vendor goes: address, credentials, quota, size,
// reading, and what a refusal means.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http.h"
#include "base/metrics.h"
#include "connect/manifest.h"

namespace rapport::connect {

// Why a call, or one item of it, did not do what it should. Holds nothing of the remote's text
// beyond names of properties and permissions: texts may quote persons.
struct Failure {
  ErrorClass error = ErrorClass::kInvalid;
  int status = 0;
  std::string field = {};        // property that was refused
  std::string permission = {};   // what is missing
  std::string existing_id = {};  // kDuplicate
  Micros retry_after = {};       // 0: not told
  std::string policy = {};       // kRateLimit: the window that the vendor names
  std::string next_step = {};    // of ours, for people: instead of the usual one
};

// The call may have taken effect although it failed.
bool may_have_applied(const Failure& failure);
// The connection as a whole cannot work: nothing else is tried until somebody acts.
bool stops_connection(const Failure& failure);
// No call at all can work, whatever it is about: the credentials are wrong.
bool stops_all(const Failure& failure);
// Nothing left: the record has not been tried.
bool was_not_sent(const Failure& failure);
// Trying the same again later can help.
bool is_transient(const Failure& failure);
// One sentence for people: what is wrong and what to do next.
std::string explain(const Failure& failure, const Manifest& manifest);

struct Reply {
  int status = 0;
  Json body = {};
  std::optional<Failure> failure = {};
};

// What an error body, or an entry of a partial answer's errors, says.
Failure read_failure(const Manifest& manifest, int status, const Json& body);

class Remote {
 public:
  // Gives the value of a named secret; called before every call, so that it may change.
  using Secret = std::function<Result<std::string>(std::string_view name)>;

  // Told that the remote refused this secret; where it answers true, there is another one now, and
  // the call is made once more with it.
  using SecretRefused = std::function<bool(const std::string& value)>;

  // `ledger` may be shared with other connections.
  Remote(const Manifest& manifest, std::string base_url, std::string connection,
         Transport& transport, Secret secret, std::shared_ptr<QuotaLedger> ledger, Clock& clock,
         Metrics& metrics, SecretRefused secret_refused = {});

  // Carries out one call. `operation` names it in metrics, `quota` says which windows it counts in
  // besides the common ones. Waits for the quota for a moment; where that is too short, the failure
  // is kQuota and nothing was sent.
  Reply call(HttpRequest request, std::string_view operation, std::string_view quota = {});
  // The two halves of call(), for what has to happen in between. A grant that is not used is given
  // back.
  std::optional<Failure> wait_for_quota(std::string_view quota);
  Reply call_admitted(HttpRequest request, std::string_view operation, std::string_view quota);
  void give_back(std::string_view quota) { ledger_->done(quota, nullptr); }
  Json quota() { return ledger_->describe(); }
  void keep_quota() { ledger_->keep(); }
  void set_urgency(model::Urgency urgency) { urgency_ = urgency; }
  const std::string& base_url() const { return base_url_; }

 private:
  Reply read(const HttpResponse& response) const;
  void count(std::string_view operation, const Reply& reply);
  Reply send(HttpRequest request, std::string_view quota);
  Reply send_with_secret(const HttpRequest& request, std::string_view quota, std::string& used);

  const Manifest& manifest_;
  std::string base_url_, connection_;
  Transport& transport_;
  Secret secret_;
  SecretRefused secret_refused_;
  std::shared_ptr<QuotaLedger> ledger_;
  model::Urgency urgency_ = model::Urgency::kUsual;
  Clock& clock_;
  Metrics& metrics_;
};

// KU-81: whose account the credentials open; an error says what to do.
Result<std::string> remote_account(const Manifest& manifest, Remote& remote);

// Seconds or an HTTP date; none when absent or not understood. At most an hour.
Micros read_retry_after(std::string_view header, Micros now);

}  // namespace rapport::connect
