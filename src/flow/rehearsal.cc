#include "flow/rehearsal.h"

#include <algorithm>

namespace rapport::flow {

using decide::Decisions;
using decide::Needs;

namespace {
constexpr size_t kKept = 100'000;     // nothing is written, so nothing may be dropped
constexpr int kMaxRequests = 10'000;  // of one step; more is a bug in the engine
constexpr size_t kMostEvents = 1000;  // of a posting list
constexpr int kPageOfIds = 200;
}  // namespace

Rehearsal::Rehearsal(store::FoldedState& state, const decide::Engine& engine,
                     ReadEvents read_events)
    : state_(state), engine_(engine), read_events_(std::move(read_events)), cache_(state, kKept) {}

Result<void> Rehearsal::open() {
  if (open_) return {};
  TRY_ASSIGN(const store::Cursor cursor, state_.cursor());
  next_ = Sequence{cursor.sequence.value + 1};
  received_ = cursor.received_at;
  open_ = true;
  return {};
}

Result<void> Rehearsal::provide(const Needs& needs) {
  TRY(cache_.load(needs.records));
  for (const auto& entry : needs.entries) TRY(cache_.load(entry));
  for (const auto& list : needs.lists) {
    std::vector<Position> positions;
    TRY_ASSIGN(const auto page,
               state_.postings(list, Sequence{0}, kMostEvents, store::PageRequest::Order::kOldest));
    for (const auto& posting : page) positions.push_back(posting.position);
    TRY_ASSIGN(auto events, read_events_(positions));
    cache_.give_events(list, std::move(events));
  }
  for (const auto& [type, cursor] : needs.pages) {
    TRY_ASSIGN(auto page,
               state_.list({type, "", "", cursor, kPageOfIds, store::PageRequest::Order::kOldest}));
    decide::IdPage ids;
    for (const auto& record : page.records) ids.ids.push_back(record.key.id);
    ids.next = page.next;
    cache_.give_page(type, cursor, std::move(ids));
  }
  return {};
}

Result<Decisions> Rehearsal::step(model::Event event, std::span<const model::Timer> due) {
  TRY(open());
  event.sequence = next_;
  event.received_at = received_ = std::max(received_, event.received_at);
  for (int request = 0; request < kMaxRequests; ++request) {
    auto outcome = engine_.step(event, due, cache_);
    if (auto* decisions = std::get_if<Decisions>(&outcome)) {
      Decisions done = *decisions;
      cache_.absorb(*decisions);
      cache_.end_step();
      next_ = Sequence{next_.value + 1};
      return done;
    }
    TRY(provide(std::get<Needs>(outcome)));
  }
  BUG("a rehearsed event never has what it needs");
}

Result<void> Rehearsal::read(Micros now, const std::function<void(const decide::Step&)>& look) {
  TRY(open());
  model::Event nothing;
  nothing.origin = model::Origin::kServer;
  nothing.type = model::kTick;
  nothing.sequence = next_;
  nothing.received_at = nothing.at = now;
  for (int request = 0; request < kMaxRequests; ++request) {
    const decide::Step step(nothing, cache_, engine_.basics());
    Needs needs;
    try {
      look(step);
      return {};
    } catch (Needs& missing) {  // thrown by Step only
      needs = std::move(missing);
    }
    TRY(provide(needs));
  }
  BUG("a rehearsed look never has what it needs");
}

Result<std::optional<model::Record>> Rehearsal::before(const model::RecordKey& key) {
  TRY_ASSIGN(auto found, state_.load(std::vector{key}));
  return std::move(found.front());
}

}  // namespace rapport::flow
