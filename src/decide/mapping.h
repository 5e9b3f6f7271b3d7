// Turns a source document into the properties of a remote object. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "model/mapping.h"

namespace rapport::decide {

// What has no value is left out. `source` is {"contact": {…}, "account": {…}, …}, see
// docs/reference/manifest.md; its "directories" hold {ids: {e-mail in lower case: id}, groups:
// {name in lower case: [ids]}} by name. Which member of a group is taken depends on the record's id
// alone.
model::MappedFields map_fields(const model::Mapping& mapping, const Json& source);

// Replaces "{path}" by the text at that path; "{{" stands for "{". Empty when the pattern has
// placeholders and none of them has a value.
std::string fill_pattern(std::string_view pattern, const Json& source);

// The text of a value as a remote system reads it: numbers without needless digits, lists joined.
std::string text_of(const Json& value, std::string_view separator = ", ");

}  // namespace rapport::decide
