#include "expr/json_slots.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

#include "base/json.h"
#include "base/text.h"

namespace rapport::expr {
namespace {

constexpr size_t kMembers = 100'000;  // values in the text, as parse_json permits

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// An object of the text: its members in an arena.
class ObjectOfText final : public MapView {
 public:
  ObjectOfText(const MapEntry* entries, uint32_t size) : entries_(entries), size_(size) {}
  uint32_t size() const override { return size_; }
  MapEntry at(uint32_t index, Arena&) const override { return entries_[index]; }
  Value find(const Value& key, Arena&) const override {
    if (!key.is(Kind::kString)) return Value::absent();
    for (uint32_t i = 0; i < size_; ++i)
      if (entries_[i].key.as_text() == key.as_text()) return entries_[i].value;
    return Value::absent();
  }
  std::string_view type_name() const override { return "object"; }

 private:
  const MapEntry* entries_;
  uint32_t size_;
};

// Where the plain run of a string ends: at a quote, a backslash or a control character.
struct Run {
  const char* end;
  bool wide;  // has bytes above ASCII
};
inline Run plain_run(const char* at, const char* end) {
  bool wide = false;
#ifdef __SSE2__
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i control =
        _mm_cmpeq_epi8(_mm_max_epu8(bytes, _mm_set1_epi8(0x1F)), _mm_set1_epi8(0x1F));
    const auto stops =
        static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), control)));
    const auto high = static_cast<uint32_t>(_mm_movemask_epi8(bytes));
    if (stops != 0) {
      const int length = std::countr_zero(stops);
      return {at + length, wide || (high & ((1u << length) - 1)) != 0};
    }
    wide |= high != 0;
  }
#endif
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if (c == '"' || c == '\\' || c < 0x20) break;
    wide |= c >= 0x80;
  }
  return {at, wide};
}

}  // namespace

// Every step returns false at the first problem; parse_json then tells what it is.
class JsonSlotReader::Parser {
 public:
  Parser(const JsonSlotReader& reader, std::string_view text, JsonSlots& record)
      : places_(reader.places_.data()),
        at_(text.data()),
        end_(text.data() + text.size()),
        record_(record) {}

  bool run() {
    skip_space();
    if (at_ == end_ || !skip_or_read(places_, 0, nullptr)) return false;
    skip_space();
    return at_ == end_;
  }
  const char* repeated() const { return repeated_; }

 private:
  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // The value at hand. `place` is what is declared there or within, may be null; `out` is where the
  // value is wanted, may be null.
  bool skip_or_read(const Place* place, size_t depth, Value* out) {
    if (at_ == end_ || ++count_ > kMembers) return false;
    switch (*at_) {
      case '{':
        return depth < kDepth && object(place, depth, out);
      case '[':
        return depth < kDepth && array(depth, out);
      case '"':
        return string(out);
      case 't':
        return word("true", Value::boolean(true), out);
      case 'f':
        return word("false", Value::boolean(false), out);
      case 'n':
        return word("null", Value::null(), out);
      default:
        return number(out);
    }
  }

  bool word(std::string_view expected, const Value& value, Value* out) {
    if (static_cast<size_t>(end_ - at_) < expected.size() ||
        std::memcmp(at_, expected.data(), expected.size()) != 0)
      return false;
    at_ += expected.size();
    if (out != nullptr) *out = value;
    return true;
  }

  // Objects

  bool object(const Place* place, size_t depth, Value* out) {
    ++at_;
    std::vector<MapEntry> entries;
    skip_space();
    if (take('}')) return out == nullptr || keep_object(entries, *out);
    for (;;) {
      skip_space();
      Value name;
      if (at_ == end_ || *at_ != '"' || !string(&name)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      Value* wanted = nullptr;
      if (out != nullptr) wanted = &entries.emplace_back(MapEntry{name, {}}).value;
      if (!member(place, name.as_text(), depth + 1, wanted)) return false;
      skip_space();
      if (take(',')) continue;
      return take('}') && (out == nullptr || keep_object(entries, *out));
    }
  }

  bool member(const Place* place, std::string_view name, size_t depth, Value* wanted) {
    const Place* inner = nullptr;
    if (place != nullptr) {
      const uint32_t symbol = place->names.find(name);
      if (symbol != SymbolTable::kNone) inner = &places_[place->children[symbol]];
    }
    if (inner == nullptr || !inner->slot) return skip_or_read(inner, depth, wanted);
    Value& slot = record_.values_[*inner->slot];
    if (!slot.is_absent()) {
      repeated_ = name.data();
      return false;
    }
    if (!skip_or_read(inner, depth, &slot)) return false;
    if (wanted != nullptr) *wanted = slot;
    return true;
  }

  bool keep_object(const std::vector<MapEntry>& entries, Value& out) {
    auto* cells = record_.arena_.array<MapEntry>(entries.size());
    void* room = record_.arena_.allocate(sizeof(ObjectOfText));
    if (cells == nullptr || room == nullptr) return false;
    std::copy(entries.begin(), entries.end(), cells);
    // Never destroyed: it owns nothing.
    out = Value::object(new (room) ObjectOfText(cells, static_cast<uint32_t>(entries.size())));
    return true;
  }

  bool array(size_t depth, Value* out) {
    ++at_;
    skip_space();
    std::array<Value, kFew> few;
    std::vector<Value> many;
    size_t size = 0;
    if (!take(']')) {
      for (;;) {
        skip_space();
        Value item;
        if (!skip_or_read(nullptr, depth + 1, out == nullptr ? nullptr : &item)) return false;
        if (out != nullptr && size < kFew) few[size] = item;
        if (out != nullptr && size >= kFew) many.push_back(item);
        ++size;
        skip_space();
        if (take(',')) continue;
        if (!take(']')) return false;
        break;
      }
    }
    if (out == nullptr) return true;
    Value* cells = record_.arena_.array<Value>(size);
    if (cells == nullptr) return false;
    std::copy_n(few.begin(), std::min(size, kFew), cells);
    std::copy(many.begin(), many.end(), cells + std::min(size, kFew));
    *out = Value::list(cells, size);
    return true;
  }

  // Text

  bool string(Value* out) {
    const char* start = at_++;
    const Run run = plain_run(at_, end_);
    if (run.end == end_) return false;
    if (*run.end != '"') return escaped_string(start, run.end, out);
    const std::string_view text(at_, static_cast<size_t>(run.end - at_));
    if (run.wide && !is_utf8(text)) return false;
    at_ = run.end + 1;
    if (out != nullptr) *out = Value::string(text);
    return true;
  }

  // Found to its end here, read by the parser that reads all JSON.
  bool escaped_string(const char* start, const char* stop, Value* out) {
    while (stop != end_ && *stop == '\\') {
      if (end_ - stop < 2) return false;
      stop = plain_run(stop + 2, end_).end;
    }
    if (stop == end_ || *stop != '"') return false;
    at_ = stop + 1;
    const auto read = parse_json({start, static_cast<size_t>(at_ - start)});
    if (!read.ok() || !read->is_string()) return false;
    if (out == nullptr) return true;
    *out = record_.arena_.string(read->as_string());
    return !out->is_error();
  }

  // Numbers

  bool number(Value* out) {
    const char* start = at_;
    const bool minus = take('-');
    uint64_t digits = 0;
    const char* first = at_;
    for (; at_ != end_ && is_digit(*at_); ++at_) digits = digits * 10 + digit();
    const auto whole = at_ - first;
    if (whole == 0 || whole > 15 || (whole > 1 && *first == '0')) return any_number(start, out);
    if (at_ == end_ || (*at_ != '.' && *at_ != 'e' && *at_ != 'E')) {
      const auto n = static_cast<int64_t>(digits);
      if (out != nullptr) *out = Value::integer(minus ? -n : n);
      return true;
    }
    return *at_ == '.' ? fraction(start, minus, digits, whole, out) : any_number(start, out);
  }
  uint64_t digit() const { return static_cast<uint64_t>(*at_ - '0'); }

  // Up to 15 digits are a whole number that a double tells exactly, and so is the power of ten: the
  // quotient is the nearest double.
  bool fraction(const char* start, bool minus, uint64_t digits, std::ptrdiff_t whole, Value* out) {
    static constexpr double kPowers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                         1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char* first = ++at_;
    for (; at_ != end_ && is_digit(*at_) && whole + (at_ - first) < 16; ++at_)
      digits = digits * 10 + digit();
    const auto places = at_ - first;
    const bool ends = at_ == end_ || (!is_digit(*at_) && *at_ != 'e' && *at_ != 'E');
    if (places == 0 || whole + places > 15 || !ends) return any_number(start, out);
    const double d = static_cast<double>(digits) / kPowers[places];
    if (out != nullptr) *out = Value::real(minus ? -d : d);
    return true;
  }

  bool any_number(const char* start, Value* out) {
    at_ = start;
    const auto belongs = [](char c) {
      return is_digit(c) || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
    };
    while (at_ != end_ && belongs(*at_)) ++at_;
    const auto read = parse_json({start, static_cast<size_t>(at_ - start)});
    if (!read.ok() || !read->is_number()) return false;
    if (out == nullptr) return true;
    *out = read->is_int() ? Value::integer(read->as_int()) : Value::real(read->as_double());
    return true;
  }

  static constexpr size_t kFew = 8;

  const Place* places_;
  const char* at_;
  const char* end_;
  JsonSlots& record_;
  size_t count_ = 0;
  const char* repeated_ = nullptr;
};

Result<JsonSlotReader> JsonSlotReader::make(const std::vector<std::string>& paths) {
  JsonSlotReader reader;
  reader.paths_ = paths;
  reader.places_.resize(1);
  for (uint32_t i = 0; i < paths.size(); ++i) TRY(reader.add(paths[i], i));
  return reader;
}

Result<void> JsonSlotReader::add(std::string_view path, uint32_t slot) {
  uint32_t place = 0;
  for (const std::string_view name : split(path, '.')) {
    if (name.empty()) return invalid("a field's path has an empty part", std::string(path));
    const uint32_t symbol = places_[place].names.add(name);
    if (symbol == places_[place].children.size()) {
      places_[place].children.push_back(static_cast<uint32_t>(places_.size()));
      places_.emplace_back();
    }
    place = places_[place].children[symbol];
  }
  if (place == 0) return invalid("a field needs a path", std::string(path));
  if (places_[place].slot) return invalid("this field is declared twice", std::string(path));
  places_[place].slot = slot;
  return {};
}

std::optional<uint32_t> JsonSlotReader::slot(std::string_view path) const {
  const auto found = std::ranges::find(paths_, path);
  if (found == paths_.end()) return std::nullopt;
  return static_cast<uint32_t>(found - paths_.begin());
}

Result<void> JsonSlotReader::read(std::string_view json, JsonSlots& record) const {
  record.arena_.reset();
  record.values_.assign(paths_.size(), Value::absent());
  record.ready_ = record.values_;
  Parser parser(*this, json, record);
  if (parser.run()) return {};
  record.values_.assign(paths_.size(), Value::absent());
  if (parser.repeated() != nullptr) return invalid("a declared field is there twice");
  const auto why = parse_json(json);
  if (!why.ok()) return why.error();
  return Error{Code::kTooLarge, "the record needs more memory than its limit allows"};
}

}  // namespace rapport::expr
