// The values of conformance case files: {"int": "1"}, {"list": [...]}, {"map": [[key, value]]} …
#pragma once

#include <optional>

#include "base/json.h"
#include "expr/arena.h"
#include "expr/value.h"

namespace rapport::expr {

// Nothing for a form nobody knows.
std::optional<Value> read_value(const Json& json, Arena& arena);

// Strictly: kinds count (1 is not 1.0), NaN is itself, -0.0 is not 0.0, maps have no order.
bool same_value(const Value& a, const Value& b, Arena& arena);

}  // namespace rapport::expr
