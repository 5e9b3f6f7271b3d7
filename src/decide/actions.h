// What actions share. Used by the sources actions_*.cc only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "decide/rounds.h"

namespace rapport::decide {

struct Acting {
  Rounds& rounds;
  Firing& firing;
  const Firing::Act& act;

  Step& step() { return rounds.step(); }
  const Definitions& definitions() const { return rounds.definitions(); }
  const std::string& rule() const { return firing.rule->name; }
  // The record in sight of that object's name; nothing where there is none (it is noted).
  std::optional<model::RecordKey> in_sight(std::string_view object);
  const model::Record* record(const model::RecordKey& key) { return step().find(key.type, key.id); }
  // Id of a thing this action makes: of the event, the rule and the action.
  std::string once_id(std::string_view prefix, std::string_view extra = {}) const;
  void skip(std::string_view why);
  // Writes a field by this rule: the first writer of the round holds; who and when are kept.
  void write(const model::RecordKey& key, const std::string& field, const Json& value,
             std::string_view how = "set");
  // A row of what is to be done outside: kind "notify", "send" …
  model::RecordKey effect(std::string_view kind, const std::string& id);
  // {"team": "vip"} of the arguments under `prefix`, with an owner looked up; null: nobody.
  Json recipient(std::string_view prefix);
  void notify(const Json& to, std::string_view text, bool urgent);
};

// One function per kind of action.
using Carry = void (*)(Acting&);
struct ActionKind {
  std::string_view name;
  Carry carry;
};
void set_fields(Acting&);
void raise_fields(Acting&);
void take_fields(Acting&);
void estimate_fields(Acting&);
void add_fields(Acting&);
void create_record(Acting&);
void update_record(Acting&);
void link_record(Acting&);
void tag_record(Acting&);
void untag_record(Acting&);
void note_record(Acting&);
void make_task(Acting&);
void complete_task(Acting&);
void assign_record(Acting&);
void notify_people(Acting&);
void raise_alert(Acting&);
void escalate_record(Acting&);
void send_message(Acting&);
void enrol_record(Acting&);
void exit_workflow(Acting&);
void call_webhook(Acting&);
void move_record(Acting&);
void recompute_record(Acting&);
void start_program(Acting&);
void complete_step(Acting&);
void request_approval(Acting&);
void start_sla(Acting&);
void stop_sla(Acting&);
void pause_sla(Acting&);
void resume_sla(Acting&);

// "24h", "3d", "2 business days", "4 business hours of support" from `now`; nothing where the
// calendar is not there.
std::optional<Micros> due_at(const Definitions& definitions, std::string_view span, Micros now);

}  // namespace rapport::decide
