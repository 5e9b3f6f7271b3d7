// How many calls may still go to one remote account. Shared by every connection that uses the same
// account with the same credentials.
//
// A vendor counts a call when it arrives, somewhere between our sending and its answer. A call is
// therefore counted from when it leaves until `per` after it was answered: no window of the
// vendor's, rolling or fixed, can then hold more than we counted.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/http.h"
#include "base/json.h"
#include "base/result.h"
#include "model/record.h"

namespace rapport::connect {

// At most `calls` in any span of `per`. With `only`: of calls declared with that quota; else of
// all.
struct QuotaWindow {
  std::string name;
  int64_t calls = 0;
  Micros per;
  std::string only = {};
  std::string limit_header = {}, left_header = {};  // where answers tell the vendor's own count
  std::string policy = {};  // how a refusal names this window, at QuotaSpec::policy_path
};

struct QuotaSpec {
  std::vector<QuotaWindow> windows;
  int reserve_percent = 5;  // of each window, for urgent work alone; rounded down to calls
  std::string policy_path = {};
};

// Keeps what must outlive the process: use of windows longer than a minute. Any thread.
struct QuotaStore {
  std::function<Result<Json>(const std::string& key)> load;  // null: never used
  std::function<Result<void>(const std::string& key, const Json& use)> save;
  // Told when a time to wait could not be saved, and again once it is. May be empty.
  std::function<void(const Result<void>& saved)> told = {};
};

// Any thread.
class QuotaLedger {
 public:
  // With a store the use of long windows is reserved in blocks before it is used, and after an end
  // without close() the short windows count as spent: nobody knows what was sent last.
  QuotaLedger(QuotaSpec spec, Clock& clock, std::string key = {}, QuotaStore store = {});
  ~QuotaLedger();

  Result<void> open();   // reads the store; before the first take()
  Result<void> close();  // no call is under way

  // 0: the call may leave now, and done() follows. Else: how long to wait before asking again.
  // Usual work is spread evenly over a window, so that nobody waits for long; urgent work is not.
  Result<Micros> take(std::string_view quota, model::Urgency urgency);
  // The call was answered, or failed. `answer` null: none came.
  void done(std::string_view quota, const HttpResponse* answer);
  // The vendor refused for quota although we counted: nothing leaves before `retry_after`, and
  // without that the window it names (or the shortest) counts as spent; without any window nothing
  // leaves for 10 s.
  void refused(std::string_view quota, Micros retry_after, std::string_view policy);

  // What could not be saved is tried again, at most once a second: to be called now and then.
  void keep();

  // [{window, limit, used, per_s, only?}], and "blocked_until" where a vendor told us to wait.
  Json describe();
  // Calls an hour that usual work may use of the tightest window of all calls.
  double usual_rate();
  const QuotaSpec& spec() const { return spec_; }

 private:
  struct Count;
  bool concerns(const Count& count, std::string_view quota) const;
  Micros wait_for(Count& count, model::Urgency urgency, Micros now);
  Result<void> reserve(Count& count);
  Result<void> save(bool closed);
  void keep_locked();
  Micros time_of(const Count& count) const;

  const QuotaSpec spec_;
  Clock& clock_;
  const std::string key_;
  QuotaStore store_;
  std::mutex mutex_;
  std::vector<Count> counts_;
  Micros blocked_until_;  // monotonic
  bool unsaved_ = false;  // it is not in the store
  bool told_ = false;     // that it is not
  Micros save_again_;     // monotonic
};

}  // namespace rapport::connect
