#include "expr/type.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <optional>

namespace rapport::expr {
namespace {

constexpr size_t kMaxText = 400;
constexpr uint32_t kMaxParsedDepth = 32;

struct Simple {
  std::string_view text;
  TypeKind kind;
};
constexpr Simple kSimple[] = {
    {"dyn", TypeKind::kDyn},
    {"null_type", TypeKind::kNull},
    {"bool", TypeKind::kBool},
    {"int", TypeKind::kInt},
    {"uint", TypeKind::kUint},
    {"double", TypeKind::kDouble},
    {"string", TypeKind::kString},
    {"bytes", TypeKind::kBytes},
    {"timestamp", TypeKind::kTimestamp},
    {"duration", TypeKind::kDuration},
    {"google.protobuf.Timestamp", TypeKind::kTimestamp},
    {"google.protobuf.Duration", TypeKind::kDuration},
    {"type", TypeKind::kType},
    {"list", TypeKind::kList},
    {"map", TypeKind::kMap},
    {"optional_type", TypeKind::kOptional},
};

std::string_view simple_text(TypeKind kind) {
  for (const Simple& simple : kSimple) {
    if (simple.kind == kind) return simple.text;
  }
  return {};
}

void append(std::string& out, const Type& type) {
  if (out.size() > kMaxText) return;
  switch (type.kind()) {
    case TypeKind::kObject:
    case TypeKind::kParameter:
      out += type.name();
      break;
    case TypeKind::kVariable:
      out += "dyn";
      break;
    default:
      out += simple_text(type.kind());
  }
  if (type.parameters().empty()) return;
  for (size_t i = 0; i < type.parameters().size(); i++) {
    out += i == 0 ? "(" : ", ";
    append(out, type.parameters()[i]);
  }
  out += ')';
}

// Reads types from a text, left to right.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Type> type(uint32_t depth = 0) {
    TRY_ASSIGN(const std::string_view name, word());
    std::vector<Type> parameters;
    if (depth > kMaxParsedDepth) return wrong("nests too deep");
    if (take("(")) {
      TRY_ASSIGN(parameters, types_until(")", depth + 1));
      if (parameters.empty()) return wrong("has no type between parentheses");
    }
    return made(name, std::move(parameters));
  }

  Result<Signature> signature() {
    Signature read;
    if (!take("(")) {
      TRY_ASSIGN(Type receiver, type());
      if (!take(".") || !take("(")) return wrong("needs '.(' after the receiver");
      read.method = true;
      read.arguments.push_back(std::move(receiver));
    }
    TRY_ASSIGN(const std::vector<Type> more, types_until(")", 0));
    read.arguments.insert(read.arguments.end(), more.begin(), more.end());
    read.variadic = repeats_;
    if (!take("->")) return wrong("needs '->' and the type of the result");
    TRY_ASSIGN(read.result, type());
    return read;
  }

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  Error wrong(std::string_view what) const {
    return invalid("the type '" + std::string(text_) + "' " + std::string(what),
                   std::to_string(at_ + 1));
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') at_++;
  }
  bool take(std::string_view sign) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  bool in_word(size_t at) const {
    return at < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at])) != 0 || text_[at] == '_');
  }
  Result<std::string_view> word() {
    skip_blanks();
    const size_t start = at_;
    while (in_word(at_) ||
           (at_ > start && text_.substr(at_).starts_with('.') && in_word(at_ + 1))) {
      at_++;
    }
    if (at_ == start) return wrong("lacks a name");
    return text_.substr(start, at_ - start);
  }
  Result<std::vector<Type>> types_until(std::string_view close, uint32_t depth) {
    std::vector<Type> types;
    if (take(close)) return types;
    do {
      if (!types.empty() && take("...")) {
        repeats_ = true;
        break;
      }
      TRY_ASSIGN(Type next, type(depth));
      types.push_back(std::move(next));
    } while (take(","));
    if (!take(close)) return wrong("lacks '" + std::string(close) + "'");
    return types;
  }
  Result<Type> made(std::string_view name, std::vector<Type> parameters) const {
    if (name.size() == 1 && name[0] >= 'A' && name[0] <= 'Z' && parameters.empty()) {
      return Type::parameter(std::string(name));
    }
    const auto* simple = std::ranges::find(kSimple, name, &Simple::text);
    if (simple == std::end(kSimple)) return Type::object(std::string(name), std::move(parameters));
    const auto has = [&](size_t count) { return parameters.size() == count; };
    switch (simple->kind) {
      case TypeKind::kList:
        if (has(0)) return Type::list({});
        return has(1) ? Result<Type>(Type::list(parameters[0])) : wrong("has a list of two types");
      case TypeKind::kMap:
        if (has(0)) return Type::map({}, {});
        return has(2) ? Result<Type>(Type::map(parameters[0], parameters[1]))
                      : wrong("has a map without two types");
      case TypeKind::kOptional:
        if (has(0)) return Type::optional({});
        return has(1) ? Result<Type>(Type::optional(parameters[0]))
                      : wrong("has an optional of two types");
      case TypeKind::kType:
        if (has(1)) return Type::type_of(parameters[0]);
        break;
      default:
        break;
    }
    return has(0) ? Result<Type>(Type(simple->kind)) : wrong("gives parameters to a plain type");
  }

  std::string_view text_;
  size_t at_ = 0;
  bool repeats_ = false;
};

}  // namespace

Type::Type(TypeKind kind, std::string name, std::vector<Type> parameters) : kind_(kind) {
  auto parts = std::make_shared<Parts>();
  parts->generic = kind == TypeKind::kParameter;
  for (const Type& parameter : parameters) {
    parts->depth = std::max(parts->depth, parameter.depth() + 1);
    parts->size += parameter.size();
    parts->generic = parts->generic || parameter.is_generic();
  }
  parts->size = std::min<uint64_t>(parts->size, std::numeric_limits<uint32_t>::max());
  parts->name = std::move(name);
  parts->parameters = std::move(parameters);
  parts_ = std::move(parts);
}

Type Type::list(Type element) {
  return {TypeKind::kList, {}, {std::move(element)}};
}
Type Type::map(Type key, Type value) {
  return {TypeKind::kMap, {}, {std::move(key), std::move(value)}};
}
Type Type::optional(Type held) {
  return {TypeKind::kOptional, {}, {std::move(held)}};
}
Type Type::type_of(Type named) {
  return {TypeKind::kType, {}, {std::move(named)}};
}
Type Type::object(std::string name, std::vector<Type> parameters) {
  return {TypeKind::kObject, std::move(name), std::move(parameters)};
}
Type Type::parameter(std::string name) {
  return {TypeKind::kParameter, std::move(name), {}};
}
Type Type::variable(uint32_t number) {
  Type type(TypeKind::kVariable);
  type.number_ = number;
  return type;
}

std::string_view Type::name() const {
  return parts_ ? std::string_view(parts_->name) : "";
}
std::span<const Type> Type::parameters() const {
  return parts_ ? std::span<const Type>(parts_->parameters) : std::span<const Type>();
}
uint32_t Type::depth() const {
  return parts_ ? parts_->depth : 1;
}
uint64_t Type::size() const {
  return parts_ ? parts_->size : 1;
}
bool Type::is_generic() const {
  return kind_ == TypeKind::kVariable || (parts_ && parts_->generic);
}
Type Type::with(std::vector<Type> parameters) const {
  return {kind_, std::string(name()), std::move(parameters)};
}

bool Type::operator==(const Type& other) const {
  if (is_same(other)) return true;
  return kind_ == other.kind_ && number_ == other.number_ && name() == other.name() &&
         std::ranges::equal(parameters(), other.parameters());
}

std::string to_text(const Type& type) {
  std::string out;
  append(out, type);
  if (out.size() > kMaxText) out = out.substr(0, kMaxText) + "…";
  return out;
}

std::string_view type_name(const Type& type) {
  if (type.is(TypeKind::kTimestamp)) return "google.protobuf.Timestamp";
  if (type.is(TypeKind::kDuration)) return "google.protobuf.Duration";
  if (type.is(TypeKind::kObject)) return type.name();
  return simple_text(type.kind());
}

Result<Type> parse_type(std::string_view text) {
  Reader reader(text);
  TRY_ASSIGN(Type type, reader.type());
  if (!reader.at_end()) return reader.wrong("goes on after its end");
  return type;
}

Result<Signature> parse_signature(std::string_view text) {
  Reader reader(text);
  TRY_ASSIGN(Signature signature, reader.signature());
  if (!reader.at_end()) return reader.wrong("goes on after its end");
  return signature;
}

std::string to_text(const Signature& signature) {
  std::string out;
  size_t first = 0;
  if (signature.method) out = to_text(signature.arguments[first++]) + ".";
  out += '(';
  for (size_t i = first; i < signature.arguments.size(); i++) {
    if (i > first) out += ", ";
    out += to_text(signature.arguments[i]);
  }
  if (signature.variadic) out += ", ...";
  return out + ") -> " + to_text(signature.result);
}

}  // namespace rapport::expr
