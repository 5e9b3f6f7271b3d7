#include "access/erasure.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace rapport::access {
namespace {

using model::Record;
using model::RecordKey;

// Rounds of looking for what arrived meanwhile. One is enough unless an event was on its way.
constexpr int kRounds = 8;
constexpr int kPage = 1000;

std::set<SubjectId> subjects_of(const Json& fields) {
  std::set<SubjectId> subjects;
  const Json* numbers = fields.find("subjects");
  if (!numbers || !numbers->is_array()) return subjects;
  for (const Json& number : numbers->as_array())
    if (number.is_int() && number.as_int() > 0)
      subjects.insert({static_cast<uint64_t>(number.as_int())});
  return subjects;
}

std::vector<std::string> identifiers_of(const Json& fields) {
  std::vector<std::string> all;
  for (std::string_view list : {"emails", "phones", "external_ids"})
    if (const Json* values = fields.find(list); values && values->is_array())
      for (const Json& value : values->as_array())
        if (value.is_string()) all.emplace_back(value.as_string());
  return all;
}

std::optional<SubjectId> subject_of(const RecordKey& key) {
  SubjectId subject;
  const auto [end, error] =
      std::from_chars(key.id.data(), key.id.data() + key.id.size(), subject.value);
  if (error != std::errc() || end != key.id.data() + key.id.size()) return std::nullopt;
  return subject;
}

Result<std::vector<Record>> all_with(store::State& state, std::string_view type,
                                     std::string_view field, std::string_view value) {
  store::PageRequest request;
  request.type = type;
  request.field = field;
  request.value = value;
  request.limit = kPage;
  std::vector<Record> all;
  do {
    TRY_ASSIGN(auto page, state.list(request));
    for (Record& record : page.records) all.push_back(std::move(record));
    request.after = page.next;
  } while (!request.after.empty());
  return all;
}

Result<std::optional<Record>> load(store::State& state, std::string_view type,
                                   std::string_view id) {
  const RecordKey key{std::string(type), std::string(id)};
  TRY_ASSIGN(auto found, state.load({&key, 1}));
  return std::move(found.front());
}

template <class Targets>
std::vector<SubjectId> all_subjects(const Targets& targets) {
  std::set<SubjectId> all;
  for (const auto& [contact, subjects] : targets) all.insert(subjects.begin(), subjects.end());
  return {all.begin(), all.end()};
}

}  // namespace

Erasure::Erasure(ErasureSteps steps, store::Keys& keys, store::Ids& ids, Control& control)
    : steps_(std::move(steps)), keys_(keys), ids_(ids), control_(control) {}

Result<ErasureReport> Erasure::erase(WorkspaceId workspace, std::string_view contact) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Targets pending, find(workspace, contact));
  ErasureReport report;
  Targets erased;
  if (pending.empty()) {
    TRY_ASSIGN(auto state, steps_.state(workspace));
    TRY_ASSIGN(const auto known, load(*state, model::kErasure, contact));
    if (!known) return not_found(fmt::format("there is no contact with the id \"{}\"", contact));
    report.was_erased_before = true;
    TRY_ASSIGN(erased, unfinished(workspace, contact));
  }
  if (!pending.empty() || !erased.empty()) {
    TRY(forget(workspace, std::move(pending), erased));
    TRY(finish(workspace, erased));
  }
  for (const auto& [id, subjects] : erased) report.contacts.push_back(id);
  report.subjects = all_subjects(erased).size();
  return report;
}

Result<int> Erasure::resume(WorkspaceId workspace) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Targets erased, unfinished(workspace, {}));
  if (erased.empty()) return 0;
  const int number = static_cast<int>(erased.size());
  TRY(forget(workspace, {}, erased));
  TRY(finish(workspace, erased));
  return number;
}

Result<void> Erasure::add_target(WorkspaceId workspace, store::State& state,
                                 const std::string& contact, Targets& targets) {
  TRY_ASSIGN(const auto record, load(state, model::kContact, contact));
  std::set<SubjectId> subjects;
  if (record) subjects = subjects_of(record->fields);
  TRY_ASSIGN(const auto bound, all_with(state, model::kSubject, "contact", contact));
  for (const Record& subject : bound)
    if (const auto number = subject_of(subject.key)) subjects.insert(*number);
  if (const auto names = record ? identifiers_of(record->fields) : std::vector<std::string>();
      !names.empty()) {
    TRY_ASSIGN(auto quarantined, steps_.quarantined_with(workspace, names));
    subjects.merge(quarantined);
  }
  if (record || !subjects.empty()) targets[contact].merge(subjects);
  return {};
}

// The contact of this id and those it was merged into: they are the same person.
Result<Erasure::Targets> Erasure::find(WorkspaceId workspace, std::string_view contact) {
  TRY_ASSIGN(auto state, steps_.state(workspace));
  Targets targets;
  TRY(add_target(workspace, *state, std::string(contact), targets));
  TRY_ASSIGN(const auto merged, all_with(*state, model::kContact, "former_ids", contact));
  for (const Record& record : merged) TRY(add_target(workspace, *state, record.key.id, targets));
  return targets;
}

// What the state holds again of erased contacts: events that were on their way brought it.
Result<Erasure::Targets> Erasure::find_left(WorkspaceId workspace, const Targets& erased) {
  Targets left;
  for (const auto& [contact, subjects] : erased) {
    TRY_ASSIGN(Targets found, find(workspace, contact));
    left.merge(found);
  }
  TRY_ASSIGN(auto state, steps_.state(workspace));
  for (SubjectId subject : all_subjects(erased)) {
    TRY_ASSIGN(const auto record, load(*state, model::kSubject, std::to_string(subject.value)));
    if (!record) continue;
    const std::string contact(record->fields.text("contact", erased.begin()->first));
    TRY(add_target(workspace, *state, contact, left));
    left[contact].insert(subject);
  }
  return left;
}

// Erasures of one contact, or of all (empty), whose steps are not all done.
Result<Erasure::Targets> Erasure::unfinished(WorkspaceId workspace, std::string_view contact) {
  TRY_ASSIGN(auto state, steps_.state(workspace));
  TRY_ASSIGN(const auto open, all_with(*state, model::kErasure, "status", "open"));
  Targets targets;
  for (const Record& record : open) {
    if (!contact.empty() && record.key.id != contact) continue;
    TRY_ASSIGN(const bool done, control_.erasure_done(workspace, record.key.id, record.version));
    if (!done) targets[record.key.id] = subjects_of(record.fields);
  }
  return targets;
}

Result<void> Erasure::append(WorkspaceId workspace, const std::string& contact,
                             const std::set<SubjectId>& subjects) {
  model::Event event;
  event.workspace = workspace;
  event.origin = model::Origin::kServer;
  event.type = model::kContactErased;
  Json numbers = Json::array();
  for (SubjectId subject : subjects) numbers.push_back(subject.value);
  event.properties.set("contact", contact).set("subjects", std::move(numbers));
  TRY_ASSIGN(const Sequence sequence, steps_.append(std::move(event)));
  return steps_.wait_folded(workspace, sequence);
}

// Takes the pending contacts out of the state and the identifier index, until nothing of them is
// left. Without a binding new events of the person begin a new subject.
Result<void> Erasure::forget(WorkspaceId workspace, Targets pending, Targets& erased) {
  for (int round = 0; round < kRounds; ++round) {
    for (auto& [contact, subjects] : pending) {
      std::set<SubjectId>& all = erased[contact];
      all.insert(subjects.begin(), subjects.end());
      TRY(append(workspace, contact, all));
    }
    TRY(ids_.unbind(workspace, all_subjects(erased)));
    TRY_ASSIGN(pending, find_left(workspace, erased));
    if (pending.empty()) return {};
  }
  return Error{Code::kUnavailable,
               "events of this contact keep arriving while it is erased: try again",
               Retryable::kYes};
}

Result<void> Erasure::finish(WorkspaceId workspace, const Targets& erased) {
  TRY(keys_.destroy(workspace, all_subjects(erased)));
  for (const auto& [contact, subjects] : erased) {
    const std::vector<SubjectId> numbers(subjects.begin(), subjects.end());
    TRY(steps_.add_tombstone(workspace, contact, numbers));
  }
  TRY(steps_.renew_base(workspace));
  TRY(steps_.scrub(workspace));
  TRY_ASSIGN(auto state, steps_.state(workspace));
  for (const auto& [contact, subjects] : erased) {
    TRY_ASSIGN(const auto record, load(*state, model::kErasure, contact));
    if (record) TRY(control_.note_erasure_done(workspace, contact, record->version));
  }
  return {};
}

}  // namespace rapport::access
