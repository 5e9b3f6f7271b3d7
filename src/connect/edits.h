// Values that a person has given in place of mapped ones, for one record that a remote refused:
// they are sent instead until the source changes or they are taken back.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connect/view.h"

namespace rapport::connect {

// `of`: hash of what the mapping read when the value was given, see source_hash.
struct Edit {
  std::string value, of;
};
using Edits = std::map<std::string, std::map<std::string, Edit>>;  // by object, by property

// The record that holds them: one for each connection and record.
model::RecordKey edits_key(std::string_view connection, const model::RecordKey& record);
Edits read_edits(const model::Record& record);

// An edit that no longer stands: its source has another value now, or the property is not mapped.
struct EndedEdit {
  model::RecordKey record;
  std::string object, property;
};

// Puts the values of edits in the place of mapped ones in all views of one record. A key of the
// record that is the mapped value is replaced as well. What no longer stands is left out and told.
void apply_edits(const Edits& edits, const Json& source, const Key& hash_key, std::span<View> views,
                 std::vector<EndedEdit>& ended);

// Everything that the property is made of in this source document, as a hash.
std::string source_hash(const Key& hash_key, std::string_view object,
                        const model::FieldMapping& field, const Json& source);

// From {property: value, or null to take an edit back} to {set: {property: {value, of}}, unset:
// [property]} of push.edited. A value is checked against the property's type and length in the
// mapping and kept in the form that is sent; kInvalid names the property and what it may be.
// An empty text leaves an optional property out.
Result<Json> check_edits(const ObjectSpec& object, const Mapper& mapper, const Json& source,
                         const Key& hash_key, const Json& values);

}  // namespace rapport::connect
