#include "decide/sla_rounds.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/sla_record.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr std::string_view kClosed[] = {"closed", "solved", "completed", "cancelled"};

bool is_closed(const Record& record) {
  const auto status = record.fields.text("status");
  return std::find(std::begin(kClosed), std::end(kClosed), status) != std::end(kClosed);
}

// The clocks of a record, read from its side record and written back.
class Clocks {
 public:
  Clocks(Rounds& rounds, RecordKey key) : rounds_(rounds), key_(std::move(key)) {
    const Json* side = rounds.derived_now(key_);
    const Json* kept = side ? side->find("sla") : nullptr;
    if (!kept) return;
    policy_ = kept->text("policy");
    closed_ = kept->flag("closed");
    held_ = kept->text("held");
    for (size_t i = 0; i < kSlaTargets; ++i) {
      const Json* clock = kept->find(kSlaTargetNames[i]);
      if (!clock) continue;
      auto read = sla_clock_from(*clock);
      CHECK(read.ok());
      clocks_[i] = std::move(*read);
    }
  }

  const std::string& policy() const { return policy_; }
  bool closed() const { return closed_; }
  void set_closed(bool closed) { closed_ = closed; }
  std::optional<SlaTerms> terms() const {
    return policy_.empty() ? std::nullopt : rounds_.definitions().sla.terms(policy_);
  }
  SlaClocks& all() { return clocks_; }
  void set_policy(std::string policy) { policy_ = std::move(policy); }
  // A rule's pause stands beside that of the policy's condition.
  const std::string& held() const { return held_; }
  void hold_by(std::string_view reason) { held_ = reason; }

  // Tells what is due by now and writes all back; the next due moment is armed and shown.
  void keep();

 private:
  void fire_due(const SlaTerms& terms);
  void tell(std::string_view what, const SlaClock& clock);

  Rounds& rounds_;
  RecordKey key_;
  std::string policy_, held_;
  bool closed_ = false;
  SlaClocks clocks_;
};

void Clocks::tell(std::string_view what, const SlaClock& clock) {
  const std::string name = fmt::format("sla.{}.{}", policy_, what);
  Json trigger = Json::object();
  trigger.set("name", name).set("value", kSlaTargetNames[static_cast<size_t>(clock.target)]);
  trigger.set("reason", clock.started_by);
  rounds_.tell({name, key_, std::move(trigger)});
}

void Clocks::fire_due(const SlaTerms& terms) {
  for (auto& clock : clocks_) {
    if (!clock) continue;
    for (const SlaMilestone& milestone : fire(*clock, terms, rounds_.now())) {
      if (milestone.kind == SlaMilestone::Kind::kWarn) tell("warned", *clock);
      if (milestone.kind == SlaMilestone::Kind::kBreach) tell("breached", *clock);
      if (milestone.kind == SlaMilestone::Kind::kStep)
        tell(fmt::format("step.{}", milestone.step), *clock);
    }
  }
}

void Clocks::keep() {
  const auto terms = this->terms();
  if (terms) fire_due(*terms);
  Json kept = Json::object();
  kept.set("policy", policy_).set("closed", closed_);
  if (!held_.empty()) kept.set("held", held_);
  std::optional<Micros> next, breach;
  for (size_t i = 0; i < kSlaTargets; ++i) {
    if (!clocks_[i]) continue;
    kept.set(kSlaTargetNames[i], to_json(*clocks_[i]));
    if (!terms) continue;
    if (const auto milestone = due(*clocks_[i], *terms))
      if (!next || milestone->at < *next) next = milestone->at;
    if (clocks_[i]->phase == SlaClock::Phase::kRunning && clocks_[i]->due_at &&
        (!breach || *clocks_[i]->due_at < *breach))
      breach = clocks_[i]->due_at;
  }
  const Json* side = rounds_.derived_now(key_);
  const Json* old = side ? side->find("sla") : nullptr;
  if (!old || !(*old == kept)) rounds_.derived(key_).set("sla", std::move(kept));
  rounds_.write(key_, "sla_policy", policy_.empty() ? Json() : Json(policy_));
  rounds_.write(key_, "sla_due_at", breach ? Json(format_time(*breach)) : Json());
  const std::string timer = "sla/" + key_.type + "/" + key_.id;
  if (next) {
    rounds_.step().arm({*next, timer, key_, "sla"});
  } else if (old) {
    rounds_.step().disarm(timer);
  }
}

const CompiledSla* matching(Rounds& rounds, const RecordKey& key, uint32_t object) {
  const Scene scene = scene_of(rounds.step(), rounds.definitions(), key, rounds.now());
  Evaluation evaluation(rounds.step(), rounds.definitions(), scene);
  for (const CompiledSla& policy : rounds.definitions().policies)
    if (policy.object == object && !policy.policy->by_rules && evaluation.holds(policy.when))
      return &policy;
  return nullptr;
}

// Begins the policy's clocks, or turns running ones to it where it is due earlier.
void take_policy(Rounds& rounds, Clocks& clocks, const std::string& name) {
  const auto to = rounds.definitions().sla.terms(name);
  if (!to || clocks.policy() == name) return;
  const auto from = clocks.terms();
  if (!from) {
    clocks.set_policy(name);
    return observe(clocks.all(), *to, SlaSignal::kOpened, rounds.now());
  }
  bool shorter = false;
  for (auto& clock : clocks.all())
    if (clock) shorter |= change_if_shorter(*clock, *from, *to, rounds.now());
  if (!shorter) return;
  for (auto& clock : clocks.all())
    if (clock && clock->policy != name) change(*clock, *from, *to, rounds.now());
  clocks.set_policy(name);
}

void hold_or_run(Rounds& rounds, Clocks& clocks, const RecordKey& key) {
  const auto terms = clocks.terms();
  if (!terms || !clocks.held().empty()) return;
  const auto& all = rounds.definitions().policies;
  const auto policy = std::find_if(
      all.begin(), all.end(), [&](const CompiledSla& one) { return one.policy == terms->policy; });
  if (policy == all.end() || !policy->pause_when) return;
  const Scene scene = scene_of(rounds.step(), rounds.definitions(), key, rounds.now());
  Evaluation evaluation(rounds.step(), rounds.definitions(), scene);
  hold(clocks.all(), *terms, evaluation.holds(policy->pause_when) ? SlaHold::kPause : SlaHold::kRun,
       rounds.now());
}

}  // namespace

void follow_sla(Rounds& rounds, const RecordKey& key, uint32_t object) {
  if (!rounds.definitions().has_sla(object)) return;
  const Record* record = rounds.step().find(key.type, key.id);
  if (!record) return;
  Clocks clocks(rounds, key);
  const bool closed = is_closed(*record);
  if (clocks.policy().empty() && closed) return;
  if (!closed)
    if (const CompiledSla* policy = matching(rounds, key, object))
      take_policy(rounds, clocks, policy->policy->name);
  const auto terms = clocks.terms();
  if (!terms) return;
  if (closed != clocks.closed()) {
    observe(clocks.all(), *terms, closed ? SlaSignal::kClosed : SlaSignal::kReopened, rounds.now());
    clocks.set_closed(closed);
  }
  hold_or_run(rounds, clocks, key);
  clocks.keep();
}

void note_message(Rounds& rounds, const model::Event& event, const Scene& scene) {
  if (event.type != model::kMessageSent && event.type != model::kTicketReplied) return;
  const auto author = event.property("author");
  const bool customer = author == "customer";
  if (!customer && author != "agent") return;  // what a bot says is no answer of a person
  const Definitions& definitions = rounds.definitions();
  for (uint32_t object = 0; object < definitions.vocabulary.objects(); ++object) {
    if (!definitions.has_sla(object) || scene.id(object).empty()) continue;
    const RecordKey key = key_of(definitions, object, scene.id(object));
    follow_sla(rounds, key, object);
    Clocks clocks(rounds, key);
    const auto terms = clocks.terms();
    if (!terms) continue;
    observe(clocks.all(), *terms, customer ? SlaSignal::kCustomerWrote : SlaSignal::kAgentAnswered,
            rounds.now());
    clocks.keep();
  }
}

void watch_sla(Rounds& rounds, const RecordKey& key) {
  if (rounds.step().find(key.type, key.id)) Clocks(rounds, key).keep();
}

void order_sla(Rounds& rounds, const RecordKey& key, SlaOrder order, std::string_view policy,
               std::string_view reason) {
  Clocks clocks(rounds, key);
  if (order == SlaOrder::kStart) {
    take_policy(rounds, clocks, std::string(policy));
    hold_or_run(rounds, clocks, key);
    return clocks.keep();
  }
  const auto terms = clocks.terms();
  if (!terms) return;
  for (auto& clock : clocks.all()) {
    if (!clock) continue;
    if (order == SlaOrder::kStop) stop(*clock, *terms, rounds.now(), reason);
    if (order == SlaOrder::kPause) pause(*clock, *terms, rounds.now(), reason);
    if (order == SlaOrder::kResume) resume(*clock, *terms, rounds.now());
  }
  clocks.hold_by(order == SlaOrder::kPause ? reason : std::string_view());
  clocks.keep();
}

}  // namespace rapport::decide
