// The JSON value used everywhere: event properties, record fields, API bodies, vendors' answers.
//
// Members keep the order they came in. Numbers without fraction or exponent that fit are int64,
// all others double. Parsing is strict RFC 8259: UTF-8, no duplicate keys, bounded depth.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace rapport {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;                                  // null
  Json(std::nullptr_t) {}                            // NOLINT: literals should read as JSON
  Json(bool b) : v_(b) {}                            // NOLINT
  Json(int n) : v_(int64_t{n}) {}                    // NOLINT
  Json(unsigned n) : v_(int64_t{n}) {}               // NOLINT
  Json(int64_t n) : v_(n) {}                         // NOLINT
  Json(uint64_t n) : v_(static_cast<int64_t>(n)) {}  // NOLINT: ours stay below 2^63
  Json(double d) : v_(d) {}                          // NOLINT
  Json(const char* s) : v_(std::string(s)) {}        // NOLINT
  Json(std::string_view s) : v_(std::string(s)) {}   // NOLINT
  Json(std::string s) : v_(std::move(s)) {}          // NOLINT
  Json(Array a) : v_(std::move(a)) {}                // NOLINT
  Json(Object o) : v_(std::move(o)) {}               // NOLINT
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }

  bool is_null() const { return v_.index() == 0; }
  bool is_bool() const { return v_.index() == 1; }
  bool is_int() const { return v_.index() == 2; }
  bool is_double() const { return v_.index() == 3; }
  bool is_number() const { return is_int() || is_double(); }
  bool is_string() const { return v_.index() == 4; }
  bool is_array() const { return v_.index() == 5; }
  bool is_object() const { return v_.index() == 6; }

  // Asking for another type than is there is a bug: test first.
  bool as_bool() const { return std::get<bool>(v_); }
  int64_t as_int() const { return std::get<int64_t>(v_); }
  double as_double() const {
    return is_int() ? static_cast<double>(as_int()) : std::get<double>(v_);
  }
  const std::string& as_string() const { return std::get<std::string>(v_); }
  const Array& as_array() const { return std::get<Array>(v_); }
  Array& as_array() { return std::get<Array>(v_); }
  const Object& as_object() const { return std::get<Object>(v_); }
  Object& as_object() { return std::get<Object>(v_); }

  // Member of an object; null pointer when absent or when this is no object. Linear.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);
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

  // Makes this an empty value of that type, to be filled in place.
  std::string& emplace_string() { return v_.emplace<std::string>(); }
  Array& emplace_array() { return v_.emplace<Array>(); }
  Object& emplace_object() { return v_.emplace<Object>(); }

  bool operator==(const Json&) const = default;  // objects: same members in the same order

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> v_;
};

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
