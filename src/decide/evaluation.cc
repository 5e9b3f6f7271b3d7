#include <cmath>

#include "decide/scene.h"
#include "expr/functions/money.h"
#include "expr/zones.h"

namespace rapport::decide {

using expr::Arena;
using expr::Kind;
using expr::Value;

namespace {

std::optional<Json> store_list(const Value& list, Arena& arena) {
  Json all = Json::array();
  const uint32_t size = list.is_view() ? list.list_view()->size() : list.cell_count();
  for (uint32_t i = 0; i < size; ++i) {
    const auto item =
        store_value(list.is_view() ? list.list_view()->at(i, arena) : list.cells()[i], arena);
    if (!item) return std::nullopt;
    all.push_back(*item);
  }
  return all;
}

}  // namespace

std::optional<Json> store_value(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Kind::kNull:
      return Json();
    case Kind::kBool:
      return Json(value.as_bool());
    case Kind::kInt:
      return Json(value.as_int());
    case Kind::kUint:
      return Json(value.as_uint());
    case Kind::kDouble:  // a share of nothing is no figure
      if (!std::isfinite(value.as_double())) return std::nullopt;
      return Json(value.as_double());
    case Kind::kString:
      return Json(value.as_text());
    case Kind::kTimestamp:
      return Json(format_time(to_micros(value.as_span())));
    case Kind::kDuration:
      return Json(to_micros(value.as_span()).value);
    case Kind::kMoney: {
      std::string text;
      expr::append_money(text, value.as_money());
      return Json(text);
    }
    case Kind::kList:
      return store_list(value, arena);
    case Kind::kOptional:
      return value.held() ? store_value(*value.held(), arena) : Json();
    default:
      return std::nullopt;
  }
}

namespace {

constexpr int64_t kMostOfRate = 1'000'000'000'000;  // of numerator and denominator

// "1.0845" or 1.0845 as a fraction.
std::optional<expr::ExchangeRate> read_rate(const Json& rate) {
  std::string text = rate.is_string() ? std::string(rate.as_string()) : to_text(rate);
  expr::ExchangeRate made{0, 1};
  bool point = false;
  for (const char c : text) {
    if (c == '.' && !point) {
      point = true;
      continue;
    }
    if (c < '0' || c > '9' || made.numerator > kMostOfRate / 10 ||
        made.denominator > kMostOfRate / 10)
      return std::nullopt;
    made.numerator = made.numerator * 10 + (c - '0');
    if (point) made.denominator *= 10;
  }
  return made.numerator > 0 ? std::optional(made) : std::nullopt;
}

}  // namespace

std::optional<expr::ExchangeRate> Rates::find(std::string_view from, std::string_view to) const {
  const model::Record* all = step_.find(model::kDefinitions, "rates");
  if (!all) return std::nullopt;
  const auto told = [&](std::string_view a,
                        std::string_view b) -> std::optional<expr::ExchangeRate> {
    const Json* row = all->fields.find(a);
    const Json* one = row ? row->find(b) : nullptr;
    const Json* rate = one ? one->find("rate") : nullptr;
    return rate ? read_rate(*rate) : std::nullopt;
  };
  if (const auto rate = told(from, to)) return rate;
  const auto back = told(to, from);
  return back ? std::optional(expr::ExchangeRate{back->denominator, back->numerator})
              : std::nullopt;
}

expr::EvaluationOptions Evaluation::options() const {
  expr::EvaluationOptions options;
  options.zones = definitions_.zones;
  options.rates = &rates_;
  return options;
}

expr::Truth Evaluation::test(const Predicate& predicate) {
  if (!predicate) return expr::Truth::kTrue;
  return predicate.program->test(view_, memory_->arena, options());
}

const expr::RuleSetState& Evaluation::test(const RuleGroup& group) {
  expr::RuleSetState& state = scratch_.state(*group.set, group.number);
  group.set->evaluate(view_, memory_->arena, state, options());
  return state;
}

bool Evaluation::holds(const Predicate& predicate) {
  return test(predicate) == expr::Truth::kTrue;
}

Value Evaluation::value(const Predicate& predicate) {
  return predicate.program->evaluate_only(view_, memory_->arena, options());
}

std::optional<Json> Evaluation::json(const Operand& operand) {
  if (!operand.predicate) return operand.literal;
  return store_value(value(operand.predicate), memory_->arena);
}

std::optional<double> Evaluation::number(const Operand& operand) {
  const auto found = json(operand);
  if (!found || !found->is_number()) return std::nullopt;
  return found->as_double();
}

}  // namespace rapport::decide
