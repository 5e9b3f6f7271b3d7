#include "store/sqlite/posting_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace rapport::store {
namespace {

constexpr size_t kChunk = 64;
constexpr std::string_view kSelect = "SELECT name, tail FROM lists WHERE slot = ?1";

void append_varint(std::string& out, uint64_t n) {
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  out += static_cast<char>(n);
}

std::optional<uint64_t> take_varint(std::string_view& bytes) {
  uint64_t n = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto b = static_cast<uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    n |= static_cast<uint64_t>(b & 0x7f) << shift;
    if (b < 0x80) return n;
  }
  return std::nullopt;
}

// Differences of positions may be negative: small ones of both signs become small numbers.
uint64_t zigzag(uint64_t difference) {
  return (difference << 1) ^ (~(difference >> 63) + 1);
}
uint64_t unzigzag(uint64_t n) {
  return (n >> 1) ^ (~(n & 1) + 1);
}

}  // namespace

std::string pack(std::span<const Filed> events) {
  std::string out;
  out.reserve(events.size() * 10);
  Filed last{};
  for (const Filed& event : events) {
    append_varint(out, event.sequence.value - last.sequence.value);
    append_varint(out, zigzag(event.position.value - last.position.value));
    last = event;
  }
  return out;
}

std::optional<std::vector<Filed>> unpack(std::string_view bytes) {
  std::vector<Filed> events;
  Filed last{};
  while (!bytes.empty()) {
    const auto sequence = take_varint(bytes);
    const auto position = take_varint(bytes);
    if (!sequence || !position || *sequence == 0) return std::nullopt;
    last.sequence.value += *sequence;
    last.position.value += unzigzag(*position);
    events.push_back(last);
  }
  return events;
}

const char* PostingTable::schema() {
  return R"sql(
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
  struct Row {
    int64_t home;
    const Posting* posting;
  };
  std::vector<Row> rows;
  rows.reserve(postings.size());
  for (const Posting& posting : postings) {
    CHECK(!posting.list.empty());
    rows.push_back({home_(posting.list), &posting});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tie(a.home, a.posting->list, a.posting->sequence) <
           std::tie(b.home, b.posting->list, b.posting->sequence);
  });
  std::vector<Filed> events;
  for (size_t i = 0; i < rows.size(); ++i) {
    events.push_back({rows[i].posting->sequence, rows[i].posting->position});
    const std::string& list = rows[i].posting->list;
    if (i + 1 < rows.size() && rows[i + 1].posting->list == list) continue;
    events.erase(std::unique(events.begin(), events.end()), events.end());
    TRY(file(list, events));
    events.clear();
  }
  return {};
}

Result<void> PostingTable::remove(const std::string& name) {
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
  const bool late = list.exists() && list.tail.back().sequence >= events.front().sequence;
  if (late) TRY(take_chunks(list));
  list.tail.insert(list.tail.end(), events.begin(), events.end());
  if (late) {
    const auto sequence = [](const Filed& event) { return event.sequence; };
    std::ranges::stable_sort(list.tail, {}, sequence);
    const auto doubles = std::ranges::unique(list.tail, {}, sequence);
    list.tail.erase(doubles.begin(), doubles.end());
  }
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
  std::vector<Filed> all;
  Statement select = database_.statement("SELECT body FROM chunks WHERE list = ?1 ORDER BY first",
                                         list.place.slot);
  for (;;) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) break;
    TRY_ASSIGN(const std::vector<Filed> chunk, unpacked(select.blob(0)));
    all.insert(all.end(), chunk.begin(), chunk.end());
  }
  all.insert(all.end(), list.tail.begin(), list.tail.end());
  list.tail = std::move(all);
  return database_.run("DELETE FROM chunks WHERE list = ?1", list.place.slot);
}

Result<std::vector<Posting>> PostingTable::read(const std::string& name, Sequence after, int limit,
                                                PageRequest::Order order) {
  std::vector<Posting> found;
  const bool newest = order == PageRequest::Order::kNewest;
  const Sequence before = after.value == 0 ? Sequence{static_cast<uint64_t>(INT64_MAX)} : after;
  const auto full = [&] { return found.size() >= static_cast<size_t>(limit); };
  const auto take = [&](std::vector<Filed>& events) {
    if (newest) std::ranges::reverse(events);
    for (const Filed& event : events) {
      const bool wanted = newest ? event.sequence < before : event.sequence > after;
      if (wanted && !full()) found.push_back({name, event.sequence, event.position});
    }
  };
  TRY_ASSIGN(List list, find(name));
  if (!list.exists()) return found;
  if (newest) take(list.tail);
  Statement select = database_.statement(
      newest ? "SELECT body FROM chunks WHERE list = ?1 AND first < ?2 ORDER BY first DESC"
             : "SELECT body FROM chunks WHERE list = ?1 AND first >= coalesce((SELECT max(first)"
               " FROM chunks WHERE list = ?1 AND first <= ?2), 0) ORDER BY first",
      list.place.slot, newest ? before : after);
  while (!full()) {
    TRY_ASSIGN(const bool row, select.step());
    if (!row) break;
    TRY_ASSIGN(std::vector<Filed> events, unpacked(select.blob(0)));
    take(events);
  }
  if (!newest) take(list.tail);
  return found;
}

}  // namespace rapport::store
