#include "intake/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/text.h"
#include "intake/identity.h"
#include "intake/request.h"

namespace rapport::intake {
namespace {

using model::Event;
using store::EventLog;
using store::Ids;

// One entry of the message index can stand for a good event, for a refused one (which may be
// corrected and sent again under its id), or for one of the server's own.
enum class Domain : uint8_t { kTracked, kQuarantined, kServer };

Digest16 message_hash(const Key& key, Domain domain, std::string_view id) {
  constexpr std::string_view kWords[] = {"message:", "quarantined:", "server:"};
  return keyed_hash(key, {kWords[static_cast<size_t>(domain)], id});
}

std::string make_message_id(Random& random) {
  uint8_t bytes[16];
  random.fill(bytes);
  return "rapport-" + to_base32({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

// An event as good as staged: all that can be done without knowing what came before it.
struct Ready {
  Event event;          // without properties and context:
  std::string content;  // these, encoded
  Claimants claimants;
  Digest16 message{};                // all zero: cannot repeat
  std::optional<Digest16> accepted;  // of a refused call: its id, had it been good
  bool quarantined() const { return event.type == model::kQuarantined; }
};

void encode(Ready& ready) {
  ready.content = model::encode_content(ready.event);
  ready.event.properties = Json();
  ready.event.context = Json();
}

Ready ready_call(const Key& key, TrackingCall&& call, Random& random) {
  Ready ready;
  ready.event = std::move(call.event);
  if (ready.event.message_id.empty()) ready.event.message_id = make_message_id(random);
  ready.message = message_hash(key, Domain::kTracked, ready.event.message_id);
  ready.claimants = claimants_of(key, std::move(ready.event.identities), call.previous_id);
  encode(ready);
  return ready;
}

Ready ready_refusal(const Key& key, Reading&& reading, Micros received) {
  Ready ready;
  Event& event = ready.event;
  event.origin = model::Origin::kServer;
  event.type = model::kQuarantined;
  event.message_id = std::move(reading.message_id);
  event.at = received;
  event.properties.set("raw", std::move(reading.raw))
      .set("reason", reading.call.error().message)
      .set("where", reading.call.error().where);
  encode(ready);
  if (event.message_id.empty()) return ready;
  ready.message = message_hash(key, Domain::kQuarantined, event.message_id);
  ready.accepted = message_hash(key, Domain::kTracked, event.message_id);
  return ready;
}

// Fewer events than this look up what they need one by one.
constexpr size_t kFew = 4;

// What staging looks up.
struct Wanted {
  std::vector<Digest16> messages, identifiers;
  void add(std::span<const Ready> all) {
    for (const Ready& ready : all) {
      if (ready.message != Digest16{}) messages.push_back(ready.message);
      for (const Claimant& claimant : ready.claimants.given) identifiers.push_back(claimant.hash);
    }
  }
};

// kChecked looks at the keys as well: an entry that outlived its erased subject counts as none.
enum class Trust : uint8_t { kIndex, kChecked };

class WorkspaceSubjects final : public Subjects {
 public:
  WorkspaceSubjects(EventLog& log, WorkspaceId workspace, Trust trust)
      : log_(log), workspace_(workspace), trust_(trust) {}

  Result<std::optional<Ids::Bound>> find(const Digest16& identifier) override {
    TRY_ASSIGN(auto bound, log_.ids().bound(workspace_, identifier));
    if (!bound || trust_ == Trust::kIndex) return bound;
    const auto key = log_.keys().find(workspace_, bound->subject);
    if (key) return bound;
    if (key.error().code == Code::kNotFound) return std::optional<Ids::Bound>();
    return key.error();
  }

  Result<SubjectId> allocate() override { return log_.keys().allocate(workspace_); }

 private:
  EventLog& log_;
  WorkspaceId workspace_;
  Trust trust_;
};

struct Counters {
  explicit Counters(Metrics& metrics)
      : stored(events(metrics, "stored")),
        repeated(events(metrics, "repeated")),
        quarantined(events(metrics, "quarantined")),
        bad_emails(unusable(metrics, "email")),
        bad_phones(unusable(metrics, "phone")),
        refused(metrics.counter("rapport_intake_requests_refused_total",
                                "Requests refused whole because of overload.")) {}

  Counter &stored, &repeated, &quarantined, &bad_emails, &bad_phones, &refused;

 private:
  static Counter& events(Metrics& metrics, std::string_view outcome) {
    return metrics.counter("rapport_intake_events_total", "Tracking calls by what became of them.",
                           fmt::format("outcome=\"{}\"", outcome));
  }
  static Counter& unusable(Metrics& metrics, std::string_view kind) {
    return metrics.counter("rapport_intake_identifiers_unusable_total",
                           "E-mail addresses and phone numbers that could not be normalised.",
                           fmt::format("kind=\"{}\"", kind));
  }
};

Error overloaded(std::string why) {
  return {Code::kOverloaded, std::move(why) + ": send again in a few seconds", Retryable::kYes};
}

}  // namespace

struct Prepared::State {
  WorkspaceId workspace;
  Key key;
  std::vector<Ready> all;
};

Prepared::Prepared() = default;
Prepared::Prepared(std::unique_ptr<State> state) : state_(std::move(state)) {}
Prepared::Prepared(Prepared&&) noexcept = default;
Prepared& Prepared::operator=(Prepared&&) noexcept = default;
Prepared::~Prepared() = default;

struct Intake::State {
  State(EventLog& log, Clock& clock, Random& random, Metrics& metrics, IntakeOptions options)
      : log(log),
        clock(clock),
        random(random),
        counters(metrics),
        options(std::move(options)),
        phones(this->options.default_region) {}

  Result<void> admit() {
    const bool behind = lag.load(std::memory_order_relaxed) > options.max_lag_events;
    const bool full = log.log().staged_bytes() > options.max_staged_bytes;
    if (!behind && !full) return {};
    counters.refused.add();
    return overloaded(full ? "too much waits for the disk" : "processing is too far behind");
  }

  std::vector<Ready> prepare(const Key& key, std::vector<Reading> readings, Micros received) {
    std::vector<Ready> out;
    out.reserve(readings.size());
    for (Reading& reading : readings) {
      if (reading.call) {
        if (reading.call->bad_email) counters.bad_emails.add();
        if (reading.call->bad_phone) counters.bad_phones.add();
        out.push_back(ready_call(key, std::move(reading.call).value(), random));
      } else {
        out.push_back(ready_refusal(key, std::move(reading), received));
      }
    }
    return out;
  }

  // Stages in order; what was staged before an error stays and is a repeat when it is sent again.
  Result<Receipt> stage_all(WorkspaceId workspace, const Key& key, std::vector<Ready> all) {
    Receipt receipt;
    Wanted wanted;
    if (all.size() >= kFew) wanted.add(all);
    TRY(expect(workspace, wanted));
    const std::lock_guard lock(mutex);
    for (Ready& ready : all) TRY(stage_one(workspace, key, ready, receipt));
    return receipt;
  }

  // What staging is going to look up, all of it at once.
  Result<void> expect(WorkspaceId workspace, const Wanted& wanted) {
    if (wanted.messages.size() < kFew) return {};
    TRY_ASSIGN(const auto subjects,
               log.ids().expect(workspace, wanted.messages, wanted.identifiers));
    return log.keys().expect(workspace, subjects);
  }

  Result<void> stage_one(WorkspaceId workspace, const Key& key, Ready& ready, Receipt& receipt) {
    TRY_ASSIGN(const auto earlier, earlier_of(workspace, ready));
    if (earlier) {
      ++receipt.repeated;
      counters.repeated.add();
      receipt.last = std::max(receipt.last, *earlier);
      return {};
    }
    ready.event.workspace = workspace;
    if (ready.quarantined()) {
      TRY_ASSIGN(ready.event.subject, log.keys().allocate(workspace));
      TRY(log.stage(ready.event, ready.message, ready.content));
      ++receipt.quarantined;
      counters.quarantined.add();
    } else {
      TRY(stage_call(key, ready));
      ++receipt.stored;
      counters.stored.add();
    }
    receipt.last = std::max(receipt.last, ready.event.sequence);
    return {};
  }

  Result<std::optional<Sequence>> earlier_of(WorkspaceId workspace, const Ready& ready) {
    if (ready.accepted) {
      TRY_ASSIGN(const auto accepted, log.ids().sequence_of(workspace, *ready.accepted));
      if (accepted) return accepted;
    }
    if (ready.message == Digest16{}) return std::optional<Sequence>();
    return log.ids().sequence_of(workspace, ready.message);
  }

  // The index may name a subject that was erased: meanwhile, or in an event of somebody else's that
  // taught it. Then its identifiers are free, and the person begins anew.
  Result<void> stage_call(const Key& key, Ready& ready) {
    Result<void> staged;
    for (const Trust trust : {Trust::kIndex, Trust::kChecked}) {
      WorkspaceSubjects subjects(log, ready.event.workspace, trust);
      TRY(assign_subjects(key, ready.claimants, subjects, ready.event));
      staged = log.stage(ready.event, ready.message, ready.content);
      if (staged || staged.error().code != Code::kNotFound) return staged;
    }
    return Error{Code::kUnavailable, "a person is being erased: send the events again in a minute",
                 Retryable::kYes};
  }

  EventLog& log;
  Clock& clock;
  Random& random;
  Counters counters;
  const IntakeOptions options;
  PhoneBook phones;
  std::atomic<uint64_t> lag{0};
  std::mutex mutex;  // from look-up to staging, so that two events cannot both be the first
};

Intake::Intake(EventLog& log, Clock& clock, Random& random, Metrics& metrics, IntakeOptions options)
    : state_(std::make_unique<State>(log, clock, random, metrics, std::move(options))) {}

Intake::~Intake() = default;

Result<Receipt> Intake::receive(WorkspaceId workspace, Call call, std::string_view body) {
  TRY_ASSIGN(Prepared prepared, prepare(workspace, call, body));
  return stage(std::move(prepared));
}

Result<Prepared> Intake::prepare(WorkspaceId workspace, Call call, std::string_view body) {
  TRY(state_->admit());
  TRY_ASSIGN(const Key key, state_->log.keys().hash_key(workspace));
  const Micros received = state_->clock.now();
  TRY_ASSIGN(auto readings, read_request(call, body, received, state_->options, state_->phones));
  return Prepared(std::make_unique<Prepared::State>(
      workspace, key, state_->prepare(key, std::move(readings), received)));
}

Result<Receipt> Intake::stage(Prepared prepared) {
  CHECK(prepared.state_ != nullptr);
  Prepared::State& p = *prepared.state_;
  return state_->stage_all(p.workspace, p.key, std::move(p.all));
}

void Intake::expect(std::span<const Prepared> all) {
  while (!all.empty()) {
    const WorkspaceId workspace = all.front().state_->workspace;
    Wanted wanted;
    size_t same = 0;
    for (; same < all.size() && all[same].state_->workspace == workspace; ++same)
      wanted.add(all[same].state_->all);
    state_->expect(workspace, wanted).ignore("staging looks again and says what is wrong");
    all = all.subspan(same);
  }
}

Result<Sequence> Intake::append(Event event) {
  TRY_ASSIGN(const Key key, state_->log.keys().hash_key(event.workspace));
  event.origin = model::Origin::kServer;
  if (event.at == Micros{}) event.at = state_->clock.now();
  Ready ready{
      .event = std::move(event), .content = {}, .claimants = {}, .message = {}, .accepted = {}};
  if (!ready.event.message_id.empty()) {
    ready.message = message_hash(key, Domain::kServer, ready.event.message_id);
  }
  std::optional<Sequence> sequence;
  {
    const std::lock_guard lock(state_->mutex);
    TRY_ASSIGN(sequence, state_->earlier_of(ready.event.workspace, ready));
    if (!sequence) {
      TRY(state_->log.stage(ready.event, ready.message));
      sequence = ready.event.sequence;
    }
  }
  TRY(state_->log.commit());
  return *sequence;
}

Result<Receipt> Intake::readmit(WorkspaceId workspace, Sequence quarantined,
                                std::string_view json) {
  TRY_ASSIGN(const Key key, state_->log.keys().hash_key(workspace));
  TRY_ASSIGN(Json call, parse_json(json));
  Reading reading =
      read_again(std::move(call), state_->clock.now(), state_->options, state_->phones);
  if (!reading.call) return std::move(reading.call).error();
  // The same for every try, so that one quarantined event is admitted once.
  const std::string name = fmt::format("readmitted-{}", quarantined.value);
  TRY_ASSIGN(const auto earlier,
             state_->log.ids().sequence_of(workspace, message_hash(key, Domain::kServer, name)));
  if (earlier) return Receipt{.repeated = 1, .last = *earlier};
  if (reading.call->event.message_id.empty()) reading.call->event.message_id = name;

  std::vector<Ready> all;
  all.push_back(ready_call(key, std::move(reading.call).value(), state_->random));
  TRY_ASSIGN(Receipt receipt, state_->stage_all(workspace, key, std::move(all)));
  Event event;
  event.workspace = workspace;
  event.type = model::kReadmitted;
  event.message_id = name;
  event.properties.set("quarantined", quarantined.value);
  TRY_ASSIGN(const Sequence noted, append(std::move(event)));
  receipt.last = std::max(receipt.last, noted);
  return receipt;
}

void Intake::set_lag(uint64_t events) {
  state_->lag.store(events, std::memory_order_relaxed);
}

}  // namespace rapport::intake
