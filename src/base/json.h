// The JSON value used everywhere: event properties, record fields, API bodies, vendors' answers.
//
// Members keep the order they came in. Numbers without fraction or exponent that fit are int64,
// all others double. Parsing is strict RFC 8259: UTF-8, no duplicate keys, bounded depth.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/shared_text.h"

namespace rapport {

// A value of 16 bytes. Copying shares longer text, arrays and objects, whatever their size; the
// first change through a copy makes that copy's own (one level of it). Distinct copies may be used
// by distinct threads. A reference got for changing (edit, edit_array, edit_object) is valid until
// the value is copied or changed otherwise.
class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<SharedText, Json>;
  using Object = std::vector<Member>;

  Json() { std::memset(cell_, 0, sizeof cell_); }       // null
  Json(std::nullptr_t) : Json() {}                      // NOLINT: literals should read as JSON
  Json(bool b) : Json() { store(b, Kind::kBool); }      // NOLINT
  Json(int n) : Json(int64_t{n}) {}                     // NOLINT
  Json(unsigned n) : Json(int64_t{n}) {}                // NOLINT
  Json(int64_t n) : Json() { store(n, Kind::kInt); }    // NOLINT
  Json(uint64_t n) : Json(static_cast<int64_t>(n)) {}   // NOLINT: ours stay below 2^63
  Json(double d) : Json() { store(d, Kind::kDouble); }  // NOLINT
  Json(const char* s) : Json(SharedText(s)) {}          // NOLINT
  Json(std::string_view s) : Json(SharedText(s)) {}     // NOLINT
  Json(const std::string& s) : Json(SharedText(s)) {}   // NOLINT
  Json(SharedText s) noexcept {                         // NOLINT
    std::memcpy(cell_, s.cell_, sizeof cell_);
    s.cell_[15] = SharedText::kShort;
  }
  Json(Array a);   // NOLINT
  Json(Object o);  // NOLINT
  Json(const Json& other) {
    std::memcpy(cell_, other.cell_, sizeof cell_);
    if (shares()) own();
  }
  Json(Json&& other) noexcept {
    std::memcpy(cell_, other.cell_, sizeof cell_);
    other.cell_[15] = 0;
  }
  Json& operator=(Json other) noexcept {
    std::swap(cell_, other.cell_);
    return *this;
  }
  ~Json() {
    if (shares()) release();
  }
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }

  bool is_null() const { return is(Kind::kNull); }
  bool is_bool() const { return is(Kind::kBool); }
  bool is_int() const { return is(Kind::kInt); }
  bool is_double() const { return is(Kind::kDouble); }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return is(Kind::kText) || cell_[15] >= SharedText::kShort; }
  bool is_array() const { return is(Kind::kArray); }
  bool is_object() const { return is(Kind::kObject); }

  // Asking for another type than is there is a bug: test first.
  bool as_bool() const { return load<bool>(is_bool()); }
  int64_t as_int() const { return load<int64_t>(is_int()); }
  double as_double() const {
    return is_int() ? static_cast<double>(as_int()) : load<double>(is_double());
  }
  // Lives no longer than this value stays unchanged and in its place.
  std::string_view as_string() const {
    CHECK(is_string());
    return SharedText::view(cell_);
  }
  const Array& as_array() const;
  const Object& as_object() const;
  Array& edit_array();
  Object& edit_object();

  // Member of an object; null pointer when absent or when this is no object. Of many members the
  // names are indexed, but after edit_object() only once set() has added one.
  const Json* find(std::string_view key) const;
  Json* edit(std::string_view key);  // the same, for changing
  // Reading with a fallback: the member when it has that type, else the fallback.
  std::string_view text(std::string_view key, std::string_view fallback = {}) const;
  int64_t integer(std::string_view key, int64_t fallback = 0) const;
  bool flag(std::string_view key, bool fallback = false) const;
  // Member by a dotted path with array indexes, "context.traits.emails.0"; null when absent.
  const Json* at_path(std::string_view path) const;

  // Sets or adds a member; turns null into an object first. Returns *this, so calls chain.
  Json& set(std::string_view key, Json value);
  void erase(std::string_view key);
  void push_back(Json value);  // turns null into an array first

  bool operator==(const Json& other) const;  // objects: same members in the same order

 private:
  // In the last byte of the cell; a short text has its own there (SharedText).
  enum class Kind : unsigned char { kNull, kBool, kInt, kDouble, kText, kArray, kObject };
  struct ArrayBlock;
  struct ObjectBlock;

  bool is(Kind kind) const { return cell_[15] == static_cast<unsigned char>(kind); }
  bool shares() const { return cell_[15] >= 4 && cell_[15] < SharedText::kShort; }
  template <class T>
  void store(T value, Kind kind) {
    std::memcpy(cell_, &value, sizeof value);
    cell_[15] = static_cast<unsigned char>(kind);
  }
  template <class T>
  T load(bool has_that_type) const {
    CHECK(has_that_type);
    T value;
    std::memcpy(&value, cell_, sizeof value);
    return value;
  }
  void own() const;
  void release();
  ObjectBlock& own_object();                    // of this value alone
  size_t place_of(std::string_view key) const;  // among an object's members; their number: absent

  alignas(8) unsigned char cell_[16];
};

struct Json::ArrayBlock {
  std::atomic<uint32_t> owners{1};
  Array items;
};
struct Json::ObjectBlock {
  std::atomic<uint32_t> owners{1};
  Object members;
  // Of more than a few members: open addressing by name, 1 + the number of the member. Empty: look
  // at each.
  std::vector<uint8_t> places = {};

  void index();
  void index_last();
};
inline const Json::Array& Json::as_array() const {
  return load<ArrayBlock*>(is_array())->items;
}
inline const Json::Object& Json::as_object() const {
  return load<ObjectBlock*>(is_object())->members;
}

struct JsonLimits {
  size_t depth = 64;
  size_t members = 100'000;  // values in the whole document
};

// The error names byte offset and what is wrong.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

std::string to_text(const Json& value);  // compact
void append_text(std::string& out, const Json& value);
std::string to_pretty_text(const Json& value);  // two spaces, for people
// Compact with sorted members: equal values give equal bytes (digests, fingerprints).
std::string to_canonical_text(const Json& value);

}  // namespace rapport
