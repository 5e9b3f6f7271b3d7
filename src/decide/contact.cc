#include "decide/contact.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/contact_fields.h"
#include "model/company.h"

namespace rapport::decide {

using model::Event;
using model::IdentifierKind;
using model::Identity;
using model::Record;

namespace {

std::string text(SubjectId subject) {
  return fmt::format_int(subject.value).str();
}

// Events of other subjects that mention this one.
std::string evidence_list(SubjectId subject) {
  return "evidence/" + text(subject);
}

std::string contact_id(WorkspaceId workspace, SubjectId founder) {
  return model::derive_id("con", workspace, {"contact", text(founder)});
}

// Numbers listed under a member of a subject's record: who it is kept apart from, joins undone.
bool lists(const Record& subject, std::string_view member, uint64_t number) {
  const Json* all = subject.fields.find(member);
  return all && std::find(all->as_array().begin(), all->as_array().end(), Json(number)) !=
                    all->as_array().end();
}

// The subject's contact; a subject seen for the first time founds one.
std::string found_contact(Step& step, const Event& event, SubjectId subject) {
  const Record* known = step.find(model::kSubject, text(subject));
  if (known && !known->fields.text("contact").empty())
    return std::string(known->fields.text("contact"));
  const std::string id = contact_id(event.workspace, subject);
  step.edit(model::kSubject, text(subject)).fields.set("contact", id);
  Record& contact = step.edit(model::kContact, id);
  contact.fields.set("anonymous", true);
  contact.fields.set("first_seen_at", format_time(event.at));
  contact.fields.set("last_seen_at", format_time(event.at));
  contact.fields.set("subjects", Json::Array{Json(subject.value)});
  return id;
}

bool share_a_value(const Record& a, const Record& b, std::string_view field) {
  for (const Json& x : values_of(a.fields, field))
    for (const Json& y : values_of(b.fields, field))
      if (x == y) return true;
  return false;
}

bool differ_in(const Record& a, const Record& b, std::string_view field) {
  return !values_of(a.fields, field).empty() && !values_of(b.fields, field).empty() &&
         !share_a_value(a, b, field);
}

bool evidence_holds(IdentifierKind kind, const Record& a, const Record& b) {
  switch (kind) {
    case IdentifierKind::kExternalId:
    case IdentifierKind::kEmail:
      return true;
    case IdentifierKind::kPhone:
      return !differ_in(a, b, "external_ids") && !differ_in(a, b, "emails");
    case IdentifierKind::kAnonymousId:
      return !identified(a) || !identified(b);
  }
  BUG("unknown identifier kind");
}

// Identified contacts survive anonymous ones, then the older one survives.
bool survives(const Record& a, const Record& b) {
  if (identified(a) != identified(b)) return identified(a);
  return std::pair(a.created, a.key.id) < std::pair(b.created, b.key.id);
}

struct Join {
  SubjectId a, b;       // the two subjects that were evidence, or the founders
  std::string_view by;  // "email", "alias", "person" …
};

void join(Step& step, const std::string& first, const std::string& second, const Join& why) {
  const Record one = *step.find(model::kContact, first);
  const Record two = *step.find(model::kContact, second);
  const bool keep_first = survives(one, two);
  const Record& kept = keep_first ? one : two;
  const Record& merged = keep_first ? two : one;

  Record& result = step.edit(model::kContact, kept.key.id);
  join_fields(step, result, merged);
  Json note = Json::object();
  note.set("sequence", step.event().sequence.value)
      .set("merged", merged.key.id)
      .set("by", why.by)
      .set("a", why.a.value)
      .set("b", why.b.value);
  append_value(result.fields, "joins", std::move(note));
  append_value(result.fields, "former_ids", merged.key.id);
  for (SubjectId subject : subjects_of(merged))
    step.edit(model::kSubject, text(subject)).fields.set("contact", kept.key.id);
  step.remove(model::kContact, merged.key.id);
}

void join_by_evidence(Step& step, const Event& event) {
  const bool alias = event.type == model::kAliased;
  for (const Identity& identity : event.identities) {
    if (identity.subject == event.subject || identity.subject.value == 0) continue;
    step.file_under(evidence_list(identity.subject));
    const std::string mine = contact_of(step, event.subject);
    const std::string other = found_contact(step, event, identity.subject);
    if (mine == other) continue;
    if (lists(*step.find(model::kSubject, text(event.subject)), "apart", identity.subject.value))
      continue;
    const Record& a = *step.find(model::kContact, mine);
    const Record& b = *step.find(model::kContact, other);
    if (alias || evidence_holds(identity.kind, a, b)) {
      join(step, mine, other,
           {event.subject, identity.subject, alias ? "alias" : model::name(identity.kind)});
    }
  }
}

void note_identifiers(Record& contact, const Event& event) {
  for (const Identity& identity : event.identities) {
    switch (identity.kind) {
      case IdentifierKind::kExternalId:
        add_value(contact, "external_ids", identity.value);
        break;
      case IdentifierKind::kEmail:
        add_value(contact, "emails", identity.value);
        break;
      case IdentifierKind::kPhone:
        add_value(contact, "phones", identity.value);
        break;
      case IdentifierKind::kAnonymousId:
        break;
    }
  }
  if (identified(contact)) contact.fields.set("anonymous", false);
}

}  // namespace

std::string subject_list(SubjectId subject) {
  return "subject/" + text(subject);
}

bool identified(const Record& contact) {
  return !values_of(contact.fields, "external_ids").empty() ||
         !values_of(contact.fields, "emails").empty() ||
         !values_of(contact.fields, "phones").empty();
}

std::vector<SubjectId> subjects_of(const Record& contact) {
  std::vector<SubjectId> all;
  for (const Json& n : values_of(contact.fields, "subjects"))
    all.push_back({static_cast<uint64_t>(n.as_int())});
  return all;
}

std::string contact_of(const Step& step, SubjectId subject) {
  const Record* record = step.find(model::kSubject, text(subject));
  return record ? std::string(record->fields.text("contact")) : std::string();
}

const Record* resolve_contact(const Step& step, std::string_view id) {
  if (const Record* record = step.find(model::kContact, id)) return record;
  const auto holders = step.ids_with(model::kContact, "former_ids", id);
  return holders.empty() ? nullptr : step.find(model::kContact, holders.front());
}

void fold_contact(Step& step, const Event& event) {
  if (event.subject.value == 0) return;
  found_contact(step, event, event.subject);
  join_by_evidence(step, event);
  Record& contact = step.edit(model::kContact, contact_of(step, event.subject));
  note_identifiers(contact, event);
  note_time(contact.fields, event.at);
  if (event.type == model::kIdentified) apply_traits(contact, event);
  place_in_account(step, contact, event);
}

void merge_contacts(Step& step, const Event& event) {
  const Record* keep = resolve_contact(step, event.property("keep"));
  const Record* merge = resolve_contact(step, event.property("merge"));
  if (!keep || !merge) return;
  // Filed also where it changes nothing: without another join it would.
  for (const Record* side : {keep, merge})
    for (SubjectId subject : subjects_of(*side)) step.file_under(subject_list(subject));
  if (keep->key == merge->key) return;
  const Join why{subjects_of(*keep).front(), subjects_of(*merge).front(), "person"};
  const std::string first = keep->key.id, second = merge->key.id;
  join(step, first, second, why);
}

namespace {

// Facts of a cluster that is folded again from nothing: what the fold itself has made, and the
// accounts as they are (a contact is only placed in them).
class Apart final : public Facts {
 public:
  explicit Apart(const Step& outer) : outer_(outer) {}
  Answer find(std::string_view type, std::string_view id, const Record** record) const override {
    auto it = records_.find(model::RecordKey{std::string(type), std::string(id)});
    if (it == records_.end()) {
      *record = type == model::kAccount ? outer_.find(type, id) : nullptr;
      return *record ? Answer::kThere : Answer::kAbsent;
    }
    *record = &it->second;
    return Answer::kThere;
  }
  bool ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const override {
    if (entry.type == model::kAccount) {
      *ids = outer_.ids_with(entry.type, entry.field, entry.value);
      return true;
    }
    for (const auto& [key, record] : records_) {
      if (key.type != entry.type) continue;
      const auto entries = model::index_entries(record);
      if (std::binary_search(entries.begin(), entries.end(), entry)) ids->push_back(key.id);
    }
    return true;
  }
  const std::vector<Event>* events(const std::string&) const override { return &none_; }
  const IdPage* page(const std::string&, const std::string&) const override { return &no_page_; }

  void fold(const Event& event) {
    Step step(event, *this, outer_.basics());
    if (event.type == model::kContactsMerged) {
      merge_contacts(step, event);
    } else {
      fold_contact(step, event);
      count_for_contact(step, event);
    }
    Decisions done = step.take();
    for (auto& record : done.puts) records_.insert_or_assign(record.key, std::move(record));
    for (auto& key : done.removals) records_.erase(key);
  }
  std::map<model::RecordKey, Record> records_;

 private:
  const Step& outer_;
  std::vector<Event> none_;
  IdPage no_page_;
};

// Clusters that have to be folded again together: whatever events of one mention of another may
// join them once something else is undone.
struct Component {
  std::set<std::string> contacts;
  std::set<SubjectId> subjects;
  std::map<Sequence, const Event*> events;  // in order, each once
};

Component component_of(const Step& step, const Record& contact) {
  Component all;
  std::vector<std::string> open{contact.key.id};
  const auto reach = [&](SubjectId subject) {
    if (subject.value != 0) open.push_back(contact_of(step, subject));
  };
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (id.empty() || !all.contacts.insert(id).second) continue;
    for (SubjectId subject : subjects_of(*step.find(model::kContact, id))) {
      all.subjects.insert(subject);
      for (const std::string& list : {subject_list(subject), evidence_list(subject)}) {
        for (const Event& event : step.events(list)) {
          all.events.emplace(event.sequence, &event);
          reach(event.subject);
          for (const Identity& identity : event.identities) reach(identity.subject);
          for (std::string_view side : {"keep", "merge"})
            if (event.type == model::kContactsMerged)
              if (const Record* other = resolve_contact(step, event.property(side)))
                open.push_back(other->key.id);
        }
      }
    }
  }
  return all;
}

// What persons have undone so far, kept on the subjects: seeds of the new fold.
void seed(Apart& apart, const Step& step, const std::set<SubjectId>& subjects) {
  for (SubjectId subject : subjects) {
    const Record* old = step.find(model::kSubject, text(subject));
    if (!old) continue;
    Record fresh;
    fresh.key = old->key;
    fresh.created = old->created;
    for (std::string_view member : {"apart", "undone"})
      if (const Json* kept = old->fields.find(member)) fresh.fields.set(member, *kept);
    apart.records_.emplace(fresh.key, std::move(fresh));
  }
}

bool undone(const Step& step, const std::set<SubjectId>& subjects, Sequence sequence) {
  return std::any_of(subjects.begin(), subjects.end(), [&](SubjectId subject) {
    const Record* record = step.find(model::kSubject, text(subject));
    return record && lists(*record, "undone", sequence.value);
  });
}

void note_split(Step& step, const Json& joined) {
  const SubjectId a{static_cast<uint64_t>(joined.integer("a"))};
  const SubjectId b{static_cast<uint64_t>(joined.integer("b"))};
  if (joined.text("by") == "person") {
    append_value(step.edit(model::kSubject, text(a)).fields, "undone",
                 Json(joined.integer("sequence")));
  } else {
    append_value(step.edit(model::kSubject, text(a)).fields, "apart", Json(b.value));
    append_value(step.edit(model::kSubject, text(b)).fields, "apart", Json(a.value));
  }
}

}  // namespace

Split split_contact(Step& step, const Event& event) {
  const Record* contact = resolve_contact(step, event.property("contact"));
  if (!contact) return {};
  const Record whole = *contact;
  const int64_t merge = event.properties.integer("merge_sequence");
  bool found = false;
  for (const Json& joined : values_of(whole.fields, "joins")) {
    if (joined.integer("sequence") != merge) continue;
    note_split(step, joined);
    found = true;
  }
  if (!found) return {};
  for (SubjectId subject : subjects_of(whole)) step.file_under(subject_list(subject));

  const Component component = component_of(step, whole);
  Split split{whole.key.id, {}, {}};
  Apart apart(step);
  seed(apart, step, component.subjects);
  for (const auto& [sequence, earlier] : component.events) {
    if (earlier->type == model::kContactsSplit || undone(step, component.subjects, sequence))
      continue;
    apart.fold(*earlier);
    split.events.push_back(earlier);
  }
  for (const std::string& id : component.contacts) step.remove(model::kContact, id);
  for (auto& [key, record] : apart.records_) {
    if (key.type == model::kContact) split.contacts.push_back(key.id);
    step.put(record);
  }
  return split;
}

}  // namespace rapport::decide
