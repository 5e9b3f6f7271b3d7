#include "main/cases/observed.h"

#include <fmt/format.h>

#include <algorithm>

namespace rapport::cases {

using model::Record;
using model::RecordKey;

decide::Facts::Answer StateFacts::find(std::string_view type, std::string_view id,
                                       const Record** record) const {
  RecordKey key{std::string(type), std::string(id)};
  auto known = read_.find(key);
  if (known == read_.end())
    known = read_.emplace(key, std::move(state_.load(std::span(&key, 1)).value().front())).first;
  *record = known->second ? &*known->second : nullptr;
  return *record ? Answer::kThere : Answer::kAbsent;
}

bool StateFacts::ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const {
  for (const Record& record : all(entry.type, entry.field, entry.value))
    ids->push_back(record.key.id);
  std::sort(ids->begin(), ids->end());
  return true;
}

const std::vector<model::Event>* StateFacts::events(const std::string&) const {
  static const std::vector<model::Event> kNone;  // only splits of contacts read them
  return &kNone;
}

const decide::IdPage* StateFacts::page(const std::string&, const std::string&) const {
  static const decide::IdPage kNone;  // only backfills read them
  return &kNone;
}

std::vector<Record> StateFacts::all(std::string_view type, std::string_view field,
                                    std::string_view value) const {
  std::vector<Record> found;
  store::PageRequest request{std::string(type), std::string(field), std::string(value), "", 1000};
  do {
    store::Page page = state_.list(request).value();
    std::move(page.records.begin(), page.records.end(), std::back_inserter(found));
    request.after = page.next;
  } while (!request.after.empty());
  return found;
}

Observed::Observed(store::FoldedState& state, const decide::Engine& engine, WorkspaceId workspace,
                   Micros now, Sequence since, std::string contact)
    : facts_(state),
      now_(now),
      since_(since),
      contact_(std::move(contact)),
      present_(engine, facts_, workspace, now) {}

std::vector<Record> Observed::records(std::string_view object) const {
  const auto* known = definitions();
  const uint32_t number = known ? known->vocabulary.find_object(object) : decide::Vocabulary::kNone;
  if (number == decide::Vocabulary::kNone) return {};
  const std::string& storage = known->vocabulary.object(number).storage;
  if (storage == model::kObject) return facts_.all(storage, "object", object);
  return facts_.all(storage);
}

std::vector<Record> Observed::made(std::string_view object) const {
  std::vector<Record> all = records(object);
  std::erase_if(all, [&](const Record& record) { return record.created <= since_; });
  return all;
}

std::optional<Record> Observed::the(std::string_view object, std::string_view who) const {
  const Record* contact = nullptr;
  if (who.empty()) {
    facts_.find(model::kContact, contact_, &contact);
  } else {
    std::vector<std::string> ids;
    facts_.ids_with({std::string(model::kContact),
                     who.find('@') == who.npos ? "external_ids" : "emails", std::string(who)},
                    &ids);
    if (!ids.empty()) facts_.find(model::kContact, ids.front(), &contact);
  }
  if (object == model::kContact) return contact ? std::optional(*contact) : std::nullopt;
  if (object == model::kAccount) {
    const Record* account = nullptr;
    if (contact) facts_.find(model::kAccount, contact->fields.text("account"), &account);
    return account ? std::optional(*account) : std::nullopt;
  }
  auto all = records(object);
  return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

const decide::Field* Observed::field(const Record& record, std::string_view name) const {
  if (!definitions()) return nullptr;
  const auto& vocabulary = definitions()->vocabulary;
  const uint32_t number = vocabulary.find_object(
      record.key.type == model::kObject ? record.fields.text("object") : record.key.type);
  return number == decide::Vocabulary::kNone ? nullptr : vocabulary.object(number).find(name);
}

std::optional<Json> Observed::value(const Record& record, std::string_view name) const {
  if (name == "id") return Json(record.key.id);
  if (auto seen = present_.value(record.key, name)) return seen;
  if (const Json* stored = record.fields.find(name)) return *stored;
  return std::nullopt;
}

std::vector<Json> Observed::trace(Sequence after) const {
  std::vector<Json> rows;
  auto traces = facts_.all(model::kTrace);
  std::reverse(traces.begin(), traces.end());
  const std::string first = fmt::format("{:020}", after.value + 1);
  for (const Record& trace : traces) {
    const Json* did = trace.key.id < first ? nullptr : trace.fields.find("did");
    if (!did || !did->is_array()) continue;
    for (const Json& row : did->as_array()) rows.push_back(row);
  }
  return rows;
}

}  // namespace rapport::cases
