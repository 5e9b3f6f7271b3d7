#include "connect/source.h"

#include "base/time.h"

namespace rapport::connect {
namespace {

constexpr int kMostContacts = 100;
constexpr int kPostingsAtOnce = 500;

Json message_of(const model::Event& event) {
  Json message = Json::object();
  message.set("sequence", event.sequence.value).set("at", format_time_micros(event.at));
  for (std::string_view key : {"author", "author_name", "text", "confidence", "sources"}) {
    if (const Json* value = event.properties.find(key)) message.set(key, *value);
  }
  return message;
}

}  // namespace

Result<std::optional<Json>> SourceReader::fields(std::string_view type, std::string_view id) {
  if (id.empty()) return std::optional<Json>();
  const model::RecordKey key{std::string(type), std::string(id)};
  TRY_ASSIGN(auto records, state_.load({&key, 1}));
  if (!records.front()) return std::optional<Json>();
  Json fields = std::move(records.front()->fields);
  fields.set("id", id);
  return std::optional<Json>(std::move(fields));
}

Result<Json> SourceReader::join(Json& source, std::string_view type, std::string_view id) {
  TRY_ASSIGN(std::optional<Json> record, fields(type, id));
  if (!record) return Json();
  source.set(type, *record);
  return std::move(*record);
}

Result<void> SourceReader::join_contact(Json& source, std::string_view subject) {
  TRY_ASSIGN(const std::optional<Json> owner, fields(model::kSubject, subject));
  if (!owner) return {};
  TRY_ASSIGN(const Json contact, join(source, model::kContact, owner->text("contact")));
  TRY_ASSIGN(const Json account, join(source, model::kAccount, contact.text("account")));
  return {};
}

// The oldest ticket or deal of a conversation.
Result<void> SourceReader::join_of(Json& source, std::string_view type,
                                   std::string_view conversation) {
  if (conversation.empty()) return {};
  TRY_ASSIGN(const store::Page page, state_.list({.type = std::string(type),
                                                  .field = "conversation",
                                                  .value = std::string(conversation),
                                                  .after = {},
                                                  .limit = 1,
                                                  .order = store::PageRequest::Order::kOldest}));
  if (page.records.empty()) return {};
  Json record = page.records.front().fields;
  source.set(type, record.set("id", page.records.front().key.id));
  return {};
}

Result<void> SourceReader::add_contacts(Json& source, const std::string& account) {
  TRY_ASSIGN(const store::Page page, state_.list({.type = std::string(model::kContact),
                                                  .field = "account",
                                                  .value = account,
                                                  .after = {},
                                                  .limit = kMostContacts,
                                                  .order = store::PageRequest::Order::kOldest}));
  Json ids = Json::array();
  for (const model::Record& contact : page.records) ids.push_back(contact.key.id);
  source.set("account_contacts", std::move(ids));
  return {};
}

Result<void> SourceReader::add_messages(Json& source, const std::string& conversation) {
  Json messages = Json::array();
  Sequence after;
  while (true) {
    TRY_ASSIGN(const auto postings,
               state_.postings("conversation/" + conversation, after, kPostingsAtOnce,
                               store::PageRequest::Order::kOldest));
    std::vector<Position> positions;
    for (const store::Posting& posting : postings) positions.push_back(posting.position);
    TRY_ASSIGN(const std::vector<model::Event> events, read_events_(positions));
    for (const model::Event& event : events) {
      if (event.type == model::kMessageSent) messages.push_back(message_of(event));
    }
    if (postings.size() < static_cast<size_t>(kPostingsAtOnce)) break;
    after = postings.back().sequence;
  }
  source.set("messages", std::move(messages));
  return {};
}

Result<std::optional<Json>> SourceReader::read(const model::RecordKey& key) {
  Json source = Json::object();
  source.set("settings", settings_);
  TRY_ASSIGN(const Json record, join(source, key.type, key.id));
  if (record.is_null()) return std::optional<Json>();
  source.set("record", Json::object().set("type", key.type).set("id", key.id));
  if (key.type == model::kContact) {
    TRY_ASSIGN(const Json account, join(source, model::kAccount, record.text("account")));
  } else if (key.type == model::kAccount) {
    TRY(add_contacts(source, key.id));
  } else if (key.type == model::kConversation) {
    TRY(join_contact(source, record.text("subject")));
    TRY(join_of(source, model::kTicket, key.id));
    TRY(join_of(source, model::kDeal, key.id));
    TRY(add_messages(source, key.id));
  } else if (key.type == model::kTicket) {
    const std::string conversation(record.text("conversation"));
    TRY_ASSIGN(const Json about, join(source, model::kConversation, conversation));
    TRY(join_contact(source, record.text("subject_id")));
    TRY(add_messages(source, conversation));
  } else if (key.type == model::kDeal || key.type == model::kTask) {
    const std::string conversation(record.text("conversation"));
    TRY_ASSIGN(const Json about, join(source, model::kConversation, conversation));
    TRY(join_contact(source, record.text("subject_id")));
    if (key.type == model::kDeal) return std::optional<Json>(std::move(source));
    TRY_ASSIGN(const Json deal, join(source, model::kDeal, record.text("deal")));
    TRY(join_of(source, model::kTicket, conversation));
  }
  return std::optional<Json>(std::move(source));
}

}  // namespace rapport::connect
