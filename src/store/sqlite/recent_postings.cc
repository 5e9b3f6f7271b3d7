#include "store/sqlite/recent_postings.h"

#include <fmt/format.h>

#include <optional>

namespace rapport::store {
namespace {

constexpr size_t kRowBytes = 3'500;  // with these a row fits a page
constexpr int64_t kRows = 32;        // in a bucket, on average, when it is filed

// Row n of a bucket.
int64_t key_of(int bucket, int64_t n) {
  return int64_t{bucket} << 32 | n;
}
// Buckets fill at the same pace: different limits keep them from being filed all at once.
int64_t limit_of(int bucket) {
  return kRows / 2 + bucket % kRows;
}

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

std::optional<std::string_view> take_text(std::string_view& bytes) {
  const auto size = take_varint(bytes);
  if (!size || *size > bytes.size()) return std::nullopt;
  const std::string_view text = bytes.substr(0, *size);
  bytes.remove_prefix(*size);
  return text;
}

void append_text_part(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

// Differences of positions may be negative: small ones of both signs become small numbers.
uint64_t zigzag(uint64_t difference) {
  return (difference << 1) ^ (~(difference >> 63) + 1);
}
uint64_t unzigzag(uint64_t n) {
  return (n >> 1) ^ (~(n & 1) + 1);
}

Error damaged(const Database& database) {
  return corrupt(
      fmt::format("{}: a list of events is damaged. Run `rapport rebuild`.", database.path()));
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

const char* RecentPostings::schema() {
  return R"sql(
    CREATE TABLE recent(
      row INTEGER PRIMARY KEY,  -- bucket << 32 | number
      body BLOB NOT NULL);
  )sql";
}

Result<RecentPostings::Fill> RecentPostings::add(int bucket, std::span<const Added> lists) {
  std::string body;
  for (const Added& list : lists) {
    append_text_part(body, list.name);
    append_text_part(body, pack(list.events));
  }
  Statement newest = database_.statement(
      "SELECT row, body FROM recent WHERE row >= ?1 AND row < ?2 ORDER BY row DESC LIMIT 1",
      key_of(bucket, 0), key_of(bucket + 1, 0));
  TRY_ASSIGN(const bool found, newest.step());
  int64_t row = key_of(bucket, 0);
  if (found) {
    row = newest.integer(0);
    const std::string_view before = newest.blob(1);
    if (before.size() + body.size() <= kRowBytes) {
      body.insert(0, before);
    } else {
      ++row;
    }
  }
  newest.reset();
  TRY(database_.run("INSERT OR REPLACE INTO recent(row, body) VALUES(?1, ?2)", row, Blob{body}));
  return row - key_of(bucket, 0) < limit_of(bucket) ? Fill::kRoom : Fill::kFull;
}

template <class Visit>
Result<void> RecentPostings::each(int bucket, Visit visit) {
  Statement rows =
      database_.statement("SELECT body FROM recent WHERE row >= ?1 AND row < ?2 ORDER BY row",
                          key_of(bucket, 0), key_of(bucket + 1, 0));
  for (;;) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) return {};
    for (std::string_view body = rows.blob(0); !body.empty();) {
      const auto name = take_text(body);
      const auto packed = take_text(body);
      if (!name || !packed || !visit(*name, *packed)) return damaged(database_);
    }
  }
}

Result<RecentPostings::Lists> RecentPostings::read(int bucket) {
  Lists lists;
  TRY(each(bucket, [&](std::string_view name, std::string_view packed) {
    const auto events = unpack(packed);
    if (!events) return false;
    auto found = lists.find(name);
    if (found == lists.end()) found = lists.emplace(name, std::vector<Filed>()).first;
    found->second.insert(found->second.end(), events->begin(), events->end());
    return true;
  }));
  return lists;
}

Result<std::vector<Filed>> RecentPostings::read(int bucket, std::string_view wanted) {
  std::vector<Filed> all;
  TRY(each(bucket, [&](std::string_view name, std::string_view packed) {
    if (name != wanted) return true;
    const auto events = unpack(packed);
    if (!events) return false;
    all.insert(all.end(), events->begin(), events->end());
    return true;
  }));
  return all;
}

Result<void> RecentPostings::clear(int bucket) {
  return database_.run("DELETE FROM recent WHERE row >= ?1 AND row < ?2", key_of(bucket, 0),
                       key_of(bucket + 1, 0));
}

}  // namespace rapport::store
