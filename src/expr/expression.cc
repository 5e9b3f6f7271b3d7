#include "expr/expression.h"

#include "expr/parser.h"
#include "expr/type_bindings.h"

namespace rapport::expr {
namespace {

constexpr uint32_t kSteps = 10'000;  // of comparing types

}  // namespace

Result<Expression> read_expression(std::string_view text, const Environment& environment,
                                   const Type& wanted) {
  Parsed parsed = parse(text);
  if (!parsed.ok()) return to_error(parsed.problems);
  Checked checked = check(parsed.ast, environment.declarations);
  if (!checked.ok()) return to_error(checked.problems);
  Expression made{nullptr, checked.types.back(), std::move(checked.fields)};
  if (!TypeBindings(kSteps).fits(made.type, wanted))
    return invalid(
        "the expression gives " + to_text(made.type) + ", but " + to_text(wanted) + " is needed",
        "1:1");
  TRY_ASSIGN(Binding bound,
             Binding::make(std::move(parsed.ast), std::move(checked), environment.declarations,
                           environment.registry, environment.layout, environment.zones));
  made.binding = std::make_shared<const Binding>(std::move(bound));
  return made;
}

}  // namespace rapport::expr
