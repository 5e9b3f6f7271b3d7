#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/plain_run.h"

namespace rapport {
namespace {

void append_string(std::string& out, std::string_view text) {
  const size_t plain = plain_run(text).size;
  out += '"';
  if (plain == text.size()) {
    out += text;
    out += '"';
    return;
  }
  size_t start = 0;
  for (size_t i = plain; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    static constexpr std::string_view kPlain = "\"\\\b\f\n\r\t", kShort = "\"\\bfnrt";
    const size_t at = kPlain.find(text[i]);
    if (at != std::string_view::npos) {
      out += '\\';
      out += kShort[at];
    } else {
      out += "\\u00";
      out += "0123456789abcdef"[c >> 4];
      out += "0123456789abcdef"[c & 15];
    }
  }
  out.append(text, start);
  out += '"';
}

void append_double(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";  // JSON has no word for it
    return;
  }
  char buffer[32];
  const char* end = std::to_chars(buffer, buffer + sizeof buffer, d).ptr;
  const std::string_view digits(buffer, static_cast<size_t>(end - buffer));
  out += digits;
  if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";  // stays a double
}

void append_int(std::string& out, int64_t n) {
  char buffer[24];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, n).ptr);
}

// Writes one value; the three printed forms differ in order of members and white space only.
class Writer {
 public:
  enum class Order { kAsIs, kSorted };
  enum class Space { kNone, kIndented };
  Writer(std::string& out, Order order, Space space) : out_(out), order_(order), space_(space) {}

  void write(const Json& v) {
    if (v.is_string()) return append_string(out_, v.as_string());
    if (v.is_int()) return append_int(out_, v.as_int());
    if (v.is_double()) return append_double(out_, v.as_double());
    if (v.is_bool()) {
      out_ += v.as_bool() ? "true" : "false";
    } else if (v.is_array()) {
      list('[', ']', v.as_array(), [&](const Json& item) { write(item); });
    } else if (v.is_object()) {
      object(v.as_object());
    } else {
      out_ += "null";
    }
  }

 private:
  void object(const Json::Object& members) {
    const auto member = [&](const Json::Member& m) {
      append_string(out_, m.first);
      out_ += space_ == Space::kIndented ? ": " : ":";
      write(m.second);
    };
    if (order_ == Order::kAsIs) return list('{', '}', members, member);
    std::vector<const Json::Member*> sorted;
    sorted.reserve(members.size());
    for (const auto& m : members) sorted.push_back(&m);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->first < b->first; });
    list('{', '}', sorted, [&](const Json::Member* m) { member(*m); });
  }

  template <class List, class WriteItem>
  void list(char open, char close, const List& items, WriteItem write_item) {
    out_ += open;
    ++depth_;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      new_line();
      write_item(item);
    }
    --depth_;
    if (!items.empty()) new_line();
    out_ += close;
  }

  void new_line() {
    if (space_ == Space::kNone) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string& out_;
  Order order_;
  Space space_;
  size_t depth_ = 0;
};

// True when the caller was the last owner.
bool leave(std::atomic<uint32_t>& owners) {
  return owners.load(std::memory_order_acquire) == 1 ||
         owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

bool alone(const std::atomic<uint32_t>& owners) {
  return owners.load(std::memory_order_acquire) == 1;
}

}  // namespace

Json::Json(Array a) : Json() {
  store(new ArrayBlock{{1}, std::move(a)}, Kind::kArray);
}

Json::Json(Object o) : Json() {
  auto* block = new ObjectBlock{{1}, std::move(o)};
  block->index();
  store(block, Kind::kObject);
}

void Json::own() const {
  if (is_array()) {
    load<ArrayBlock*>(true)->owners.fetch_add(1, std::memory_order_relaxed);
  } else if (is_object()) {
    load<ObjectBlock*>(true)->owners.fetch_add(1, std::memory_order_relaxed);
  } else {
    SharedText::block_of(cell_)->owners.fetch_add(1, std::memory_order_relaxed);
  }
}

void Json::release() {
  if (is_array()) {
    auto* block = load<ArrayBlock*>(true);
    if (leave(block->owners)) delete block;
  } else if (is_object()) {
    auto* block = load<ObjectBlock*>(true);
    if (leave(block->owners)) delete block;
  } else {
    SharedText::release(SharedText::block_of(cell_));
  }
}

Json::Array& Json::edit_array() {
  if (!alone(load<ArrayBlock*>(is_array())->owners)) *this = Json(Array(as_array()));
  return load<ArrayBlock*>(true)->items;
}

Json::ObjectBlock& Json::own_object() {
  const auto* block = load<ObjectBlock*>(is_object());
  if (!alone(block->owners)) {
    Json mine;
    mine.store(new ObjectBlock{{1}, block->members, block->places}, Kind::kObject);
    *this = std::move(mine);
  }
  return *load<ObjectBlock*>(true);
}

Json::Object& Json::edit_object() {
  ObjectBlock& block = own_object();
  block.places.clear();  // names may change
  return block.members;
}

namespace {
constexpr size_t kFewMembers = 12, kMostIndexed = 250;
}

void Json::ObjectBlock::index() {
  places.clear();
  if (members.size() <= kFewMembers || members.size() > kMostIndexed) return;
  size_t size = 32;
  while (size < 2 * members.size()) size *= 2;
  places.resize(2 * size);
  for (size_t number = 0; number < members.size(); ++number) {
    size_t at = members[number].first.hash() & (places.size() - 1);
    while (places[at] != 0) at = (at + 1) & (places.size() - 1);
    places[at] = static_cast<uint8_t>(number + 1);
  }
}

void Json::ObjectBlock::index_last() {
  if (members.size() > kMostIndexed || 2 * members.size() > places.size()) return index();
  size_t at = members.back().first.hash() & (places.size() - 1);
  while (places[at] != 0) at = (at + 1) & (places.size() - 1);
  places[at] = static_cast<uint8_t>(members.size());
}

bool Json::operator==(const Json& other) const {
  if (cell_[15] != other.cell_[15]) return false;
  if (is_null()) return true;
  if (is_double()) return as_double() == other.as_double();
  if (std::memcmp(cell_, other.cell_, sizeof cell_) == 0) return true;
  if (is_array()) return as_array() == other.as_array();
  if (is_object()) return as_object() == other.as_object();
  return SharedText::same_long(cell_, other.cell_);
}

size_t Json::place_of(std::string_view key) const {
  const auto& block = *load<ObjectBlock*>(is_object());
  const Object& members = block.members;
  const SharedText::Wanted wanted(key);
  if (block.places.empty()) {
    size_t at = 0;
    while (at < members.size() && !wanted.is(members[at].first)) ++at;
    return at;
  }
  const size_t mask = block.places.size() - 1;
  for (size_t at = wanted.hash() & mask;; at = (at + 1) & mask) {
    const size_t place = block.places[at];
    if (place == 0) return members.size();
    if (wanted.is(members[place - 1].first)) return place - 1;
  }
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  const size_t at = place_of(key);
  return at < as_object().size() ? &as_object()[at].second : nullptr;
}

Json* Json::edit(std::string_view key) {
  if (!is_object()) return nullptr;
  const size_t at = place_of(key);
  return at < as_object().size() ? &own_object().members[at].second : nullptr;
}

std::string_view Json::text(std::string_view key, std::string_view fallback) const {
  const Json* member = find(key);
  return member != nullptr && member->is_string() ? member->as_string() : fallback;
}

int64_t Json::integer(std::string_view key, int64_t fallback) const {
  const Json* member = find(key);
  return member != nullptr && member->is_int() ? member->as_int() : fallback;
}

bool Json::flag(std::string_view key, bool fallback) const {
  const Json* member = find(key);
  return member != nullptr && member->is_bool() ? member->as_bool() : fallback;
}

const Json* Json::at_path(std::string_view path) const {
  const Json* at = this;
  while (at != nullptr) {
    const size_t dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    if (at->is_array()) {
      size_t index = 0;
      const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
      const bool whole = error == std::errc{} && end == step.data() + step.size();
      at = whole && index < at->as_array().size() ? &at->as_array()[index] : nullptr;
    } else {
      at = at->find(step);
    }
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  return at;
}

Json& Json::set(std::string_view key, Json value) {
  if (is_null()) *this = object();
  CHECK(is_object());
  const size_t at = place_of(key);
  ObjectBlock& block = own_object();
  if (at < block.members.size()) {
    block.members[at].second = std::move(value);
  } else {
    block.members.emplace_back(SharedText(key), std::move(value));
    block.index_last();
  }
  return *this;
}

void Json::erase(std::string_view key) {
  if (find(key) == nullptr) return;
  ObjectBlock& block = own_object();
  std::erase_if(block.members, [&](const Member& m) { return m.first.view() == key; });
  block.index();
}

void Json::push_back(Json value) {
  if (is_null()) *this = array();
  edit_array().push_back(std::move(value));
}

std::string to_text(const Json& value) {
  std::string out;
  append_text(out, value);
  return out;
}

void append_text(std::string& out, const Json& value) {
  Writer(out, Writer::Order::kAsIs, Writer::Space::kNone).write(value);
}

std::string to_pretty_text(const Json& value) {
  std::string out;
  Writer(out, Writer::Order::kAsIs, Writer::Space::kIndented).write(value);
  return out;
}

std::string to_canonical_text(const Json& value) {
  std::string out;
  Writer(out, Writer::Order::kSorted, Writer::Space::kNone).write(value);
  return out;
}

}  // namespace rapport
