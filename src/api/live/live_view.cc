#include "api/live/live_view.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace rapport::api {

namespace {

using access::Tenant;
using model::Record;

constexpr int kEventsForLastMessage = 8;
constexpr size_t kLongestText = 400;

std::string shortened(std::string_view text) {
  const std::string_view kept = cut_utf8(text, kLongestText);
  return kept.size() == text.size() ? std::string(kept) : std::string(kept) + "…";
}

std::string name_of(const Record& record) {
  const Json& fields = record.fields;
  std::string name(fields.text("first_name"));
  if (const auto last = fields.text("last_name"); !last.empty())
    name += (name.empty() ? "" : " ") + std::string(last);
  for (std::string_view field : {"name", "subject", "domain", "external_id"})
    if (name.empty()) name = fields.text(field);
  if (const Json* email = fields.at_path("emails.0"); name.empty() && email && email->is_string())
    name = email->as_string();
  return shortened(name);
}

// The contact behind a subject; a record without fields when there is none.
Result<Record> contact_of(Tenant& tenant, std::string_view subject) {
  auto owner = tenant.record(model::kSubject, subject);
  if (!owner.ok()) return owner.error().code == Code::kNotFound ? Result<Record>(Record{}) : owner;
  auto contact = tenant.record(model::kContact, owner->fields.text("contact"));
  if (!contact.ok() && contact.error().code == Code::kNotFound) return Record{};
  return contact;
}

std::string language_of(const Record& contact) {
  for (const char* path : {"language", "traits.language", "traits.locale"})
    if (const Json* found = contact.fields.at_path(path); found && found->is_string())
      return std::string(found->as_string());
  return {};
}

Result<Json> last_message(Tenant& tenant, const std::string& conversation) {
  TRY_ASSIGN(const auto events,
             tenant.events("conversation/" + conversation, Sequence{0}, kEventsForLastMessage,
                           store::PageRequest::Order::kNewest));
  for (const auto& event : events)
    if (event.type == model::kMessageSent)
      return Json::object()
          .set("author", event.property("author"))
          .set("text", shortened(event.property("text")));
  return Json();
}

// Each connection also says how many writes have no outcome yet: under way or unknown.
Result<Json> connections_of(Tenant& tenant, const Operations& operations) {
  TRY_ASSIGN(Json all, operations.connections(tenant.workspace()));
  for (Json& one : all.edit_array()) {
    store::PageRequest calls;
    calls.type = std::string(model::kCall);
    calls.field = "connection";
    calls.value = std::string(one.text("id"));
    TRY_ASSIGN(const auto page, tenant.state().list(calls));
    one.set("open_writes", page.records.size());
  }
  return all;
}

bool same(const Json& a, const Json& b) {
  return to_text(a) == to_text(b);
}

}  // namespace

std::string to_text(const LiveEvent& event) {
  std::string text = "event: ";
  text += event.name;
  text += "\ndata: " + to_text(event.content) + "\n\n";
  return text;
}

Result<Json> LiveView::conversation(Tenant& tenant, const Record& record) {
  const Json& fields = record.fields;
  TRY_ASSIGN(const Record contact, contact_of(tenant, fields.text("subject")));
  TRY_ASSIGN(Json last, last_message(tenant, record.key.id));
  const bool waits = fields.flag("escalated") && fields.text("status") != "closed";
  return Json::object()
      .set("id", record.key.id)
      .set("created", record.created.value)
      .set("who", name_of(contact))
      .set("channel", fields.text("channel"))
      .set("language", language_of(contact))
      .set("status", waits ? "escalated" : fields.text("status"))
      .set("messages", fields.integer("messages"))
      .set("last", std::move(last))
      .set("at", fields.text("last_event_at"));
}

Result<Json> LiveView::remote_record(Tenant& tenant, const Record& shadow) {
  const Json& fields = shadow.fields;
  const std::string_view local = fields.text("local");
  const size_t slash = local.find('/');
  const std::string type(local.substr(0, slash));
  Json row = Json::object();
  row.set("id", shadow.key.id).set("created", shadow.created.value);
  row.set("connection", fields.text("connection")).set("object", fields.text("object"));
  row.set("remote_id", fields.text("remote_id")).set("type", type);
  row.set("local_id", local.substr(slash + 1));
  auto record = tenant.record(type, local.substr(slash + 1));
  if (!record.ok() && record.error().code != Code::kNotFound) return record.error();
  std::string name = record.ok() ? name_of(*record) : std::string();
  if (record.ok() && type == model::kConversation) {
    TRY_ASSIGN(const Record contact, contact_of(tenant, record->fields.text("subject")));
    name = name_of(contact);
  }
  row.set("name", name);
  if (const Json* error = fields.find("error")) row.set("error", shortened(error->text("message")));
  return row;
}

Result<void> LiveView::look_at(Tenant& tenant, const store::PageRequest& request,
                               std::string_view event, Show show, Rows& rows,
                               std::vector<LiveEvent>& news) {
  TRY_ASSIGN(const auto page, tenant.state().list(request));
  std::set<std::string_view> there;
  for (const Record& record : page.records) {
    there.insert(record.key.id);
    Row& row = rows[record.key.id];
    if (row.version == record.version) continue;
    TRY_ASSIGN(Json shown, (this->*show)(tenant, record));
    row.version = record.version;
    if (same(row.shown, shown)) continue;
    row.shown = shown;
    news.push_back({event, std::move(shown)});
  }
  std::erase_if(rows, [&](const auto& row) {
    if (there.contains(row.first)) return false;
    news.push_back({event, Json::object().set("id", row.first).set("gone", true)});
    return true;
  });
  return {};
}

Result<std::vector<LiveEvent>> LiveView::look(Tenant& tenant, const Operations& operations) {
  std::vector<LiveEvent> news;
  store::PageRequest request;
  request.type = std::string(model::kConversation);
  request.limit = kConversations;
  TRY(look_at(tenant, request, "conversation", &LiveView::conversation, conversations_, news));
  request.type = std::string(model::kShadow);
  request.limit = kRemoteRecords;
  TRY(look_at(tenant, request, "crm", &LiveView::remote_record, remote_, news));
  if (!operations.connections) return news;
  TRY_ASSIGN(Json connections, connections_of(tenant, operations));
  if (same(connections, connections_)) return news;
  connections_ = connections;
  news.push_back({"connection", Json::object().set("connections", std::move(connections))});
  return news;
}

LiveEvent LiveView::snapshot(Micros now) const {
  const auto all = [](const Rows& rows) {
    Json::Array list;
    for (const auto& [id, row] : rows) list.push_back(row.shown);
    return Json(std::move(list));
  };
  return {"snapshot", Json::object()
                          .set("at", format_time(now))
                          .set("conversations", all(conversations_))
                          .set("crm", all(remote_))
                          .set("connections", connections_)};
}

}  // namespace rapport::api
