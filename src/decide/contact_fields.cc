#include "decide/contact_fields.h"

#include <algorithm>

#include "decide/basics.h"
#include "decide/contact.h"
#include "decide/counters.h"
#include "model/company.h"

namespace rapport::decide {

using model::Event;
using model::Record;

namespace {

constexpr size_t kMaxTraits = 300;
constexpr std::string_view kLists[] = {"emails",   "phones",     "external_ids",
                                       "subjects", "former_ids", "joins"};

// Segment's reserved traits that are fields of ours; `email`, `phone` and `id` are identifiers.
struct Reserved {
  std::string_view trait, field;
};
constexpr Reserved kReserved[] = {
    {"name", "name"},
    {"firstName", "first_name"},
    {"lastName", "last_name"},
    {"title", "title"},
    {"website", "website"},
    {"address", "address"},
    {"avatar", "avatar"},
    {"birthday", "birthday"},
    {"gender", "gender"},
    {"age", "age"},
    {"username", "username"},
    {"description", "description"},
    {"createdAt", "customer_since"},
    {"company", "company"},
    {"owner", "owner"},
};
constexpr std::string_view kIdentifying[] = {"email", "phone", "id"};

int64_t provenance_of(const Record& record, std::string_view path) {
  return record.provenance.integer(path);
}

void take_field(Record& kept, const Record& merged, const std::string& path, Json& target,
                const std::string& name, const Json* value) {
  const int64_t theirs = provenance_of(merged, path);
  if (theirs <= provenance_of(kept, path)) return;
  if (value) {
    target.set(name, *value);
  } else {
    target.erase(name);
  }
  kept.provenance.set(path, theirs);
}

Json& member_object(Json& fields, std::string_view name) {
  if (!fields.find(name)) fields.set(name, Json::object());
  return *fields.edit(name);
}

void join_list(Json& kept, const Json& merged, std::string_view field) {
  for (const Json& value : values_of(merged, field)) append_value(kept, field, value);
}

// Lists of identifiers in the order their events came, so that joins commute.
void order_by_provenance(Record& record, std::string_view field) {
  Json* list = record.fields.edit(field);
  if (!list) return;
  const auto key = [&](const Json& value) {
    return provenance_of(record, std::string(field) + ":" + std::string(value.as_string()));
  };
  auto& values = list->edit_array();
  std::stable_sort(values.begin(), values.end(),
                   [&](const Json& a, const Json& b) { return key(a) < key(b); });
}

}  // namespace

const Json::Array& values_of(const Json& fields, std::string_view field) {
  static const Json::Array kNone;
  const Json* list = fields.find(field);
  return list && list->is_array() ? list->as_array() : kNone;
}

void append_value(Json& fields, std::string_view field, Json value) {
  if (!fields.find(field)) fields.set(field, Json::array());
  const auto& all = fields.find(field)->as_array();
  if (std::find(all.begin(), all.end(), value) == all.end())
    fields.edit(field)->push_back(std::move(value));
}

void add_value(Record& contact, std::string_view field, std::string_view value) {
  const std::string path = std::string(field) + ":" + std::string(value);
  if (contact.provenance.find(path)) return;
  append_value(contact.fields, field, Json(value));
  contact.provenance.set(path, contact.version.value);
}

void note_time(Json& fields, Micros at) {
  const std::string now = format_time(at);
  if (const auto first = fields.text("first_seen_at"); first.empty() || now < first)
    fields.set("first_seen_at", now);
  if (fields.text("last_seen_at") < now) fields.set("last_seen_at", now);
}

void give_way_to_trait(Record& record, std::string_view trait, const Json& value) {
  const Json* by = record.provenance.find(trait);
  if (!by || !by->is_object()) return;
  const Json* traits = record.fields.find("traits");
  const Json* known = traits ? traits->find(trait) : nullptr;
  if (by->text("how") != "estimate" && known && *known == value) return;
  record.fields.erase(trait);
  record.provenance.erase(trait);
}

void apply_traits(Record& record, const Event& event) {
  for (const auto& [trait, value] : event.properties.as_object()) {
    if (std::find(std::begin(kIdentifying), std::end(kIdentifying), trait) !=
        std::end(kIdentifying))
      continue;
    const auto* reserved = std::find_if(std::begin(kReserved), std::end(kReserved),
                                        [&](const Reserved& r) { return r.trait == trait; });
    const bool own = reserved == std::end(kReserved);
    const std::string_view name = trait;
    const std::string path = own ? "traits." + std::string(name) : std::string(reserved->field);
    if (own) give_way_to_trait(record, name, value);
    Json& target = own ? member_object(record.fields, "traits") : record.fields;
    const std::string_view field = own ? name : reserved->field;
    if (own && !target.find(field) && target.as_object().size() >= kMaxTraits) continue;
    if (value.is_null()) {
      target.erase(field);
    } else {
      target.set(field, value);
    }
    record.provenance.set(path, event.sequence.value);
  }
}

void join_fields(Step& step, Record& kept, const Record& merged) {
  for (const auto& [text, sequence] : merged.provenance.as_object()) {
    const std::string path(text);
    if (path.find(':') != std::string::npos) {
      const int64_t mine = kept.provenance.integer(path, sequence.as_int());
      kept.provenance.set(path, std::min(mine, sequence.as_int()));
    } else if (path.starts_with("traits.")) {
      const std::string name = path.substr(7);
      const Json* theirs = merged.fields.find("traits");
      take_field(kept, merged, path, member_object(kept.fields, "traits"), name,
                 theirs ? theirs->find(name) : nullptr);
    } else {
      take_field(kept, merged, path, kept.fields, path, merged.fields.find(path));
    }
  }
  for (std::string_view list : kLists) join_list(kept.fields, merged.fields, list);
  for (std::string_view list : {"emails", "phones", "external_ids"})
    order_by_provenance(kept, list);
  if (Json* subjects = kept.fields.edit("subjects")) {
    auto& all = subjects->edit_array();
    std::sort(all.begin(), all.end(),
              [](const Json& a, const Json& b) { return a.as_int() < b.as_int(); });
  }
  shift_counters(kept.fields, merged.fields, 1, step.basics().counts);
  for (std::string_view seen : {"first_seen_at", "last_seen_at"}) {
    if (const auto at = parse_time(merged.fields.text(seen))) note_time(kept.fields, *at);
  }
  kept.fields.set("anonymous", !identified(kept));
  settle_account(kept, step.event().workspace);
}

void settle_account(Record& contact, WorkspaceId workspace) {
  const auto& emails = values_of(contact.fields, "emails");
  if (emails.empty()) return;
  const std::string email(emails.front().as_string());
  const std::string domain = email.substr(email.find('@') + 1);
  if (contact.fields.text("email_domain") == domain) return;
  contact.fields.set("email_domain", domain);
  contact.fields.set("free_mail", model::is_free_mail(domain));
  contact.fields.erase("company_domain");
  const bool by_group = contact.provenance.find("account") != nullptr;
  if (!by_group) contact.fields.erase("account");
  if (const auto company = model::company_domain(email)) {
    contact.fields.set("company_domain", *company);
    if (!by_group)
      contact.fields.set("account", model::derive_id("acc", workspace, {"domain", *company}));
  }
}

namespace {

// The account of a group call: by the company's domain when it is given, else by the group's id.
std::string account_of_group(Step& step, const Event& event) {
  const std::string_view group = event.property("group_id");
  const auto known = step.ids_with(model::kAccount, "group_id", group);
  if (!known.empty()) return known.front();
  const Json* traits = event.properties.find("traits");
  for (std::string_view trait : {"domain", "website"}) {
    if (!traits) break;
    std::string_view host = traits->text(trait);
    if (const size_t scheme = host.find("://"); scheme != host.npos) host.remove_prefix(scheme + 3);
    host = host.substr(0, host.find_first_of("/:"));
    if (const auto domain = model::registrable_domain(host))
      return model::derive_id("acc", event.workspace, {"domain", *domain});
  }
  return model::derive_id("acc", event.workspace, {"group", group});
}

}  // namespace

void place_in_account(Step& step, Record& contact, const Event& event) {
  settle_account(contact, event.workspace);
  if (event.type != model::kGrouped) return;
  contact.fields.set("account", account_of_group(step, event));
  contact.provenance.set("account", event.sequence.value);
}

void count_for_contact(Step& step, const Event& event) {
  const std::string id = contact_of(step, event.subject);
  if (id.empty()) return;
  for (const auto& count : step.basics().counts) {
    if (count.event != event.type) continue;
    if (!count.author.empty() && event.property("author") != count.author) continue;
    count_event(step.edit(model::kContact, id).fields, count, event.at);
  }
}

}  // namespace rapport::decide
