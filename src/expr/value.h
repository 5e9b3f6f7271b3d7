// One CEL value in 16 bytes: a kind and its payload, copied like an integer.
//
// Text, lists and maps are borrowed: from the expression (constants), from the host's record, or
// from the arena of the evaluation that made them. A Value is therefore valid as long as those
// three are; a result to keep longer is copied out with `keep` (collections.h). Failure and missing
// data are values too: kError carries what went wrong, kUnknown which fields were missing.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace rapport::expr {

class ListView;
class MapView;
class Value;
struct MapCells;
struct Opaque;

enum class Kind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kTimestamp,
  kDuration,
  kMoney,
  kList,
  kMap,
  kObject,  // of the host: a missing field is unknown, not an error
  kType,
  kOptional,
  kOpaque,  // a library's own type, such as net.IP
  kUnknown,
  kError,
};

// Why an evaluation failed. Nodes are static, or live in the arena of the evaluation.
struct Failure {
  std::string_view message;
};

// Fields that were missing: one path, or the union of two.
struct Missing {
  std::string_view path;
  const Missing* left = nullptr;
  const Missing* right = nullptr;
};

// A library's own type: how its values compare and print.
struct OpaqueType {
  std::string_view name;
  bool (*equal)(const Opaque&, const Opaque&);
};
struct Opaque {
  const OpaqueType* type;
};

// Seconds and nanoseconds; nanos is 0 to 999,999,999 also before zero.
struct Span {
  int64_t seconds = 0;
  uint32_t nanos = 0;
  auto operator<=>(const Span&) const = default;
};

// ISO 4217: an amount in minor units and three capital letters.
struct Money {
  int64_t minor = 0;
  uint32_t currency = 0;  // letters packed, first letter lowest
};

class Value {
 public:
  constexpr Value() : Value(Kind::kNull, 0, 0) {}
  static constexpr Value null() { return {}; }
  static constexpr Value boolean(bool b) { return {Kind::kBool, 0, int64_t{b}}; }
  static constexpr Value integer(int64_t n) { return {Kind::kInt, 0, n}; }
  static constexpr Value uint(uint64_t n) { return {Kind::kUint, 0, static_cast<int64_t>(n)}; }
  static constexpr Value real(double d) {
    Value v(Kind::kDouble, 0, 0);
    v.real_ = d;
    return v;
  }
  static constexpr Value string(std::string_view s) { return text_of(Kind::kString, s); }
  static constexpr Value bytes(std::string_view s) { return text_of(Kind::kBytes, s); }
  static constexpr Value type(std::string_view name) { return text_of(Kind::kType, name); }
  static constexpr Value timestamp(Span t) { return {Kind::kTimestamp, t.nanos, t.seconds}; }
  static constexpr Value duration(Span d) { return {Kind::kDuration, d.nanos, d.seconds}; }
  static constexpr Value money(Money m) { return {Kind::kMoney, m.currency, m.minor}; }
  static Value list(const Value* items, size_t size) { return {Kind::kList, size, Body{items}}; }
  static Value list(const ListView* view) { return {Kind::kList, 0, Body{view}, kViewed}; }
  static Value map(const MapCells* cells) { return {Kind::kMap, 0, Body{cells}}; }
  static Value map(const MapView* view) { return {Kind::kMap, 0, Body{view}, kViewed}; }
  static Value object(const MapView* view) { return {Kind::kObject, 0, Body{view}, kViewed}; }
  static constexpr Value none() { return {Kind::kOptional, 0, 0}; }
  static Value some(const Value* held) { return {Kind::kOptional, 0, Body{held}}; }
  static Value opaque(const Opaque* body) { return {Kind::kOpaque, 0, Body{body}}; }
  static Value error(const Failure* why) { return {Kind::kError, 0, Body{why}}; }
  // What a record or an object answers for a field it does not have: unknown, and `has` is false.
  static constexpr Value absent() { return {Kind::kUnknown, 0, 0, kAbsent}; }
  static Value absent(const Missing* fields) { return {Kind::kUnknown, 0, Body{fields}, kAbsent}; }
  // Something there, whose value cannot be told: `has` of what is in it is unknown too.
  static Value unknown(const Missing* fields) { return {Kind::kUnknown, 0, Body{fields}}; }

  constexpr Kind kind() const { return kind_; }
  constexpr bool is(Kind kind) const { return kind_ == kind; }
  constexpr bool is_number() const { return kind_ >= Kind::kInt && kind_ <= Kind::kDouble; }
  constexpr bool is_known() const { return kind_ < Kind::kUnknown; }
  constexpr bool is_unknown() const { return kind_ == Kind::kUnknown; }
  constexpr bool is_error() const { return kind_ == Kind::kError; }
  constexpr bool is_absent() const { return is_unknown() && form_ == kAbsent; }
  constexpr bool is_true() const { return kind_ == Kind::kBool && word_ != 0; }
  constexpr bool is_false() const { return kind_ == Kind::kBool && word_ == 0; }
  constexpr bool is_view() const { return form_ == kViewed; }

  // Each asks for a kind that was tested before.
  constexpr bool as_bool() const { return word_ != 0; }
  constexpr int64_t as_int() const { return word_; }
  constexpr uint64_t as_uint() const { return static_cast<uint64_t>(word_); }
  constexpr double as_double() const { return real_; }
  constexpr std::string_view as_text() const { return {text_, size_}; }  // string, bytes, type
  constexpr Span as_span() const { return {word_, size_}; }              // timestamp, duration
  constexpr Money as_money() const { return {word_, size_}; }
  constexpr uint32_t cell_count() const { return size_; }  // of a list that is not viewed
  const Value* cells() const { return static_cast<const Value*>(body_); }
  const ListView* list_view() const { return static_cast<const ListView*>(body_); }
  const MapView* map_view() const { return static_cast<const MapView*>(body_); }
  const MapCells* map_cells() const { return static_cast<const MapCells*>(body_); }
  const Value* held() const { return static_cast<const Value*>(body_); }  // of an optional, or null
  const Opaque* as_opaque() const { return static_cast<const Opaque*>(body_); }
  const Failure* failure() const { return static_cast<const Failure*>(body_); }
  const Missing* missing() const { return static_cast<const Missing*>(body_); }

 private:
  enum Form : uint8_t { kPlain, kViewed, kAbsent };
  constexpr Value(Kind kind, uint32_t size, int64_t word, Form form = kPlain)
      : kind_(kind), form_(form), size_(size), word_(word) {}
  struct Body {
    const void* at;
  };
  Value(Kind kind, size_t size, Body body, Form form = kPlain)
      : kind_(kind), form_(form), size_(static_cast<uint32_t>(size)), body_(body.at) {}
  static constexpr Value text_of(Kind kind, std::string_view s) {
    Value v(kind, static_cast<uint32_t>(s.size()), 0);
    v.text_ = s.data();
    return v;
  }

  Kind kind_;
  Form form_;
  uint32_t size_;
  union {
    int64_t word_;
    double real_;
    const char* text_;
    const void* body_;
  };
};
static_assert(sizeof(Value) == 16);

// Key and value of a map, in the order they were written.
struct MapEntry {
  Value key;
  Value value;
};

// A map made by an expression. `buckets` is null for small maps, which are searched in order.
struct MapCells {
  const MapEntry* entries = nullptr;
  const uint32_t* buckets = nullptr;  // entry number + 1, or 0; as many as mask + 1
  uint32_t size = 0;
  uint32_t mask = 0;
};

// "int", "string", … as CEL names the type of a value; an object's own name.
std::string_view type_name(const Value& value);

// For people and tests: `[1, "a"]`, `unknown(contact.score)`, `error(divide by zero)`. Lists and
// text are cut after a few hundred bytes.
std::string describe(const Value& value);

}  // namespace rapport::expr
