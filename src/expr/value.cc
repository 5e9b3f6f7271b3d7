#include "expr/value.h"

#include <fmt/format.h>

#include "base/text.h"
#include "expr/collections.h"
#include "expr/functions/money.h"
#include "expr/functions/text_forms.h"

namespace rapport::expr {
namespace {

constexpr size_t kCut = 400;

class Describer {
 public:
  void add(const Value& v, int depth) {
    if (out_.size() > kCut) return;
    if (depth > 8) {
      out_ += "…";
      return;
    }
    switch (v.kind()) {
      case Kind::kString:
        return add_quoted(v.as_text());
      case Kind::kBytes:
        out_ += 'b';
        return add_quoted(v.as_text());
      case Kind::kList:
        return add_list(v, depth);
      case Kind::kMap:
      case Kind::kObject:
        return add_map(v, depth);
      case Kind::kOptional:
        return add_optional(v, depth);
      case Kind::kUnknown:
        return add_unknown(v);
      case Kind::kError:
        out_ += fmt::format("error({})", v.failure()->message);
        return;
      case Kind::kOpaque:
        out_ += type_name(v);
        return;
      default:
        append_text_form(out_, v);
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void add_quoted(std::string_view text) {
    const std::string_view shown = cut_utf8(text, kCut);
    out_ += '"';
    for (const char c : shown) {
      if (c == '"' || c == '\\') out_ += '\\';
      if (static_cast<unsigned char>(c) >= 0x20)
        out_ += c;
      else
        out_ += fmt::format("\\x{:02x}", c);
    }
    out_ += shown.size() < text.size() ? "…\"" : "\"";
  }
  void add_list(const Value& v, int depth) {
    out_ += '[';
    for (uint32_t i = 0; i < list_size(v) && out_.size() <= kCut; ++i) {
      if (i > 0) out_ += ", ";
      add(list_at(v, i, arena_), depth + 1);
    }
    out_ += out_.size() > kCut ? "…]" : "]";
  }
  void add_map(const Value& v, int depth) {
    out_ += '{';
    for (uint32_t i = 0; i < map_size(v) && out_.size() <= kCut; ++i) {
      if (i > 0) out_ += ", ";
      const MapEntry entry = map_at(v, i, arena_);
      add(entry.key, depth + 1);
      out_ += ": ";
      add(entry.value, depth + 1);
    }
    out_ += out_.size() > kCut ? "…}" : "}";
  }
  void add_optional(const Value& v, int depth) {
    if (v.held() == nullptr) {
      out_ += "optional.none()";
      return;
    }
    out_ += "optional.of(";
    add(*v.held(), depth + 1);
    out_ += ')';
  }
  void add_unknown(const Value& v) {
    out_ += fmt::format("unknown({})", fmt::join(missing_paths(v), ", "));
  }

  Arena arena_;
  std::string out_;
};

}  // namespace

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null_type";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kUint:
      return "uint";
    case Kind::kDouble:
      return "double";
    case Kind::kString:
      return "string";
    case Kind::kBytes:
      return "bytes";
    case Kind::kTimestamp:
      return "google.protobuf.Timestamp";
    case Kind::kDuration:
      return "google.protobuf.Duration";
    case Kind::kMoney:
      return "money";
    case Kind::kList:
      return "list";
    case Kind::kMap:
      return "map";
    case Kind::kObject:
      return value.map_view()->type_name();
    case Kind::kType:
      return "type";
    case Kind::kOptional:
      return "optional_type";
    case Kind::kOpaque:
      return value.as_opaque()->type->name;
    case Kind::kUnknown:
      return "unknown";
    case Kind::kError:
      return "error";
  }
  return "error";
}

std::string describe(const Value& value) {
  Describer describer;
  describer.add(value, 0);
  return describer.take();
}

}  // namespace rapport::expr
