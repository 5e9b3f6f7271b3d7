// Passes over everything a pack declares.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "decide/pack/spec.h"

namespace rapport::decide {

// Every expression, of values and actions too, in the order of sections. Empty ones are left out.
void each_formula(const PackSpec& pack, const std::function<void(const Formula&)>& visit);

// Every action with the entry it belongs to: a rule, or a stage's lifecycle.
using VisitAction = std::function<void(const ActionSpec&, const Entry& owner)>;
void each_action(const PackSpec& pack, const VisitAction& visit);

void each_formula(const ScoreSpec& score, const std::function<void(const Formula&)>& visit);
void each_formula(const ActionSpec& action, const std::function<void(const Formula&)>& visit);

// Where a metric is declared.
Place place_of(const PackSpec& pack, const Metric& metric);

// Appends the `object.field` pairs that a text names, also as `object.?field`: every name with the
// one behind its dot. More than an expression truly reads (words in quotes count), never less.
void add_field_names(std::string_view text, std::set<std::string>& names);
std::set<std::string> field_names(const Formula& formula);

}  // namespace rapport::decide
