#include "access/gate.h"

#include <fmt/format.h>

#include <map>
#include <mutex>

namespace rapport::access {

Tenant::Tenant(Principal principal, std::shared_ptr<store::State> state, store::EventLog& log,
               Reporter* reporter)
    : principal_(std::move(principal)), state_(std::move(state)), log_(log), reporter_(reporter) {}

bool Tenant::may(Scope scope) const {
  return principal_.scopes.contains(scope);
}

Result<model::Record> Tenant::record(std::string_view type, std::string_view id) {
  const model::RecordKey key{std::string(type), std::string(id)};
  TRY_ASSIGN(auto found, state_->load({&key, 1}));
  if (!found.front()) return not_found(fmt::format("there is no {} with the id \"{}\"", type, id));
  return *std::move(found.front());
}

Result<std::vector<model::Event>> Tenant::events(const std::string& list, Sequence after, int limit,
                                                 store::PageRequest::Order order) {
  TRY_ASSIGN(const auto postings, state_->postings(list, after, limit, order));
  std::vector<Position> positions;
  positions.reserve(postings.size());
  for (const auto& posting : postings) positions.push_back(posting.position);
  TRY_ASSIGN(auto events, log_.read(positions));
  const auto foreign = [&](const model::Event& event) { return event.workspace != workspace(); };
  if (const size_t dropped = std::erase_if(events, foreign); dropped > 0 && reporter_)
    reporter_->report(Level::kError, "gate.foreign_event_dropped",
                      Json::object()
                          .set("workspace", int64_t{workspace().value})
                          .set("events", static_cast<int64_t>(dropped)));
  return events;
}

Result<std::vector<model::Event>> Tenant::events_after(Sequence after, int limit) {
  // Every 128th event is filed under "workspace": the nearest one at or before the first wanted.
  TRY_ASSIGN(const auto near, state_->postings("workspace", Sequence{after.value + 2}, 1,
                                               store::PageRequest::Order::kNewest));
  std::vector<model::Event> events;
  if (near.empty()) return events;
  const auto follower = log_.follow(near.front().position);
  while (events.size() < static_cast<size_t>(limit)) {
    TRY_ASSIGN(auto item, follower->next());
    if (!item) break;
    if (item->event.workspace != workspace() || item->event.sequence <= after) continue;
    events.push_back(std::move(item->event));
  }
  return events;
}

struct Gate::Handles {
  std::mutex mutex;
  std::map<WorkspaceId, std::shared_ptr<store::State>> open;
};

Gate::Gate(Control& control, store::EventLog& log, OpenState open_state, Reporter* reporter)
    : control_(control),
      log_(log),
      open_state_(std::move(open_state)),
      reporter_(reporter),
      handles_(std::make_shared<Handles>()) {}

Result<Principal> Gate::authenticate(std::string_view secret, Scope needed) {
  TRY_ASSIGN(auto principal, control_.authenticate(secret));
  if (principal.scopes.contains(needed)) return principal;
  std::string has;
  for (Scope scope : principal.scopes) has += (has.empty() ? "" : ", ") + std::string(name(scope));
  return Error{Code::kForbidden,
               fmt::format("this needs a key with the scope {}; this key has: {}. An administrator "
                           "can make one with `rapport keys create`",
                           name(needed), has)};
}

Result<Tenant> Gate::admit(std::string_view secret, Scope needed) {
  TRY_ASSIGN(auto principal, authenticate(secret, needed));
  if (principal.workspace == WorkspaceId{})
    return Error{Code::kForbidden,
                 "this key belongs to the server and opens no workspace: use a key of the "
                 "workspace"};
  const std::lock_guard lock(handles_->mutex);
  auto it = handles_->open.find(principal.workspace);
  if (it == handles_->open.end()) {
    // A workspace removed since the key was checked must not be opened, and so made, again.
    TRY_ASSIGN([[maybe_unused]] const auto there, control_.workspace(principal.workspace));
    TRY_ASSIGN(auto state, open_state_(principal.workspace));
    it = handles_->open.emplace(principal.workspace, std::move(state)).first;
  }
  return Tenant(std::move(principal), it->second, log_, reporter_);
}

void Gate::forget(WorkspaceId workspace) {
  const std::lock_guard lock(handles_->mutex);
  handles_->open.erase(workspace);
}

}  // namespace rapport::access
