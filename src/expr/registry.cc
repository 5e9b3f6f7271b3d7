#include "expr/registry.h"

#include <algorithm>
#include <tuple>

#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr uint32_t bit(Kind kind) {
  return 1u << static_cast<unsigned>(kind);
}
constexpr uint32_t kEveryKnown = bit(Kind::kUnknown) - 1;

// Kinds of the values a type may have; a library's own type is any opaque one, told by name.
uint32_t kinds_of(std::string_view type) {
  static constexpr std::pair<std::string_view, uint32_t> kNamed[] = {
      {"dyn", kEveryKnown},
      {"null_type", bit(Kind::kNull)},
      {"bool", bit(Kind::kBool)},
      {"int", bit(Kind::kInt)},
      {"uint", bit(Kind::kUint)},
      {"double", bit(Kind::kDouble)},
      {"string", bit(Kind::kString)},
      {"bytes", bit(Kind::kBytes)},
      {"timestamp", bit(Kind::kTimestamp)},
      {"duration", bit(Kind::kDuration)},
      {"money", bit(Kind::kMoney)},
      {"list", bit(Kind::kList)},
      {"map", bit(Kind::kMap) | bit(Kind::kObject)},
      {"type", bit(Kind::kType)},
      {"optional_type", bit(Kind::kOptional)}};
  const std::string_view head = type.substr(0, type.find('('));
  for (const auto& [name, kinds] : kNamed)
    if (head == name) return kinds;
  if (head.size() == 1 && head[0] >= 'A' && head[0] <= 'Z') return kEveryKnown;
  return bit(Kind::kOpaque);
}

void add_parameter(BoundOverload& bound, std::string_view type) {
  const uint32_t kinds = kinds_of(type);
  bound.kinds.push_back(kinds);
  bound.opaque_types.push_back(kinds == bit(Kind::kOpaque) ? type : std::string_view());
}

// The place of the parenthesis that closes the one at `open`; npos without.
size_t closing(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at;
  }
  return std::string_view::npos;
}

// Parameters "string, list(T), ..." without the parentheses.
bool read_parameters(BoundOverload& bound, std::string_view text) {
  while (!text.empty()) {
    size_t end = 0;
    for (int depth = 0; end < text.size() && (depth > 0 || text[end] != ','); ++end)
      depth += (text[end] == '(') - (text[end] == ')');
    const std::string_view type = text.substr(0, end);
    if (end < text.size() && text.substr(end).size() < 3) return false;  // ends in ", "
    text.remove_prefix(end < text.size() ? end + 2 : end);
    if (type == "...") {
      bound.variadic = !bound.kinds.empty() && text.empty();
      return bound.variadic;
    }
    if (type.empty()) return false;
    add_parameter(bound, type);
  }
  return true;
}

Result<BoundOverload> read_signature(const Overload& overload) {
  const std::string_view text = overload.signature;
  const Error bad = invalid("signature '" + std::string(text) + "' of '" +
                            std::string(overload.name) + "' cannot be read");
  BoundOverload bound{&overload, CallStyle::kFunction, {}, {}, false};
  size_t open = 0;
  if (!text.starts_with('(')) {
    open = text.find(".(");
    // The receiver may have parentheses of its own: "list(T).(int) -> T".
    if (open == std::string_view::npos) return bad;
    bound.style = CallStyle::kMethod;
    add_parameter(bound, text.substr(0, open));
    ++open;
  }
  const size_t close = closing(text, open);
  if (close == std::string_view::npos || text.substr(close + 1, 4) != " -> ") return bad;
  if (!read_parameters(bound, text.substr(open + 1, close - open - 1))) return bad;
  if (overload.apply == nullptr) return bad;
  return bound;
}

auto order_of(const BoundOverload& bound) {
  return std::tie(bound.overload->name, bound.style);
}

}  // namespace

bool BoundOverload::accepts(std::span<const Value> args) const {
  if (variadic ? args.size() < kinds.size() : args.size() != kinds.size()) return false;
  for (size_t i = 0; i < args.size(); ++i) {
    const size_t at = std::min(i, kinds.size() - 1);
    if ((kinds[at] >> static_cast<unsigned>(args[i].kind()) & 1) == 0) return false;
    if (!opaque_types[at].empty() && type_name(args[i]) != opaque_types[at]) return false;
  }
  return true;
}

Result<Registry> Registry::build(std::span<const Library> libraries) {
  Registry registry;
  for (const Library& library : libraries) {
    for (const Overload& overload : library.overloads) {
      TRY_ASSIGN(BoundOverload bound, read_signature(overload));
      registry.overloads_.push_back(std::move(bound));
    }
  }
  std::stable_sort(registry.overloads_.begin(), registry.overloads_.end(),
                   [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  for (size_t i = 0; i < registry.overloads_.size(); ++i)
    for (size_t k = i + 1; k < registry.overloads_.size() &&
                           order_of(registry.overloads_[i]) == order_of(registry.overloads_[k]);
         ++k)
      if (registry.overloads_[i].overload->signature == registry.overloads_[k].overload->signature)
        return invalid("overload '" + std::string(registry.overloads_[i].overload->signature) +
                       "' of '" + std::string(registry.overloads_[i].overload->name) +
                       "' stands twice");
  return registry;
}

std::span<const BoundOverload> Registry::find(std::string_view name, CallStyle style) const {
  const auto wanted = std::tie(name, style);
  const auto [first, last] = std::equal_range(
      overloads_.begin(), overloads_.end(), wanted, [](const auto& a, const auto& b) {
        const auto key = [](const auto& x) {
          if constexpr (std::is_same_v<std::decay_t<decltype(x)>, BoundOverload>)
            return order_of(x);
          else
            return x;
        };
        return key(a) < key(b);
      });
  return {first, last};
}

bool Registry::has(std::string_view name) const {
  return !find(name, CallStyle::kFunction).empty() || !find(name, CallStyle::kMethod).empty();
}

Result<void> declare(const Registry& registry, Declarations& declarations) {
  for (uint32_t id = 0; id < registry.all().size(); ++id) {
    const Overload& overload = *registry.all()[id].overload;
    TRY_ASSIGN(Signature signature, parse_signature(overload.signature));
    TRY(declarations.add_function(std::string(overload.name), std::move(signature), id));
  }
  return {};
}

std::span<const Library> all_libraries() {
  static const Library kLibraries[] = {
      {"standard", standard_overloads()},
      {"arithmetic", arithmetic_overloads()},
      {"conversions", conversion_overloads()},
      {"time", time_overloads()},
      {"strings", string_overloads()},
      {"format", format_overloads()},
      {"math", math_overloads()},
      {"optional", optional_overloads()},
      {"lists", list_overloads()},
      {"sets", set_overloads()},
      {"regex", regex_overloads()},
      {"encoders", encoder_overloads()},
      {"network", network_overloads()},
      {"money", money_overloads()},
      {"words", word_overloads()},
      {"business time", business_time_overloads()},
  };
  return kLibraries;
}

}  // namespace rapport::expr
