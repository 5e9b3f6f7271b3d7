#include "connect/push.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "connect/send.h"

namespace rapport::connect {
namespace {

constexpr size_t kAtOnce = 500;  // records planned in one step: full calls for those that differ
constexpr size_t kProbe = 1;     // while the breaker is half open
constexpr Micros kHaltedRetry = seconds(55);
constexpr Micros kFirstBackoff = seconds(1);
constexpr Micros kLongestBackoff = seconds(30);  // of a record; after many tries:
constexpr Micros kHopelessBackoff = minutes(5);
constexpr int kManyTries = 20;
constexpr Micros kIdle = minutes(1);
constexpr Micros kRateOver = minutes(5);

Micros doubled(Micros first, int times, Micros most) {
  for (int i = 0; i < times && first < most; ++i) first = first + first;
  return std::min(first, most);
}

std::vector<std::string> record_types(const Manifest& manifest) {
  std::vector<std::string> types;
  for (const ObjectSpec& object : manifest.objects) {
    if (std::find(types.begin(), types.end(), object.record) == types.end()) {
      types.push_back(object.record);
    }
  }
  return types;
}

std::string labels(const PushOptions& options) {
  return fmt::format("workspace=\"{}\",connection=\"{}\"", options.workspace.value,
                     options.connection);
}

}  // namespace

Push::Push(std::shared_ptr<const Manifest> manifest, PushOptions options, PushPorts ports)
    : manifest_(std::move(manifest)),
      workspace_(options.workspace),
      ports_(std::move(ports)),
      settings_{.connection = options.connection,
                .sends = options.sends,
                .hash_key = options.hash_key,
                .look_up = options.look_up},
      window_(options.window),
      remote_(*manifest_, options.base_url, options.connection, ports_.transport, ports_.secret,
              ports_.ledger ? ports_.ledger
                            : std::make_shared<QuotaLedger>(manifest_->quotas, ports_.clock),
              ports_.clock, ports_.metrics, ports_.secret_refused),
      directories_(*manifest_, remote_, ports_.clock, settings_.hash_key),
      definitions_(*manifest_, options.making, remote_, ports_.clock, ports_.reporter),
      planner_(*manifest_, settings_, ports_.mapper, ports_.state,
               SourceReader(ports_.state, ports_.read_events, options.settings), directories_,
               definitions_),
      journal_(options.workspace, options.connection, ports_.append, ports_.wait_folded,
               ports_.clock, ports_.random, ports_.failpoints),
      recovery_(*manifest_, settings_, options.settle.value_or(manifest_->settle), ports_.state,
                planner_, remote_, journal_, ports_.clock, ports_.reporter),
      backlog_(ports_.state, options.connection, record_types(*manifest_)),
      breaker_(ports_.random),
      halted_gauge_(ports_.metrics.gauge("rapport_connection_halted",
                                         "1 while a connection waits for somebody to act.",
                                         labels(options))),
      unknown_gauge_(ports_.metrics.gauge("rapport_push_unknown",
                                          "Remote writes whose outcome is not known yet.",
                                          labels(options))) {}

Push::~Push() = default;

// Outside of it time stands still for the rate of what was served.
bool Push::in_window(Micros now) {
  const WindowState state = window_ ? window_(now) : WindowState{};
  if (state.open && closed_at_ > Micros{}) {
    for (auto& [at, count] : served_) at = at + (now - closed_at_);
    closed_at_ = opens_at_ = {};
  }
  if (!state.open) {
    if (closed_at_ == Micros{}) closed_at_ = now;
    opens_at_ = state.until;
  }
  return state.open;
}

// Whether anything may be sent now, and until when it may not.
Result<Push::Gate> Push::gate(Micros now, Micros& until) {
  const model::RecordKey key{std::string(model::kConnection), settings_.connection};
  TRY_ASSIGN(const auto known, ports_.state.load(std::vector{key}));
  if (std::erase_if(blocked_, [&](const auto& one) { return one.second.until <= now; }) > 0)
    halted_gauge_.set(blocked_.empty() && halted_.empty() ? 0 : 1);
  const Json* left_out = known[0] ? known[0]->fields.find("left_out") : nullptr;
  left_out_ = left_out ? *left_out : Json::array();
  const bool open_now = in_window(now);
  paused_ = known[0] && known[0]->fields.flag("paused") ? "paused by a person" : "";
  if (!paused_.empty()) {
    state_ = "paused";
    until = now + kIdle;
    return Gate::kShut;
  }
  until = std::max(halted_until_, breaker_.next());
  if (now < until) {
    state_ = !halted_.empty()                                 ? "halted"
             : breaker_.state(now) == Breaker::State::kClosed ? "backing_off"
                                                              : "open";
    return Gate::kShut;
  }
  if (now < all_quota_until_) {
    state_ = "quota";
    until = all_quota_until_;
    return Gate::kShut;
  }
  if (now < quota_until_) {
    state_ = "quota";
    until = quota_until_;
    return Gate::kUrgentOnly;
  }
  if (!open_now) {
    state_ = "off_peak";
    until = std::min(opens_at_, now + kIdle);
    return Gate::kUrgentOnly;
  }
  state_ = "sending";
  return Gate::kOpen;
}

Result<Progress> Push::step() {
  remote_.keep_quota();
  TRY(journal_.settle());
  const Micros now = ports_.clock.now();
  Micros until;
  TRY_ASSIGN(const Gate open, gate(now, until));
  if (open == Gate::kShut) return Progress{false, until};
  const bool probe = breaker_.state(now) == Breaker::State::kHalfOpen;
  TRY_ASSIGN(const Recovered recovered, recovery_.step());
  unknown_ = recovered.open.size();
  unknown_gauge_.set(static_cast<int64_t>(unknown_));
  TRY(journal_.settle());
  for (const model::RecordKey& record : recovered.found) backlog_.written(record);
  if (recovered.failure) {
    failed(*recovered.failure, "", model::Urgency::kUrgent);
    return Progress{false, std::max({breaker_.next(), halted_until_, all_quota_until_})};
  }
  if (recovered.worked) {
    resume();
    return Progress{true, {}};
  }
  TRY_ASSIGN(const std::optional<Failure> unprepared, prepare());
  if (unprepared) {
    failed(*unprepared, "", model::Urgency::kUrgent);
    return Progress{false, std::max({breaker_.next(), halted_until_, all_quota_until_})};
  }
  const auto which = open == Gate::kUrgentOnly ? Backlog::Which::kUrgentOnly : Backlog::Which::kAll;
  // Records that can only wait are put aside, and those of the next type get their turn.
  for (size_t turn = 0; turn <= manifest_->objects.size(); ++turn) {
    TRY_ASSIGN(const auto picked,
               backlog_.pick(now, which, recovered.open, probe ? kProbe : kAtOnce));
    if (picked.marks.empty()) break;
    TRY_ASSIGN(const bool worked, serve(picked, recovered.open));
    TRY(journal_.settle());
    if (worked) return Progress{true, {}};
  }
  if (open == Gate::kUrgentOnly) return Progress{false, until};
  return rest(recovered.again);
}

// What has to be known before anything is mapped. What is left out changes with an event, so that
// everything is looked at again once it has its place.
Result<std::optional<Failure>> Push::prepare() {
  if (!recalled_) directories_.recall(left_out_);
  recalled_ = true;
  if (auto failure = definitions_.check()) return failure;
  if (auto failure = directories_.refresh()) return failure;
  std::set<std::string> names = directories_.left_out();
  for (const auto& [object, property] : definitions_.left_out())
    names.insert(object + "." + property);
  Json list = Json::array();
  for (const std::string& name : names) list.push_back(name);
  if (list == left_out_) return std::optional<Failure>();
  model::Event event;
  event.workspace = workspace_;
  event.origin = model::Origin::kServer;
  event.type = model::kConnectionChanged;
  event.at = ports_.clock.now();
  event.properties.set("id", settings_.connection).set("left_out", std::move(list));
  TRY_ASSIGN(const Sequence sequence, ports_.append(std::move(event)));
  TRY(ports_.wait_folded(sequence));
  return std::optional<Failure>();
}

Result<Plan> Push::make_plan(const Backlog::Picked& picked, std::optional<Failure>& failure) {
  TRY_ASSIGN(Plan plan, planner_.plan(picked.marks));
  if (plan.unresolved.empty() || !directories_.seek(plan.unresolved, failure)) return plan;
  TRY_ASSIGN(plan, planner_.plan(picked.marks));
  if (!plan.unresolved.empty()) directories_.seek(plan.unresolved, failure);
  return plan;
}

// Records of which nothing has to be sent: one event serves them all.
Result<void> Push::report_unsent(Plan& plan) {
  OutcomeEvent served{.operation = "none", .outcome = "done"};
  std::map<std::string, OutcomeEvent> lacking;
  for (const Work& work : plan.works) {
    if (!work.served()) continue;
    Entry entry;
    entry.record = work.due.mark.record;
    entry.version = work.due.mark.version;
    entry.complete = true;
    if (work.lacking_in == nullptr) {
      served.entries.push_back(std::move(entry));
      continue;
    }
    entry.error_class = "required";
    entry.mapping = manifest_->version;
    entry.error_message = fmt::format("{} in {} needs {}, which has no value",
                                      work.lacking_in->name, manifest_->title, work.lacking);
    OutcomeEvent& event = lacking[work.lacking_in->name];
    event.object = work.lacking_in->name;
    event.operation = "check";
    event.outcome = "failed";
    event.entries.push_back(std::move(entry));
  }
  if (!served.entries.empty()) TRY(journal_.done(served));
  for (const auto& [object, event] : lacking) TRY(journal_.done(event));
  return {};
}

// Puts aside what can only wait, and brings back what was not tried or has more to come.
void Push::sort_out(const Plan& plan) {
  const Micros now = ports_.clock.now();
  for (const Work& work : plan.works) {
    const model::Mark& mark = work.due.mark;
    if (work.left_over || (work.revisit && work.outstanding == 0)) {
      backlog_.again(mark.record);
    } else if (!work.waits.empty() && work.outstanding == 0) {
      backlog_.wait(mark, work.waits_for, now);
    }
    if (work.wrote) backlog_.written(mark.record);
  }
}

void Push::note_served(const Plan& plan) {
  if (closed_at_ > Micros{}) return;
  const Micros now = ports_.clock.now();
  const int64_t served =
      std::count_if(plan.works.begin(), plan.works.end(), [](const Work& w) { return w.served(); });
  if (served_.empty() || served_.back().first + seconds(10) <= now) served_.emplace_back(now, 0);
  served_.back().second += served;
  while (served_.front().first + kRateOver < now) served_.pop_front();
}

Result<bool> Push::serve(const Backlog::Picked& picked, const std::set<model::RecordKey>& open) {
  std::optional<Failure> unread;
  TRY_ASSIGN(Plan plan, make_plan(picked, unread));
  if (unread) {
    for (const store::DueMark& due : picked.marks) backlog_.again(due.mark.record);
    failed(*unread, "", picked.urgency);
    return true;
  }
  if (!plan.ended_edits.empty()) TRY(journal_.edits_ended(plan.ended_edits));
  const bool anything = std::any_of(plan.works.begin(), plan.works.end(), [](const Work& work) {
    return work.outstanding > 0 || work.served();
  });
  TRY(report_unsent(plan));
  const bool usual = picked.urgency == model::Urgency::kUsual;
  remote_.set_urgency(picked.urgency);
  Sender sender(
      *manifest_, settings_, remote_, journal_, ports_.failpoints, ports_.reporter,
      picked.more ? Fill::kFull : Fill::kAny,
      [this](const Work& work, const Failure& failure) { return postpone(work, failure); },
      [&, usual] {
        const auto urgent = backlog_.has_urgent(ports_.clock.now(), open);
        return usual && urgent.ok() && *urgent;
      });
  TRY_ASSIGN(const std::optional<Failure> stop, sender.carry_out(plan));
  remote_.set_urgency(model::Urgency::kUsual);
  sort_out(plan);
  note_served(plan);
  if (stop) {
    failed(*stop, picked.marks.front().mark.record.type, picked.urgency);
  } else if (!plan.tasks.empty()) {
    resume();
  }
  return anything;
}

// The mark waits by its own count of tries, the connection by its own: a record that always fails
// does not hold up the others for long. Where the connection as a whole fails it is not the
// record's fault, which then waits for the connection only.
Result<void> Push::postpone(const Work& work, const Failure& failure) {
  const bool whole_call = failure.status < 200 || failure.status > 299;
  const bool failing = breaker_.failures() > 0 && may_have_applied(failure);
  if (whole_call &&
      (failing || stops_connection(failure) || failure.error == ErrorClass::kRateLimit)) {
    backlog_.again(work.due.mark.record);
    return {};
  }
  const int count = work.due.attempt.count + 1;
  const bool hopeless = count > kManyTries && failure.error != ErrorClass::kLocked;
  const Micros most =
      hopeless ? kHopelessBackoff : doubled(kFirstBackoff, count - 1, kLongestBackoff);
  const Micros wait = std::max(
      failure.retry_after,
      Micros{static_cast<int64_t>(ports_.random.number() % static_cast<uint64_t>(most.value + 1))});
  const Micros until = ports_.clock.now() + wait;
  backlog_.delay(work.due.mark, until);
  return ports_.set_attempt(
      work.due.mark,
      {count, until, fmt::format("{}: {}", name(failure.error), explain(failure, *manifest_))});
}

// What stopped the work: of the whole connection, or of one type of record.
void Push::failed(const Failure& failure, const std::string& type, model::Urgency urgency) {
  const Micros now = ports_.clock.now();
  switch (failure.error) {
    case ErrorClass::kQuota:
      quota_until_ = std::max(quota_until_, now + failure.retry_after);
      if (!failure.next_step.empty()) last_failure_ = explain(failure, *manifest_);
      if (urgency == model::Urgency::kUrgent) all_quota_until_ = quota_until_;
      return;
    case ErrorClass::kLocked:
      return;  // the record waits, the others go on
    case ErrorClass::kPermission:
      if (type.empty() || failure.permission == "address") return halt(failure);
      backlog_.block(type, now + kHaltedRetry);
      blocked_[type] = {explain(failure, *manifest_), now + kHaltedRetry};
      halted_gauge_.set(1);
      ports_.reporter.report(Level::kError, "connection.type_blocked",
                             Json::object()
                                 .set("connection", settings_.connection)
                                 .set("type", type)
                                 .set("message", blocked_[type].why));
      return;
    case ErrorClass::kAuthentication:
      return halt(failure);
    case ErrorClass::kRateLimit:
      // The ledger knows now; others of the account wait as well.
      quota_until_ = std::max(quota_until_, now + failure.retry_after);
      all_quota_until_ = quota_until_;
      return;
    default:
      last_failure_ = explain(failure, *manifest_);
      return breaker_.failed(now, failure.retry_after);
  }
}

void Push::halt(const Failure& failure) {
  const std::string why = explain(failure, *manifest_);
  if (why != halted_) {
    ports_.reporter.report(Level::kError, "connection.halted",
                           Json::object()
                               .set("connection", settings_.connection)
                               .set("class", name(failure.error))
                               .set("message", why));
  }
  halted_ = why;
  halted_gauge_.set(1);
  halted_until_ = ports_.clock.now() + kHaltedRetry;
}

void Push::resume() {
  breaker_.worked();
  last_failure_.clear();
  if (halted_.empty()) return;
  ports_.reporter.report(Level::kInfo, "connection.resumed",
                         Json::object().set("connection", settings_.connection));
  halted_.clear();
  halted_gauge_.set(blocked_.empty() ? 0 : 1);
}

std::string Push::halted() const {
  std::string why = !paused_.empty() ? paused_ : halted_;
  for (const auto& [type, block] : blocked_)
    why += (why.empty() ? "" : "; ") + type + ": " + block.why;
  return why;
}

void Push::try_again() {
  halted_until_ = quota_until_ = all_quota_until_ = {};
  definitions_.check_now();
  directories_.check_now();
  breaker_.try_now();
  backlog_.unblock();
  blocked_.clear();
}

Json Push::status() {
  const Micros now = ports_.clock.now();
  Json all = Json::object();
  std::string why = halted().empty() ? last_failure_ : halted();
  const bool waits = state_ == "off_peak";
  if (waits && why.empty())
    why = fmt::format("outside the off-peak hours until {}; urgent records are sent meanwhile",
                      format_time(opens_at_));
  all.set("state", state_).set("why", why.empty() ? Json() : Json(why));
  const Micros next =
      std::max({halted_until_, breaker_.next(), quota_until_, waits ? opens_at_ : Micros{}});
  all.set("next_try_at", next > now ? Json(format_time(next)) : Json());
  all.set("failures_in_a_row", breaker_.failures()).set("unknown", unknown_);
  all.set("quota", remote_.quota());
  int64_t records = 0;
  for (const auto& [at, count] : served_) records += count;
  const Micros end = closed_at_ > Micros{} ? closed_at_ : now;
  const double over =
      served_.empty() ? 0 : static_cast<double>((end - served_.front().first).value) / 1e6;
  all.set("records", records).set("over_s", over);
  all.set("records_per_s", over > 0 ? static_cast<double>(records) / over : 0.0);
  Json problems = Json::array();
  for (const auto& list : {definitions_.problems(), directories_.problems()})
    for (const std::string& problem : list) problems.push_back(problem);
  all.set("problems", std::move(problems));
  return all;
}

// Nothing to do now: until something that is aside comes back or a look-up is due.
Result<Progress> Push::rest(Micros also) {
  state_ = "idle";
  const Micros now = ports_.clock.now();
  Micros until = backlog_.next(now, now + kIdle);
  if (also > Micros{}) until = std::min(until, also);
  const Micros shut = std::max(halted_until_, breaker_.next());
  if (shut > now) return Progress{false, shut};
  if (quota_until_ > now) return Progress{false, quota_until_};
  TRY_ASSIGN(const std::optional<Micros> attempt, ports_.state.next_attempt(settings_.connection));
  if (attempt && *attempt > now) until = std::min(until, *attempt);
  return Progress{false, std::max(until, now + millis(1))};
}

}  // namespace rapport::connect
