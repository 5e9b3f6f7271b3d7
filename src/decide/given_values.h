// Values that people give by hand, checked against what is declared: of settings and of fields.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "decide/vocabulary.h"

namespace rapport::decide {

std::string_view name(SettingType type);  // "span"
std::string_view name(FieldType type);    // "money"

// The value as it is kept. A span may be a text ("3d") or whole microseconds, money is a text
// ("50000 USD"). The error says what the setting takes.
Result<Json> take_setting(const SettingSpec& setting, const Json& given);
// As people write it: spans as "3d".
Json show_setting(const SettingSpec& setting, const Json& kept);

// Fields of a record that a person sets: {name: value}, null removes. Refused, naming the field and
// the nearest known one: what is not declared, what is made by the engine or by events alone, and
// values of another type. Fields of type `any` take anything.
Result<void> check_given(const Object& object, const Json& fields);
// Whether such a field may be set by hand.
bool may_be_given(const Object& object, const Field& field);

}  // namespace rapport::decide
