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

expr::Truth Evaluation::test(const Predicate& predicate) {
  if (!predicate) return expr::Truth::kTrue;
  expr::EvaluationOptions options;
  options.zones = definitions_.zones;
  return predicate.program->test(view_, arena_, options);
}

bool Evaluation::holds(const Predicate& predicate) {
  return test(predicate) == expr::Truth::kTrue;
}

Value Evaluation::value(const Predicate& predicate) {
  expr::EvaluationOptions options;
  options.zones = definitions_.zones;
  return predicate.program->evaluate(view_, arena_, options);
}

std::optional<Json> Evaluation::json(const Operand& operand) {
  if (!operand.predicate) return operand.literal;
  return store_value(value(operand.predicate), arena_);
}

std::optional<double> Evaluation::number(const Operand& operand) {
  const auto found = json(operand);
  if (!found || !found->is_number()) return std::nullopt;
  return found->as_double();
}

}  // namespace rapport::decide
