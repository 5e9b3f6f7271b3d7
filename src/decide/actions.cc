#include "decide/actions.h"

#include <algorithm>

#include "decide/contact_fields.h"

namespace rapport::decide {

using model::Record;
using model::RecordKey;

namespace {

constexpr ActionKind kKinds[] = {
    {"set", set_fields},
    {"raise", raise_fields},
    {"take", take_fields},
    {"estimate", estimate_fields},
    {"add", add_fields},
    {"create", create_record},
    {"update", update_record},
    {"link", link_record},
    {"tag", tag_record},
    {"untag", untag_record},
    {"note", note_record},
    {"task", make_task},
    {"complete_task", complete_task},
    {"assign", assign_record},
    {"notify", notify_people},
    {"alert", raise_alert},
    {"escalate", escalate_record},
    {"send", send_message},
    {"enrol", enrol_record},
    {"exit", exit_workflow},
    {"webhook", call_webhook},
    {"move", move_record},
    {"recompute", recompute_record},
    {"start_program", start_program},
    {"complete_step", complete_step},
    {"request_approval", request_approval},
    {"start_sla", start_sla},
    {"stop_sla", stop_sla},
    {"pause_sla", pause_sla},
    {"resume_sla", resume_sla},
};

}  // namespace

void act(Rounds& rounds, Firing& firing, const Firing::Act& act) {
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const ActionKind& one) {
    return one.name == act.action->kind;
  });
  CHECK(kind != std::end(kKinds));  // refused when the pack was read
  Acting acting{rounds, firing, act};
  kind->carry(acting);
}

std::optional<RecordKey> Acting::in_sight(std::string_view object) {
  const uint32_t number = definitions().vocabulary.find_object(object);
  if (number != Vocabulary::kNone && !firing.scene.id(number).empty()) {
    RecordKey key = key_of(definitions(), number, firing.scene.id(number));
    if (step().find(key.type, key.id)) return key;
  }
  skip("there is no " + std::string(object) + " in sight");
  return std::nullopt;
}

std::string Acting::once_id(std::string_view prefix, std::string_view extra) const {
  return rounds.id_for(prefix, {std::to_string(rounds.step().event().sequence.value),
                                format_time_micros(rounds.now()), firing.about.id,
                                firing.rule->name, std::to_string(act.number), extra});
}

void Acting::skip(std::string_view why) {
  rounds.note(rule(), "left out", Json::object().set("action", act.action->kind).set("why", why));
}

void Acting::write(const RecordKey& key, const std::string& field, const Json& value,
                   std::string_view how) {
  if (!rounds.claim(key, field, rule())) return;
  const Record* known = record(key);
  const Json* old = known ? known->fields.find(field) : nullptr;
  if (old ? *old == value : value.is_null()) return;
  rounds.write(key, field, value);
  step()
      .edit(key.type, key.id)
      .provenance.set(
          field,
          Json::object().set("s", step().event().sequence.value).set("by", rule()).set("how", how));
}

RecordKey Acting::effect(std::string_view kind, const std::string& id) {
  const RecordKey key = rounds.make("effect", id, firing.scene);
  rounds.write(key, "kind", kind);
  rounds.write(key, "status", "waiting");
  rounds.write(key, "rule", rule());
  rounds.write(key, "about", firing.about.type + "/" + firing.about.id);
  rounds.write(key, "at", format_time(rounds.now()));
  return key;
}

Json Acting::recipient(std::string_view prefix) {
  Json to = Json::object();
  const std::string path(prefix);
  for (std::string_view kind : {"team", "role", "user"})
    if (const Json* name = act.find(path + "." + std::string(kind))) to.set(kind, *name);
  const std::string owned = act.text(path + ".owner_of");
  if (!owned.empty()) {
    const auto key = in_sight(owned);
    const Record* of = key ? record(*key) : nullptr;
    std::string owner = of ? std::string(of->fields.text("owner")) : std::string();
    if (of && owner.empty()) owner = of->fields.text("assignee");
    if (owner.empty()) {
      to.set("role", "manager").set("because", "the " + owned + " has no owner");
    } else {
      to.set("user", owner);
    }
  }
  if (const std::string plain = act.text(path); !plain.empty()) to.set("object", plain);
  return to.as_object().empty() ? Json() : to;
}

void Acting::notify(const Json& to, std::string_view text, bool urgent) {
  const std::string person = to_canonical_text(to);
  // CO-32: one notification per person and record.
  if (!rounds.first("notify/" + person + "/" + firing.about.type + "/" + firing.about.id)) {
    return skip("told already in this step");
  }
  const RecordKey key = effect("notify", once_id("eff", "notify" + person));
  rounds.write(key, "to", to);
  rounds.write(key, "text", text);
  if (urgent) rounds.write(key, "urgent", true);
}

}  // namespace rapport::decide
