#include "flow/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace rapport::flow {

using decide::Decisions;
using decide::Needs;
using model::Event;
using Item = store::EventLog::Follower::Item;

namespace {
constexpr int kPrefetchRounds = 3;    // subject → contact → account
constexpr int kMaxRequests = 10'000;  // of one step; more is a bug in the engine
constexpr int kPageOfIds = 200;
constexpr uint64_t kEventsPerSign = 128;  // each so many events one is filed under "workspace"
}  // namespace

Result<void> Fold::open() {
  TRY_ASSIGN(cursor_, state_.cursor());
  if (cursor_.sequence.value == 0) cache_.starts_empty();
  return {};
}

Result<void> Fold::prefetch(std::span<Item> items) {
  if (cache_.holds_all()) return {};
  std::vector<const Event*> open;
  for (const Item& item : items)
    if (!item.erased && item.event.sequence > cursor_.sequence) open.push_back(&item.event);
  for (int round = 0; round < kPrefetchRounds && !open.empty(); ++round) {
    std::vector<model::RecordKey> wanted;
    std::erase_if(open, [&](const Event* event) {
      Needs needs = engine_.foresee(*event, cache_);
      const bool done = needs.records.empty();
      std::move(needs.records.begin(), needs.records.end(), std::back_inserter(wanted));
      return done;
    });
    TRY(cache_.load(wanted));
  }
  return {};
}

Result<void> Fold::fold(std::span<Item> items) {
  TRY(prefetch(items));
  for (Item& item : items) {
    if (item.event.sequence <= cursor_.sequence) continue;
    if (item.event.sequence.value != cursor_.sequence.value + 1)
      return corrupt(
          fmt::format("the log goes on with event {} where {} was expected; run "
                      "`rapport verify`",
                      item.event.sequence.value, cursor_.sequence.value + 1));
    TRY(fold_one(item));
    cursor_.sequence = item.event.sequence;
    cursor_.received_at = item.event.received_at;
    cursor_.chain = item.chain;
    cursor_.next = item.next;
    cursor_.fold_version = decide::kFoldVersion;
    ++events_unwritten_;
  }
  return {};
}

Result<void> Fold::fold_one(Item& item) {
  // An erased event is known by its envelope alone; the timers due by then fire all the same.
  if (item.erased) item.event.origin = model::Origin::kServer;
  TRY_ASSIGN(const auto due, timers_.due(item.event.received_at));
  for (int request = 0; request < kMaxRequests; ++request) {
    auto outcome = engine_.step(item.event, due, cache_);
    if (auto* decisions = std::get_if<Decisions>(&outcome)) {
      absorb(item.event, *decisions);
      cache_.end_step();
      return {};
    }
    TRY(provide(std::get<Needs>(outcome)));
  }
  BUG(fmt::format("event {} never has what it needs", item.event.sequence.value));
}

Result<void> Fold::provide(const Needs& needs) {
  TRY(cache_.load(needs.records));
  for (const auto& entry : needs.entries) TRY(cache_.load(entry));
  if (needs.lists.empty() && needs.pages.empty()) return {};
  // These come from the store alone: it has to be up to date first.
  TRY(apply());
  for (const auto& list : needs.lists) {
    std::vector<Position> positions;
    Sequence after{0};
    for (;;) {
      TRY_ASSIGN(auto page, state_.postings(list, after, 1000, store::PageRequest::Order::kOldest));
      for (const auto& posting : page) positions.push_back(posting.position);
      if (page.size() < 1000) break;
      after = page.back().sequence;
    }
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

void Fold::absorb(const Event& event, Decisions& decisions) {
  cache_.absorb(decisions);
  timers_.change(decisions.timers, decisions.timers_removed);
  for (auto& done : decisions.marks_removed) {
    const auto row = std::pair(done.connection, done.record);
    if (auto it = marks_.find(row); it != marks_.end() && it->second.version <= done.version)
      marks_.erase(it);
    auto& removed = marks_removed_[row];
    removed = std::max(removed, done.version);
  }
  for (auto& mark : decisions.marks) {
    const auto row = std::pair(mark.connection, mark.record);
    marks_[row] = std::move(mark);
  }
  for (auto& list : decisions.lists_removed) {
    std::erase_if(postings_, [&](const store::Posting& p) { return p.list == list; });
    lists_removed_.push_back(std::move(list));
  }
  if (event.sequence.value % kEventsPerSign == 1)
    postings_.push_back({"workspace", event.sequence, event.position});
  for (auto& list : decisions.lists)
    postings_.push_back({std::move(list), event.sequence, event.position});
}

Result<void> Fold::apply() {
  if (events_unwritten_ == 0) return {};
  store::Changes changes;
  changes.cursor = cursor_;
  cache_.collect(changes);
  timers_.collect(changes);
  for (const auto& [row, mark] : marks_) changes.marks.push_back(mark);
  for (const auto& [row, version] : marks_removed_)
    changes.marks_removed.push_back({row.first, row.second, version, {}});
  changes.postings = std::move(postings_);
  changes.lists_removed = std::move(lists_removed_);
  TRY(state_.apply(changes));
  cache_.written(changes);
  timers_.written();
  marks_.clear();
  marks_removed_.clear();
  postings_.clear();
  lists_removed_.clear();
  events_unwritten_ = 0;
  return {};
}

}  // namespace rapport::flow
