#include "expr/arena.h"

#include <algorithm>
#include <cstring>

#include "expr/collections.h"

namespace rapport::expr {
namespace {

constexpr size_t kFirstBlock = 4096;
constexpr Failure kNoRoom{"the evaluation needs more memory than its limit allows"};
constexpr Failure kRepeatedKey{"a map has the same key twice"};
constexpr Failure kBadKey{"unsupported key type: map keys are bool, int, uint or string"};
// Keys of a hundred thousand that are not chosen to collide take some 60 tries at worst.
constexpr uint32_t kMostTries = 128;
constexpr Failure kAlikeKeys{"the keys of a map are chosen to make it slow"};
constexpr uint32_t kSearchedInOrder = 8;  // maps up to this size have no buckets

bool may_be_key(const Value& key) {
  return key.is(Kind::kBool) || key.is(Kind::kInt) || key.is(Kind::kUint) || key.is(Kind::kString);
}

// Enters every key; an error when one stands there already.
const Failure* fill_buckets(std::span<const MapEntry> entries, uint32_t* buckets, uint32_t mask) {
  std::fill_n(buckets, size_t{mask} + 1, 0u);
  for (uint32_t i = 0; i < entries.size(); ++i) {
    uint32_t at = hash_key(entries[i].key) & mask;
    for (uint32_t tries = 0; buckets[at] != 0; at = (at + 1) & mask) {
      if (same_key(entries[buckets[at] - 1].key, entries[i].key)) return &kRepeatedKey;
      if (++tries > kMostTries) return &kAlikeKeys;
    }
    buckets[at] = i + 1;
  }
  return nullptr;
}

bool has_repeated_key(std::span<const MapEntry> entries) {
  for (size_t i = 0; i < entries.size(); ++i)
    for (size_t k = 0; k < i; ++k)
      if (same_key(entries[i].key, entries[k].key)) return true;
  return false;
}

}  // namespace

void* Arena::grow(size_t bytes) {
  const size_t taken = used();
  if (bytes > limit_ || taken > limit_ - bytes) return nullptr;
  const size_t size = std::max(bytes, std::min(std::max(kFirstBlock, taken), limit_ - taken));
  full_ = taken;
  if (blocks_.empty()) first_size_ = size;
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
  start_ = blocks_.back().get();
  next_ = start_ + bytes;
  end_ = start_ + size;
  return start_;
}

void Arena::reset() {
  full_ = 0;
  if (blocks_.empty()) return;
  blocks_.resize(1);
  start_ = next_ = blocks_[0].get();
  end_ = start_ + first_size_;
}

Value Arena::string(std::string_view text) {
  char* at = array<char>(text.size());
  if (at == nullptr) return Value::error(&kNoRoom);
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  return Value::string({at, text.size()});
}

Value Arena::bytes(std::string_view text) {
  const Value copy = string(text);
  return copy.is_error() ? copy : Value::bytes(copy.as_text());
}

Value Arena::list(std::span<const Value> items) {
  Value* at = array<Value>(items.size());
  if (at == nullptr) return Value::error(&kNoRoom);
  std::copy(items.begin(), items.end(), at);
  return Value::list(at, items.size());
}

Value Arena::some(const Value& held) {
  auto* at = array<Value>(1);
  if (at == nullptr) return Value::error(&kNoRoom);
  *at = held;
  return Value::some(at);
}

Value Arena::error(std::string_view message) {
  auto* at = array<Failure>(1);
  const Value text = string(message);
  if (at == nullptr || text.is_error()) return Value::error(&kNoRoom);
  *at = {text.as_text()};
  return Value::error(at);
}

Value Arena::map(std::span<const MapEntry> entries) {
  for (const MapEntry& entry : entries)
    if (!may_be_key(entry.key)) return Value::error(&kBadKey);
  auto* cells = array<MapCells>(1);
  auto* kept = array<MapEntry>(entries.size());
  if (cells == nullptr || kept == nullptr) return Value::error(&kNoRoom);
  std::copy(entries.begin(), entries.end(), kept);
  *cells = {kept, nullptr, static_cast<uint32_t>(entries.size()), 0};
  if (entries.size() <= kSearchedInOrder)
    return has_repeated_key(entries) ? Value::error(&kRepeatedKey) : Value::map(cells);
  uint32_t capacity = 16;
  while (capacity < entries.size() * 2) capacity *= 2;
  auto* buckets = array<uint32_t>(capacity);
  if (buckets == nullptr) return Value::error(&kNoRoom);
  cells->buckets = buckets;
  cells->mask = capacity - 1;
  const Failure* failure = fill_buckets(entries, buckets, cells->mask);
  return failure == nullptr ? Value::map(cells) : Value::error(failure);
}

Value Arena::missing(std::string_view path) {
  auto* at = array<Missing>(1);
  if (at == nullptr) return Value::error(&kNoRoom);
  *at = {path};
  return Value::absent(at);
}

Value Arena::merge_unknown(const Value& a, const Value& b) {
  if (a.missing() == b.missing() || b.missing() == nullptr) return Value::unknown(a.missing());
  if (a.missing() == nullptr) return Value::unknown(b.missing());
  if (a.missing()->left == b.missing() || a.missing()->right == b.missing())
    return Value::unknown(a.missing());
  auto* at = array<Missing>(1);
  if (at == nullptr) return Value::unknown(a.missing());  // still unknown, if of less
  *at = {{}, a.missing(), b.missing()};
  return Value::unknown(at);
}

}  // namespace rapport::expr
