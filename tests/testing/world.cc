#include "testing/world.h"

#include <algorithm>
#include <stdexcept>

namespace rapport::testing {

using model::Event;
using model::Record;

namespace {
constexpr Micros kStart{1'767'225'600'000'000};  // 2026-01-01
}

Event World::send(Event event) {
  event.sequence = {last_.value + 1};
  received_ = std::max({received_, kStart, event.at, event.received_at});
  event.received_at = std::max(event.received_at, received_);
  if (event.at.value == 0) event.at = event.received_at;
  event.workspace = {1};
  fold(event);
  return event;
}

void World::fold(const Event& event) {
  last_ = event.sequence;
  received_ = event.received_at;
  std::vector<model::Timer> due;
  for (const auto& [id, timer] : timers_)
    if (timer.due <= event.received_at) due.push_back(timer);
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) {
    return std::pair(a.due, a.id) < std::pair(b.due, b.id);
  });
  auto outcome = engine_.step(event, due, *this);
  auto* done = std::get_if<decide::Decisions>(&outcome);
  if (!done) throw std::runtime_error("the engine needs what this world has");
  for (auto& record : done->puts) records_.insert_or_assign(record.key, std::move(record));
  for (auto& key : done->removals) records_.erase(key);
  for (auto& id : done->timers_removed) timers_.erase(id);
  for (auto& timer : done->timers) timers_.insert_or_assign(timer.id, timer);
  for (auto& mark : done->marks_removed) {
    auto it = marks_.find({mark.connection, mark.record});
    if (it != marks_.end() && it->second <= mark.version) marks_.erase(it);
  }
  for (auto& mark : done->marks) marks_[{mark.connection, mark.record}] = mark.version;
  for (auto& list : done->lists_removed) lists_.erase(list);
  for (auto& list : done->lists) lists_[list].push_back(event);
  pages_.clear();
}

void World::tick(Micros at) {
  Event event = own(model::kTick, Json::object());
  event.received_at = at;
  event.at = at;
  send(std::move(event));
}

std::vector<Error> World::problems() const {
  const Event none = own(model::kTick, Json::object());
  const decide::Step step(none, *this, engine_.basics());
  std::vector<Error> problems;
  engine_.definitions(step, &problems);
  return problems;
}

const Record* World::record(std::string_view type, std::string_view id) const {
  auto it = records_.find({std::string(type), std::string(id)});
  return it == records_.end() ? nullptr : &it->second;
}

std::vector<const Record*> World::all(std::string_view type) const {
  std::vector<const Record*> found;
  for (const auto& [key, record] : records_)
    if (key.type == type) found.push_back(&record);
  return found;
}

void World::put(Record record) {
  records_.insert_or_assign(record.key, std::move(record));
}

decide::Facts::Answer World::find(std::string_view type, std::string_view id,
                                  const Record** record) const {
  *record = this->record(type, id);
  return *record ? Answer::kThere : Answer::kAbsent;
}

bool World::ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const {
  for (const auto& [key, record] : records_) {
    if (key.type != entry.type) continue;
    const auto entries = model::index_entries(record);
    if (std::binary_search(entries.begin(), entries.end(), entry)) ids->push_back(key.id);
  }
  return true;
}

const std::vector<Event>* World::events(const std::string& list) const {
  return &lists_[list];
}

const decide::IdPage* World::page(const std::string& type, const std::string& cursor) const {
  auto& page = pages_[{type, cursor}];
  page = {};
  for (const Record* record : all(type)) {
    if (record->key.id <= cursor) continue;
    if (page.ids.size() == 3) {
      page.next = page.ids.back();
      break;
    }
    page.ids.push_back(record->key.id);
  }
  return &page;
}

Event tracked(std::string_view type, SubjectId subject, Json properties) {
  Event event;
  event.origin = model::Origin::kTracked;
  event.type = type;
  event.subject = subject;
  event.properties = std::move(properties);
  return event;
}

Event identify(SubjectId subject, std::vector<model::Identity> identities, Json traits) {
  Event event = tracked(model::kIdentified, subject, std::move(traits));
  event.identities = std::move(identities);
  return event;
}

Event own(std::string_view type, Json properties) {
  Event event = tracked(type, {0}, std::move(properties));
  event.origin = model::Origin::kServer;
  return event;
}

model::Identity external_id(std::string value, SubjectId subject) {
  return {model::IdentifierKind::kExternalId, std::move(value), subject};
}
model::Identity email(std::string value, SubjectId subject) {
  return {model::IdentifierKind::kEmail, std::move(value), subject};
}
model::Identity phone(std::string value, SubjectId subject) {
  return {model::IdentifierKind::kPhone, std::move(value), subject};
}
model::Identity anonymous(std::string value, SubjectId subject) {
  return {model::IdentifierKind::kAnonymousId, std::move(value), subject};
}

}  // namespace rapport::testing
