#include "connect/push.h"

#include <fmt/core.h>

#include <algorithm>

#include "connect/send.h"

namespace rapport::connect {
namespace {

constexpr int kWindow = 1000;    // marks looked at in one step
constexpr size_t kAtOnce = 100;  // records served in one step
constexpr Micros kHaltedRetry = minutes(5);
constexpr Micros kFirstBackoff = seconds(1);
constexpr Micros kLongestBackoff = minutes(5);
constexpr Micros kFirstWait = millis(200);  // for a record that others must precede
constexpr Micros kLongestWait = minutes(1);
constexpr Micros kKeptInStore = seconds(10);  // longer waits are written beside the mark
constexpr Micros kIdle = minutes(1);

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

bool has_written(const Plan& plan) {
  return std::any_of(plan.tasks.begin(), plan.tasks.end(),
                     [](const Task& task) { return task.need == Need::kWrite; });
}

std::string labels(const PushOptions& options) {
  return fmt::format("workspace=\"{}\",connection=\"{}\"", options.workspace.value,
                     options.connection);
}

}  // namespace

Push::Push(std::shared_ptr<const Manifest> manifest, PushOptions options, PushPorts ports)
    : manifest_(std::move(manifest)),
      ports_(std::move(ports)),
      settings_{
          .connection = options.connection, .sends = options.sends, .hash_key = options.hash_key},
      remote_(*manifest_, options.base_url, options.connection, ports_.transport, ports_.secret,
              ports_.clock, ports_.metrics),
      planner_(*manifest_, settings_, ports_.mapper, ports_.state,
               SourceReader(ports_.state, ports_.read_events, options.settings)),
      journal_(options.workspace, options.connection, ports_.append, ports_.wait_folded,
               ports_.clock, ports_.random, ports_.failpoints),
      recovery_(*manifest_, settings_, options.settle.value_or(manifest_->settle), ports_.state,
                planner_, remote_, journal_, ports_.clock, ports_.reporter),
      halted_gauge_(ports_.metrics.gauge("rapport_connection_halted",
                                         "1 while a connection waits for somebody to act.",
                                         labels(options))),
      unknown_gauge_(ports_.metrics.gauge("rapport_push_unknown",
                                          "Remote writes whose outcome is not known yet.",
                                          labels(options))) {}

Push::~Push() = default;

Result<Progress> Push::step() {
  TRY(journal_.settle());
  if (ports_.clock.now() < paused_until_) return Progress{false, paused_until_};
  TRY_ASSIGN(const Recovered recovered, recovery_.step());
  unknown_gauge_.set(static_cast<int64_t>(recovered.open.size()));
  TRY(journal_.settle());
  if (recovered.worked) return Progress{true, {}};
  if (recovered.failure) {
    pause(*recovered.failure);
    return Progress{false, paused_until_};
  }
  // Records that can only wait are put aside, and those of the next type get their turn.
  for (size_t turn = 0; turn < manifest_->objects.size(); ++turn) {
    TRY_ASSIGN(const std::vector<store::DueMark> marks, pick(recovered.open));
    if (marks.empty()) break;
    TRY_ASSIGN(const bool worked, serve(marks));
    TRY(journal_.settle());
    if (worked) return Progress{true, {}};
  }
  return rest(recovered.again);
}

bool Push::delayed(const model::Mark& mark) {
  const auto found = delays_.find(mark.record);
  if (found == delays_.end()) return false;
  const auto& [version, delay] = found->second;
  return version == mark.version && ports_.clock.now() < delay.until;
}

// Records of one type, oldest first; the types take turns, so that none starves.
Result<std::vector<store::DueMark>> Push::pick(const std::set<model::RecordKey>& open) {
  TRY_ASSIGN(const std::vector<store::DueMark> due,
             ports_.state.due_marks(settings_.connection, ports_.clock.now(), kWindow));
  const std::vector<std::string> types = record_types(*manifest_);
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string& type = types[(turn_ + i) % types.size()];
    std::vector<store::DueMark> marks;
    for (const store::DueMark& one : due) {
      if (one.mark.record.type != type || open.contains(one.mark.record)) continue;
      if (!delayed(one.mark) && marks.size() < kAtOnce) marks.push_back(one);
    }
    if (marks.empty()) continue;
    turn_ = (turn_ + i + 1) % types.size();
    return marks;
  }
  return std::vector<store::DueMark>();
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

// Records that only wait for others come back soon, then less and less often.
Result<void> Push::defer_waiting(const Plan& plan) {
  for (const Work& work : plan.works) {
    const model::Mark& mark = work.due.mark;
    if (work.waits.empty() || work.outstanding > 0) {
      delays_.erase(mark.record);
      continue;
    }
    auto& [version, delay] = delays_[mark.record];
    delay.span = version == mark.version && delay.span > Micros{}
                     ? std::min(delay.span + delay.span, kLongestWait)
                     : kFirstWait;
    version = mark.version;
    delay.until = ports_.clock.now() + delay.span;
    if (delay.span < kKeptInStore) continue;
    TRY(ports_.set_attempt(mark, {work.due.attempt.count, delay.until, work.waits.front()}));
  }
  return {};
}

Result<bool> Push::serve(const std::vector<store::DueMark>& marks) {
  TRY_ASSIGN(Plan plan, planner_.plan(marks));
  const bool anything = std::any_of(plan.works.begin(), plan.works.end(), [](const Work& work) {
    return work.outstanding > 0 || work.served();
  });
  TRY(defer_waiting(plan));
  TRY(report_unsent(plan));
  Sender sender(
      *manifest_, settings_, remote_, journal_, ports_.failpoints, ports_.reporter,
      [this](const Work& work, const Failure& failure) { return postpone(work, failure); });
  TRY_ASSIGN(const std::optional<Failure> stop, sender.carry_out(plan));
  if (stop) {
    pause(*stop);
  } else if (!plan.tasks.empty()) {
    resume();
  }
  if (has_written(plan)) wake_waiting();
  return anything;
}

// What was written may be what others wait for.
void Push::wake_waiting() {
  std::erase_if(delays_, [](const auto& delay) {
    const Micros span = delay.second.second.span;
    return span > Micros{} && span < kKeptInStore;
  });
}

// The mark waits by its own count of tries, the connection by its own: a record that always fails
// does not hold up the others for long.
Result<void> Push::postpone(const Work& work, const Failure& failure) {
  const int count = work.due.attempt.count + 1;
  const Micros wait =
      std::max(failure.retry_after, jitter(doubled(kFirstBackoff, count - 1, kLongestBackoff)));
  const Micros until = ports_.clock.now() + wait;
  delays_[work.due.mark.record] = {work.due.mark.version, Delay{until, {}}};
  return ports_.set_attempt(
      work.due.mark,
      {count, until, fmt::format("{}: {}", name(failure.error), explain(failure, *manifest_))});
}

Micros Push::jitter(Micros most) {
  return {static_cast<int64_t>(ports_.random.number() % static_cast<uint64_t>(most.value + 1))};
}

void Push::pause(const Failure& failure) {
  if (stops_connection(failure)) return halt(failure);
  ++failures_;
  const Micros wait = jitter(doubled(kFirstBackoff, failures_ - 1, kLongestBackoff));
  paused_until_ = ports_.clock.now() + std::max(failure.retry_after, wait);
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
  paused_until_ = ports_.clock.now() + kHaltedRetry;
}

void Push::resume() {
  failures_ = 0;
  if (halted_.empty()) return;
  ports_.reporter.report(Level::kInfo, "connection.resumed",
                         Json::object().set("connection", settings_.connection));
  halted_.clear();
  halted_gauge_.set(0);
}

void Push::try_again() {
  paused_until_ = {};
  failures_ = 0;
}

// Nothing to do now: until a record's delay is over or a look-up is due.
Result<Progress> Push::rest(Micros also) {
  const Micros now = ports_.clock.now();
  Micros until = now + kIdle;
  if (also > Micros{}) until = std::min(until, also);
  if (paused_until_ > now) return Progress{false, paused_until_};
  for (auto it = delays_.begin(); it != delays_.end();) {
    if (it->second.second.until > now) {
      until = std::min(until, it->second.second.until);
      ++it;
    } else {
      it = it->second.second.until + kLongestWait < now ? delays_.erase(it) : std::next(it);
    }
  }
  TRY_ASSIGN(const std::optional<Micros> attempt, ports_.state.next_attempt(settings_.connection));
  if (attempt && *attempt > now) until = std::min(until, *attempt);
  return Progress{false, std::max(until, now + millis(1))};
}

}  // namespace rapport::connect
