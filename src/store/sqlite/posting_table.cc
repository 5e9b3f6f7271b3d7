#include "store/sqlite/posting_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace rapport::store {
namespace {

constexpr size_t kChunk = 64;
constexpr std::string_view kSelect = "SELECT name, tail FROM lists WHERE slot = ?1";

// Rising, each event once.
void put_in_order(std::vector<Filed>& events) {
  const auto sequence = [](const Filed& event) { return event.sequence; };
  std::ranges::stable_sort(events, {}, sequence);
  const auto doubles = std::ranges::unique(events, {}, sequence);
  events.erase(doubles.begin(), doubles.end());
}

bool is_rising(std::span<const Filed> events) {
  return std::ranges::adjacent_find(events, [](const Filed& a, const Filed& b) {
           return a.sequence >= b.sequence;
         }) == events.end();
}

void append(std::vector<Filed>& to, std::span<const Filed> events) {
  to.insert(to.end(), events.begin(), events.end());
}

}  // namespace

std::string PostingTable::schema() {
  return std::string(RecentPostings::schema()) + R"sql(
    CREATE TABLE lists(
      slot INTEGER PRIMARY KEY,
      name TEXT NOT NULL,  -- empty: a grave
      tail BLOB NOT NULL);
    CREATE TABLE chunks(
      list INTEGER NOT NULL,  -- slot
      first INTEGER NOT NULL,
      body BLOB NOT NULL,
      PRIMARY KEY(list, first)) WITHOUT ROWID;
  )sql";
}

Result<std::vector<Filed>> PostingTable::unpacked(std::string_view bytes) {
  auto events = unpack(bytes);
  if (events) return std::move(*events);
  return corrupt(
      fmt::format("{}: a list of events is damaged. Run `rapport rebuild`.", database_.path()));
}

Result<PostingTable::List> PostingTable::find(std::string_view name) {
  Statement select = database_.statement(kSelect);
  List list;
  TRY_ASSIGN(list.place, find_place(home_(name), [&](int64_t slot) -> Result<Occupant> {
               TRY_ASSIGN(const bool row, select.bind(slot).step());
               if (!row) return Occupant::kNone;
               if (select.text(0).empty()) return Occupant::kGrave;
               return select.text(0) == name ? Occupant::kSame : Occupant::kOther;
             }));
  if (!list.exists()) return list;
  TRY_ASSIGN(list.tail, unpacked(select.blob(1)));
  return list;
}

Result<void> PostingTable::apply(std::span<const std::string> lists_removed,
                                 std::span<const Posting> postings) {
  for (const std::string& list : lists_removed) TRY(remove(list));
  return add(postings);
}

Result<void> PostingTable::add(std::span<const Posting> postings) {
  struct Row {
    int64_t home;
    const Posting* posting;
  };
  std::vector<Row> rows;
  rows.reserve(postings.size());
  for (const Posting& posting : postings) {
    CHECK(!posting.list.empty() && posting.sequence.value > 0);
    rows.push_back({home_(posting.list), &posting});
  }
  const auto key = [](const Row& row) {
    return std::make_tuple(row.home, std::string_view(row.posting->list), row.posting->sequence);
  };
  std::ranges::sort(rows, {}, key);
  const auto doubles = std::ranges::unique(rows, {}, key);
  rows.erase(doubles.begin(), doubles.end());
  std::vector<Filed> events;
  for (const Row& row : rows) events.push_back({row.posting->sequence, row.posting->position});
  std::vector<RecentPostings::Added> lists;  // of one bucket
  for (size_t begin = 0; begin < rows.size();) {
    const std::string& name = rows[begin].posting->list;
    size_t end = begin + 1;
    while (end < rows.size() && rows[end].posting->list == name) ++end;
    lists.push_back({name, {events.data() + begin, end - begin}});
    const int bucket = RecentPostings::bucket_of(rows[begin].home);
    begin = end;
    if (begin < rows.size() && RecentPostings::bucket_of(rows[begin].home) == bucket) continue;
    TRY_ASSIGN(const auto fill, recent_.add(bucket, lists));
    if (fill == RecentPostings::Fill::kFull) TRY(file_recent(bucket));
    lists.clear();
  }
  return {};
}

Result<void> PostingTable::file_recent(int bucket) {
  TRY_ASSIGN(const RecentPostings::Lists lists, recent_.read(bucket));
  std::vector<std::pair<int64_t, const RecentPostings::Lists::value_type*>> order;
  for (const auto& list : lists) order.emplace_back(home_(list.first), &list);
  std::ranges::sort(order);
  for (const auto& [home, list] : order) TRY(file(list->first, list->second));
  return recent_.clear(bucket);
}

Result<void> PostingTable::remove(const std::string& name) {
  TRY(file_recent(RecentPostings::bucket_of(home_(name))));
  TRY_ASSIGN(const List list, find(name));
  if (!list.exists()) return {};
  const int64_t slot = list.place.slot;
  TRY(database_.run("DELETE FROM chunks WHERE list = ?1", slot));
  Statement select = database_.statement(kSelect, slot + 1);
  TRY_ASSIGN(const bool neighbour, select.step());
  select.reset();
  if (!neighbour) return database_.run("DELETE FROM lists WHERE slot = ?1", slot);
  return database_.run("UPDATE lists SET name = '', tail = x'' WHERE slot = ?1", slot);
}

Result<void> PostingTable::file(const std::string& name, std::span<const Filed> events) {
  TRY_ASSIGN(List list, find(name));
  const bool late =
      !is_rising(events) || (list.exists() && list.tail.back().sequence >= events.front().sequence);
  if (late) TRY(take_chunks(list));
  append(list.tail, events);
  if (late) put_in_order(list.tail);
  TRY(write_chunks(list));
  return put_row(name, list);
}

Result<void> PostingTable::put_row(const std::string& name, const List& list) {
  const std::string packed = pack(list.tail);
  if (list.exists()) {
    return database_.run("UPDATE lists SET tail = ?1 WHERE slot = ?2", Blob{packed},
                         list.place.slot);
  }
  return database_.run("INSERT OR REPLACE INTO lists(slot, name, tail) VALUES(?1, ?2, ?3)",
                       list.place.slot, name, Blob{packed});
}

// Moves whole chunks from the front of the tail into rows of their own; something always stays.
Result<void> PostingTable::write_chunks(List& list) {
  size_t done = 0;
  for (; list.tail.size() - done > kChunk; done += kChunk) {
    const std::span<const Filed> chunk(list.tail.data() + done, kChunk);
    TRY(database_.run("INSERT INTO chunks(list, first, body) VALUES(?1, ?2, ?3)", list.place.slot,
                      chunk.front().sequence, Blob{pack(chunk)}));
  }
  list.tail.erase(list.tail.begin(), list.tail.begin() + static_cast<std::ptrdiff_t>(done));
  return {};
}

// Events older than the newest one of the list come rarely: all is then written anew.
Result<void> PostingTable::take_chunks(List& list) {
  if (!list.exists()) return {};
  std::vector<Filed> all;
  TRY(read_chunks(list.place.slot, {0}, PageRequest::Order::kOldest, [&](std::vector<Filed> chunk) {
    append(all, chunk);
    return true;
  }));
  append(all, list.tail);
  list.tail = std::move(all);
  return database_.run("DELETE FROM chunks WHERE list = ?1", list.place.slot);
}

// From the chunk that may hold the first event wanted on, until `take` has enough.
Result<void> PostingTable::read_chunks(int64_t slot, Sequence after, PageRequest::Order order,
                                       const std::function<bool(std::vector<Filed>)>& take) {
  Statement select = database_.statement(
      order == PageRequest::Order::kNewest
          ? "SELECT body FROM chunks WHERE list = ?1 AND first < ?2 ORDER BY first DESC"
          : "SELECT body FROM chunks WHERE list = ?1 AND first >= coalesce((SELECT max(first)"
            " FROM chunks WHERE list = ?1 AND first <= ?2), 0) ORDER BY first",
      slot, after);
  for (;;) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) return {};
    TRY_ASSIGN(std::vector<Filed> chunk, unpacked(select.blob(0)));
    if (!take(std::move(chunk))) return {};
  }
}

Result<std::vector<Posting>> PostingTable::read(const std::string& name, Sequence after, int limit,
                                                PageRequest::Order order) {
  const bool newest = order == PageRequest::Order::kNewest;
  if (newest && after.value == 0) after.value = static_cast<uint64_t>(INT64_MAX);
  std::vector<Posting> found;
  const auto full = [&] { return found.size() >= static_cast<size_t>(limit); };
  const auto take = [&](std::vector<Filed> events) {
    if (newest) std::ranges::reverse(events);
    for (const Filed& event : events) {
      const bool wanted = newest ? event.sequence < after : event.sequence > after;
      if (wanted && !full()) found.push_back({name, event.sequence, event.position});
    }
    return !full();
  };
  TRY_ASSIGN(List list, find(name));
  TRY_ASSIGN(const auto recent, recent_.read(RecentPostings::bucket_of(home_(name)), name));
  const bool late = list.exists() && !recent.empty() &&
                    std::ranges::min(recent).sequence <= list.tail.back().sequence;
  std::vector<Filed> last = std::move(list.tail);
  append(last, recent);
  if (late) {
    std::vector<Filed> all;
    TRY(read_chunks(list.place.slot, {0}, PageRequest::Order::kOldest,
                    [&](std::vector<Filed> chunk) {
                      append(all, chunk);
                      return true;
                    }));
    append(all, last);
    put_in_order(all);
    take(std::move(all));
    return found;
  }
  put_in_order(last);
  if (newest && !take(last)) return found;
  if (list.exists()) TRY(read_chunks(list.place.slot, after, order, take));
  if (!newest) take(std::move(last));
  return found;
}

}  // namespace rapport::store
