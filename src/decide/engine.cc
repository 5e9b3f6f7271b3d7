#include "decide/engine.h"

#include <fmt/format.h>

#include "decide/account.h"
#include "decide/activation.h"
#include "decide/approvals.h"
#include "decide/contact.h"
#include "decide/contact_fields.h"
#include "decide/conversation.h"
#include "decide/deal.h"
#include "decide/derived_join.h"
#include "decide/edits.h"
#include "decide/erasing.h"
#include "decide/outbox.h"
#include "decide/programs.h"
#include "decide/record_set.h"
#include "decide/rounds.h"
#include "decide/sla_rounds.h"
#include "decide/ticket.h"

namespace rapport::decide {

using model::Event;
using model::Origin;
using model::Record;

namespace {

constexpr size_t kKnownVersions = 64;  // compiled definitions kept

// What a timer means; `rounds` is null where nothing is declared.
void fire(Step& step, const model::Timer& timer, Rounds* rounds) {
  step.disarm(timer.id);
  if (timer.kind == "idle") close_if_idle(step, timer);
  if (timer.kind == "backfill") backfill(step, timer);
  if (!rounds) return;
  rounds->set_now(timer.due);
  if (timer.kind == "refresh") return rounds->refresh(timer.record);
  if (timer.kind == "stall") note_stall(*rounds, timer.record);
  if (timer.kind == "sla") watch_sla(*rounds, timer.record);
  constexpr std::string_view kDebounce = "debounce/";
  if (timer.kind.starts_with(kDebounce))
    return rounds->act_late(std::string_view(timer.kind).substr(kDebounce.size()), timer.record);
  rounds->go_on();
}

// In (due, id) order, with those that firing arms for a moment that has passed already.
void fire_all(Step& step, std::span<const model::Timer> due, Rounds* rounds) {
  std::map<std::pair<Micros, std::string>, model::Timer> queue;
  for (const model::Timer& timer : due) queue.emplace(std::pair(timer.due, timer.id), timer);
  while (!queue.empty()) {
    const model::Timer timer = queue.begin()->second;
    queue.erase(queue.begin());
    fire(step, timer, rounds);
    for (model::Timer& armed : step.take_armed_until(step.event().received_at)) {
      std::erase_if(queue, [&](const auto& one) { return one.first.second == armed.id; });
      const auto at = std::pair(armed.due, armed.id);
      queue.emplace(at, std::move(armed));
    }
  }
}

void fold_tracked(Step& step, const Event& event) {
  if (event.subject.value != 0) step.file_under(subject_list(event.subject));
  fold_contact(step, event);
  if (event.type == model::kGrouped) fold_group(step, event);
  fold_conversation(step, event);
  fold_deal(step, event);
  fold_task(step, event);
  fold_ticket(step, event);
  count_for_contact(step, event);
}

std::string quarantine_id(uint64_t sequence) {
  return fmt::format("{:020}", sequence);
}

void quarantine(Step& step, const Event& event) {
  if (event.subject.value != 0) step.file_under(subject_list(event.subject));
  Json& fields = step.edit(model::kQuarantine, quarantine_id(event.sequence.value)).fields;
  fields.set("status", "waiting");
  fields.set("reason", event.property("reason")).set("where", event.property("where"));
  fields.set("received_at", format_time(event.received_at));
  fields.set("subject", std::to_string(event.subject.value));
  step.file_under("quarantine/" + quarantine_id(event.sequence.value));
}

void readmitted(Step& step, const Event& event) {
  const std::string id =
      quarantine_id(static_cast<uint64_t>(event.properties.integer("quarantined")));
  if (!step.find(model::kQuarantine, id)) return;
  step.edit(model::kQuarantine, id).fields.set("status", "readmitted");
}

void fold_own(Step& step, const Event& event, const Definitions* definitions, Rounds* rounds) {
  if (fold_declaration(step, event)) return;
  if (event.type == model::kRecordSet) return set_record(step, event);
  if (event.type == model::kContactsMerged) return merge_contacts(step, event);
  if (event.type == model::kContactsSplit) {
    const Split split = split_contact(step, event);
    if (rounds) remake_derived(*rounds, split);
    return;
  }
  if (event.type == model::kContactErased) return erase_contact(step, definitions, event);
  if (event.type == model::kConnectionConfigured) return configure_connection(step, event);
  if (event.type == model::kConnectionChanged) return change_connection(step, event);
  if (event.type == model::kPushRetried) return retry_refused(step, event);
  if (event.type == model::kPushEdited) return edit_refused(step, event);
  if (event.type == model::kPushEditsEnded) return end_edits(step, event);
  if (event.type == model::kPushStarted) return start_call(step, event);
  if (event.type == model::kPushDone) return finish_call(step, event);
  if (event.type == model::kQuarantined) return quarantine(step, event);
  if (event.type == model::kReadmitted) return readmitted(step, event);
  // tick and base.taken change nothing by themselves.
}

}  // namespace

std::variant<Decisions, Needs> Engine::step(const Event& event, std::span<const model::Timer> due,
                                            const Facts& facts) const {
  Step step(event, facts, basics_);
  try {
    const auto definitions = this->definitions(step);
    std::optional<Rounds> rounds;
    if (definitions) {
      step.find(model::kDefinitions, "rates");  // expressions may ask for it
      rounds.emplace(step, *definitions, event.received_at);
    }
    fire_all(step, due, rounds ? &*rounds : nullptr);
    if (event.origin == Origin::kTracked) {
      fold_tracked(step, event);
    } else {
      fold_own(step, event, definitions.get(), rounds ? &*rounds : nullptr);
    }
    settle_accounts(step);
    join_derived(step, definitions.get());
    if (rounds) {
      rounds->set_now(event.received_at);
      rounds->run(event);
    }
    mark_changes(step);
    return step.take();
  } catch (Needs& needs) {  // thrown by Step only; nothing has been changed
    return std::move(needs);
  }
}

std::shared_ptr<const Definitions> Engine::definitions(const Step& step,
                                                       std::vector<Error>* problems) const {
  const std::string version = active_version(step);
  if (version.empty()) return nullptr;
  {
    std::lock_guard lock(memory_->mutex);
    if (const auto it = memory_->known.find(version); it != memory_->known.end()) {
      if (problems) *problems = it->second.problems;
      return it->second.definitions;
    }
  }
  Compiled made = compile_active(step, zones_);  // outside the lock: it may throw Needs
  if (made.definitions) made.definitions->version = version;
  if (problems) *problems = made.errors;
  std::lock_guard lock(memory_->mutex);
  auto& known = memory_->known;
  if (known.size() >= kKnownVersions) known.clear();
  return known.emplace(version, Known{made.definitions, made.errors}).first->second.definitions;
}

Needs Engine::foresee(const Event& event, const Facts& facts) const {
  Needs needs;
  const auto want = [&](std::string_view type, std::string_view id) -> const Record* {
    const Record* record = nullptr;
    if (facts.find(type, id, &record) == Facts::Answer::kNotLoaded)
      needs.records.push_back({std::string(type), std::string(id)});
    return record;
  };
  want(model::kConnection, "all");
  const bool declared = want(model::kDefinitions, "active") != nullptr;
  const auto want_derived = [&](std::string_view type, std::string_view id) {
    if (declared) want(model::kDerived, std::string(type) + "/" + std::string(id));
  };
  if (event.origin == Origin::kServer) {
    if (event.type != model::kPushDone) return needs;
    for (const Json& outcome : values_of(event.properties, "records"))
      want(outcome.text("type"), outcome.text("id"));
    return needs;
  }
  if (const std::string id = conversation_id(event); !id.empty()) {
    want(model::kConversation, id);
    want(model::kTicket, model::derive_id("tkt", event.workspace, {"ticket", id}));
    want_derived(model::kConversation, id);
  }
  if (const std::string id = ticket_id(event); !id.empty()) {
    want(model::kTicket, id);
    want_derived(model::kTicket, id);
  }
  if (const std::string id = deal_id(event); !id.empty()) want(model::kDeal, id);
  if (const std::string id = task_id(event); !id.empty()) want(model::kTask, id);
  const auto follow = [&](SubjectId subject) {
    if (subject.value == 0) return;
    const std::string number = std::to_string(subject.value);
    const Record* known = want(model::kSubject, number);
    if (!known) {
      // A subject seen for the first time founds this contact, which cannot exist yet.
      const std::string fresh = model::derive_id("con", event.workspace, {"contact", number});
      want(model::kContact, fresh);
      want_derived(model::kContact, fresh);
      return;
    }
    const auto contact = known->fields.text("contact");
    if (contact.empty()) return;
    want_derived(model::kContact, contact);
    const Record* record = want(model::kContact, contact);
    const auto account = record ? record->fields.text("account") : std::string_view();
    if (account.empty()) return;
    want(model::kAccount, account);
    want_derived(model::kAccount, account);
  };
  follow(event.subject);
  for (const auto& identity : event.identities) follow(identity.subject);
  return needs;
}

}  // namespace rapport::decide
