#include "decide/outbox.h"

#include <algorithm>

#include "decide/contact.h"
#include "decide/contact_fields.h"
#include "decide/edits.h"

namespace rapport::decide {

using model::Event;
using model::Record;
using model::RecordKey;

namespace {

constexpr std::string_view kAllConnections = "all";
// Change with nearly every event and are sent by nobody unless a mapping reads them.
constexpr std::string_view kVolatile[] = {"last_seen_at", "first_seen_at", "counters",
                                          "last_event_at"};

bool holds(const Json& connection, std::string_view list, std::string_view value) {
  const auto& values = values_of(connection, list);
  return std::find(values.begin(), values.end(), Json(value)) != values.end();
}

// Every field of the record that the connection requires is there.
bool has_required(const Json& connection, const Record& record) {
  const Json* all = connection.find("requires");
  if (!all) return true;
  for (const Json& field : values_of(*all, record.key.type)) {
    const Json* value = record.fields.find(field.as_string());
    if (!value || value->is_null() || (value->is_array() && value->as_array().empty()))
      return false;
  }
  return true;
}

const Record* contact_behind(const Step& step, const Record& record) {
  if (record.key.type == model::kContact) return &record;
  const std::string_view subject =
      record.fields.text(record.key.type == model::kConversation ? "subject" : "subject_id");
  const Record* owner = step.find(model::kSubject, subject);
  return owner ? step.find(model::kContact, owner->fields.text("contact")) : nullptr;
}

bool eligible(const Step& step, const Json& connection, const Record& record) {
  if (!connection.flag("enabled") || !holds(connection, "sends", record.key.type)) return false;
  if (!has_required(connection, record)) return false;
  if (record.key.type == model::kAccount) return true;
  const Record* contact = contact_behind(step, record);
  return contact && has_required(connection, *contact);
}

bool field_matters(const Json& connection, const std::string& type, std::string_view field) {
  if (const Json* reads = connection.find("reads"); reads && reads->find(type))
    return holds(*reads, type, field);
  return std::find(std::begin(kVolatile), std::end(kVolatile), field) == std::end(kVolatile);
}

bool changed(const Json& connection, const Record* before, const Record& after) {
  if (!before) return true;
  const auto differs = [&](const Json& a, const Json& b) {
    for (const auto& [field, value] : a.as_object()) {
      if (!field_matters(connection, after.key.type, field)) continue;
      const Json* other = b.find(field);
      if (!other || !(*other == value)) return true;
    }
    return false;
  };
  return differs(after.fields, before->fields) || differs(before->fields, after.fields);
}

// KU-12: an escalation is not to wait behind a backlog.
model::Urgency urgency_of(const Record& record) {
  const std::string_view priority = record.fields.text("priority");
  const bool urgent = record.key.type == model::kTicket &&
                      record.fields.text("status") != "closed" &&
                      (priority == "high" || priority == "urgent");
  return urgent ? model::Urgency::kUrgent : model::Urgency::kUsual;
}

void mark_for(Step& step, const Json& connection, const Record& record) {
  // The event, not the record's version: what hangs on a record changes what is sent of it.
  step.mark(
      {std::string(connection.text("id")), record.key, step.event().sequence, urgency_of(record)});
}

// What hangs on a contact becomes sendable, or moves, with it.
void mark_dependants(Step& step, const Json& connection, const Record& contact) {
  if (const auto account = contact.fields.text("account"); !account.empty())
    if (const Record* record = step.find(model::kAccount, account))
      if (eligible(step, connection, *record)) mark_for(step, connection, *record);
  for (SubjectId subject : subjects_of(contact)) {
    const std::string number = std::to_string(subject.value);
    for (const auto& [type, field] :
         {std::pair{model::kConversation, "subject"}, std::pair{model::kTicket, "subject_id"},
          std::pair{model::kDeal, "subject_id"}, std::pair{model::kTask, "subject_id"}}) {
      for (const std::string& id : step.ids_with(type, field, number)) {
        const Record* record = step.find(type, id);
        if (record && eligible(step, connection, *record)) mark_for(step, connection, *record);
      }
    }
  }
}

// In the order in which they depend on each other; accounts go with their contacts.
constexpr std::string_view kSendable[] = {model::kContact, model::kDeal, model::kConversation,
                                          model::kTicket, model::kTask};

bool sendable_type(const std::string& type) {
  return type == model::kAccount ||
         std::find(std::begin(kSendable), std::end(kSendable), type) != std::end(kSendable);
}

void mark_again(Step& step, const Json& connection, std::string_view type, std::string_view id) {
  const Record* record = step.find(type, id);
  if (record && eligible(step, connection, *record)) mark_for(step, connection, *record);
}

void mark_written(Step& step, const Json& connection, const RecordKey& key) {
  const Record* after = step.find(key.type, key.id);
  if (!after || !eligible(step, connection, *after)) return;
  const Record* before = step.before(key);
  if (!changed(connection, before, *after)) return;
  mark_for(step, connection, *after);
  // A ticket carries the transcript of its conversation (KU-1).
  if (key.type == model::kConversation && after->fields.flag("escalated")) {
    mark_again(step, connection, model::kTicket,
               model::derive_id("tkt", step.event().workspace, {"ticket", key.id}));
  }
  // The transcript becomes a note of the deal (CH-5).
  if (key.type == model::kDeal &&
      (!before || before->fields.text("conversation") != after->fields.text("conversation")))
    mark_again(step, connection, model::kConversation, after->fields.text("conversation"));
  if (key.type != model::kContact) return;
  const bool moved = !before || !has_required(connection, *before) ||
                     before->fields.text("account") != after->fields.text("account") ||
                     subjects_of(*before) != subjects_of(*after);
  if (moved) mark_dependants(step, connection, *after);
}

const Json::Array& connections(const Step& step) {
  static const Json::Array kNone;
  const Record* all = step.find(model::kConnection, kAllConnections);
  return all ? values_of(all->fields, "list") : kNone;
}

// Both sides of a merge have a remote record: a person decides what becomes of the second.
void review_merge(Step& step, const RecordKey& gone) {
  const auto shadows = step.ids_with(model::kShadow, "local", gone.type + "/" + gone.id);
  if (shadows.empty()) return;
  const auto kept = step.ids_with(model::kContact, "former_ids", gone.id);
  Record& review = step.edit(model::kReview, "merge/" + gone.id);
  review.fields.set("kind", "merge").set("status", "waiting").set("merged", gone.id);
  review.fields.set("contact", kept.empty() ? Json() : Json(kept.front()));
  Json::Array remote;
  for (const auto& id : shadows) remote.push_back(Json(id));
  review.fields.set("shadows", std::move(remote));
}

}  // namespace

namespace {

// Everything is looked at again: what differs from what the remote has is sent.
void begin_backfill(Step& step, Record& connection) {
  if (!connection.fields.flag("enabled")) return;
  connection.fields.set("backfill", Json::object().set("type", model::kContact).set("after", ""));
  step.arm({step.event().received_at, "backfill/" + connection.key.id, connection.key, "backfill"});
}

}  // namespace

void configure_connection(Step& step, const Event& event) {
  const std::string id(event.property("id"));
  const Record* known = step.find(model::kConnection, id);
  const auto word = [](const Json& j, std::string_view key) { return std::string(j.text(key)); };
  const auto sent = [](const Json& j) { return Json(values_of(j, "sends")); };
  const bool again = known && known->fields.flag("enabled") &&
                     word(known->fields, "mapping_version") == event.property("mapping_version") &&
                     sent(known->fields) == sent(event.properties);
  Record& connection = step.edit(model::kConnection, id);
  for (const auto& [key, value] : event.properties.as_object()) connection.fields.set(key, value);
  if (!again) begin_backfill(step, connection);
  const Json settings = connection.fields;
  Record& all = step.edit(model::kConnection, kAllConnections);
  if (!all.fields.find("list")) all.fields.set("list", Json::array());
  auto& list = all.fields.edit("list")->edit_array();
  std::erase_if(list, [&](const Json& one) { return one.text("id") == id; });
  list.push_back(settings);
}

void change_connection(Step& step, const Event& event) {
  const std::string id(event.property("id"));
  if (!step.find(model::kConnection, id)) return;
  Record& connection = step.edit(model::kConnection, id);
  const Json::Array left_out = values_of(connection.fields, "left_out");
  for (const auto& [key, value] : event.properties.as_object()) connection.fields.set(key, value);
  // What had no place there has one now.
  const bool found = std::any_of(left_out.begin(), left_out.end(), [&](const Json& one) {
    return !holds(connection.fields, "left_out", one.as_string());
  });
  if (found) begin_backfill(step, connection);
}

void send_again(Step& step, const std::string& connection, const RecordKey& key) {
  for (const std::string& id : step.ids_with(model::kShadow, "local", key.type + "/" + key.id)) {
    const Record* shadow = step.find(model::kShadow, id);
    if (!shadow->fields.find("error") || shadow->fields.text("connection") != connection) continue;
    Json& fields = step.edit(model::kShadow, id).fields;
    for (std::string_view field : {"error", "refused", "refused_at"}) fields.erase(field);
  }
  step.mark({connection, key, step.event().sequence, model::Urgency::kUrgent});
}

void retry_refused(Step& step, const Event& event) {
  const std::string connection(event.property("connection"));
  for (const Json& one : values_of(event.properties, "records")) {
    const RecordKey key{std::string(one.text("type")), std::string(one.text("id"))};
    if (step.find(key.type, key.id)) send_again(step, connection, key);
  }
}

void backfill(Step& step, const model::Timer& timer) {
  const Record* known = step.find(timer.record.type, timer.record.id);
  const Json* progress = known ? known->fields.find("backfill") : nullptr;
  if (!progress || !progress->is_object() || !known->fields.flag("enabled")) return;
  const Json settings = known->fields;
  std::string type(progress->text("type"));
  const IdPage& page = step.page(type, std::string(progress->text("after")));
  for (const std::string& id : page.ids) {
    const Record* record = step.find(type, id);
    if (!record || !eligible(step, settings, *record)) continue;
    mark_for(step, settings, *record);
    if (type != model::kContact) continue;
    if (const auto account = record->fields.text("account"); !account.empty())
      if (const Record* owner = step.find(model::kAccount, account))
        if (eligible(step, settings, *owner)) mark_for(step, settings, *owner);
  }
  std::string next = page.next;
  if (next.empty()) {
    const auto* at = std::find(std::begin(kSendable), std::end(kSendable), type);
    type = at + 1 >= std::end(kSendable) ? "" : std::string(*(at + 1));
  }
  Record& connection = step.edit(timer.record.type, timer.record.id);
  if (type.empty()) {
    connection.fields.set("backfill", "done");
    return;
  }
  connection.fields.edit("backfill")->set("type", type).set("after", next);
  model::Timer again = timer;
  again.due = step.event().received_at + millis(1);
  step.arm(std::move(again));
}

void mark_changes(Step& step) {
  const auto& all = connections(step);
  const auto keys = step.written();
  for (const Json& connection : all) {
    if (!connection.flag("enabled")) continue;
    for (const RecordKey& key : keys)
      if (sendable_type(key.type)) mark_written(step, connection, key);
  }
  if (all.empty()) return;
  for (const RecordKey& key : keys) {
    if (!sendable_type(key.type) || !step.removed(key) || !step.before(key)) continue;
    for (const Json& connection : all) step.unmark(std::string(connection.text("id")), key);
    forget_edits(step, key);
    if (key.type == model::kContact && step.event().type != model::kContactErased)
      review_merge(step, key);
  }
}

std::string sync_list(const RecordKey& record) {
  return "sync/" + record.type + "/" + record.id;
}

namespace {

// Differs from every hash and from no value: what the remote holds is not known.
constexpr std::string_view kUncertain = "?";

std::string shadow_of(const Event& event, const Json& record) {
  return std::string(event.property("connection")) + "/" + std::string(event.property("object")) +
         "/" + std::string(record.text("type")) + "/" + std::string(record.text("id")) + "/" +
         std::to_string(record.integer("part"));
}

// An update that is under way: it may take effect although its answer is lost, and the value may
// change back before it is tried again.
void doubt_properties(Step& step, const Event& event) {
  for (const Json& record : values_of(event.properties, "records")) {
    const std::string id = shadow_of(event, record);
    if (!step.find(model::kShadow, id)) continue;
    Json& fields = step.edit(model::kShadow, id).fields;
    if (!fields.find("sent")) fields.set("sent", Json::object());
    for (const Json& property : values_of(record, "properties"))
      fields.edit("sent")->set(property.as_string(), kUncertain);
  }
}

}  // namespace

void start_call(Step& step, const Event& event) {
  if (event.property("operation") == "update") return doubt_properties(step, event);
  Record& call = step.edit(model::kCall, event.property("call"));
  call.fields = event.properties;
  call.fields.set("started_at", format_time(event.received_at));
}

namespace {

void merge_members(Json& fields, std::string_view member, const Json& from) {
  const Json* news = from.find(member);
  if (!news || !news->is_object()) return;
  if (!fields.find(member)) fields.set(member, Json::object());
  Json& kept = *fields.edit(member);
  for (const auto& [key, value] : news->as_object()) {
    if (value.is_null()) {
      kept.erase(key);
    } else {
      kept.set(key, value);
    }
  }
}

// A link that was made says nothing of properties that were refused, nor the other way round.
bool puts_right(const Json& shadow, const Event& event) {
  const Json* error = shadow.find("error");
  const auto links = [](std::string_view operation) { return operation == "associate"; };
  return error && links(error->text("operation")) == links(event.property("operation"));
}

void update_shadow(Step& step, const Event& event, const Json& outcome, const std::string& local) {
  const std::string connection(event.property("connection"));
  const std::string id = connection + "/" + std::string(event.property("object")) + "/" + local +
                         "/" + std::to_string(outcome.integer("part"));
  if (outcome.flag("removed_part")) {
    step.remove(model::kShadow, id);
    return;
  }
  Json& fields = step.edit(model::kShadow, id).fields;
  fields.set("connection", connection).set("object", event.property("object"));
  fields.set("local", local).set("part", outcome.integer("part"));
  if (const auto remote = outcome.text("remote_id"); !remote.empty())
    fields.set("remote_id", remote);
  if (outcome.find("version")) fields.set("version", outcome.integer("version"));
  for (std::string_view member : {"sent", "back", "links"}) merge_members(fields, member, outcome);
  if (const Json* error = outcome.find("error")) {
    fields.set("error", *error).set("refused", connection);
    fields.edit("error")->set("operation", event.property("operation"));
    fields.set("refused_at", format_time(event.received_at));
  } else if (puts_right(fields, event)) {
    for (std::string_view field : {"error", "refused", "refused_at"}) fields.erase(field);
  }
}

}  // namespace

namespace {

// A call stays open for the records whose outcome is still not known.
void close_call(Step& step, const Event& event, std::string_view call) {
  Json open = Json::array();
  const Record* known = step.find(model::kCall, call);
  for (const Json& outcome : values_of(event.properties, "records")) {
    if (!outcome.flag("unknown") || !known) continue;
    for (const Json& record : values_of(known->fields, "records"))
      if (record.text("type") == outcome.text("type") && record.text("id") == outcome.text("id") &&
          record.integer("part") == outcome.integer("part"))
        open.push_back(record);
  }
  if (open.as_array().empty()) return step.remove(model::kCall, call);
  step.edit(model::kCall, call).fields.set("records", std::move(open));
}

}  // namespace

void finish_call(Step& step, const Event& event) {
  if (const auto call = event.property("call"); !call.empty()) close_call(step, event, call);
  const std::string connection(event.property("connection"));
  for (const Json& outcome : values_of(event.properties, "records")) {
    const std::string type(outcome.text("type")), id(outcome.text("id"));
    const bool merged =
        type == model::kContact && !step.find(type, id) && resolve_contact(step, id);
    if (step.find(type, id) || merged) {
      if (outcome.find("remote_id") || outcome.find("sent") || outcome.find("error") ||
          outcome.find("links") || outcome.flag("removed_part"))
        update_shadow(step, event, outcome, type + "/" + id);
      step.file_under(sync_list({type, id}));
      if (merged) review_merge(step, {type, id});
    }
    if (outcome.flag("complete"))
      step.complete({connection, {type, id}, {static_cast<uint64_t>(outcome.integer("version"))}});
  }
}

void forget_record(Step& step, const RecordKey& key) {
  for (const std::string& id : step.ids_with(model::kShadow, "local", key.type + "/" + key.id))
    step.remove(model::kShadow, id);
  for (const Json& connection : connections(step))
    step.unmark(std::string(connection.text("id")), key);
  step.drop_list(sync_list(key));
  step.remove(key.type, key.id);
}

}  // namespace rapport::decide
