// How a record becomes an object of another system: declared in manifests and packs, carried out
// by decide::map_fields and decide::render_transcript. Everything here is a plain value.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace rapport::model {

// What a value is turned into. A value that cannot be turned counts as absent.
enum class FieldType {
  kText,
  kNumber,       // canonical decimal
  kTime,         // RFC 3339 with milliseconds, UTC
  kEpochMillis,  // milliseconds since 1970
  kDate,         // "2026-03-02"
};

// Which part of a person's name is taken. "Lee, Ana" and "Ana Lee" split alike; a single word is a
// first name.
enum class NamePart { kWhole, kFirst, kLast };

// One place to read from: a path into the source document, "contact.emails.0".
struct FieldSource {
  std::string path;
  NamePart part = NamePart::kWhole;
};

// One property of the remote object. The value is the first of `from` that is not empty, or the
// constant, or the pattern; `values` translates it; `fallback` stands in when nothing is left.
// With a `directory` the value is then looked up among the remote's own (users, by e-mail), and a
// record without one is given to a member of the group that `member_of` names.
struct FieldMapping {
  std::string to;
  std::vector<FieldSource> from;
  std::optional<std::string> constant;
  std::string pattern;  // "{contact.name} at {account.name}": empty when no placeholder has a value
  std::map<std::string, std::string> values;  // not empty: what is not listed counts as absent
  std::string fallback;
  FieldType type = FieldType::kText;
  std::string separator = ", ";  // between the elements of a list
  size_t max_length = 0;         // characters kept; 0: all
  std::string directory;
  std::string member_of;  // path of the group's name
  std::string label;      // for people, where the property has to be made there
  bool custom = false;    // named by the connection's own mapping
};

// A value that is in none of the remote's lists: the property is left as it is there.
struct Unresolved {
  std::string property, directory, value;
};

struct MappedFields {
  Json properties = Json::object();  // texts, in the order of the mapping
  std::vector<Unresolved> unresolved;
  std::vector<std::string> chosen;  // properties given by `member_of`: for a new record only
};

struct Mapping {
  std::string object;  // name of the remote object in its manifest
  std::string record;  // type of the record it is made from
  std::vector<FieldMapping> fields;
};

enum class Markup { kPlain, kHtml };

// The messages of a conversation as text of a remote field.
struct TranscriptMapping {
  std::string to;  // property
  Markup markup = Markup::kPlain;
  size_t limit_bytes = 65536;      // of one part, UTF-8; at least kLeastTranscriptLimit
  std::vector<std::string> lines;  // patterns above the messages; one without a value is left out
  // Not empty: one part only; what does not fit is left to others, and this line says where it is.
  std::string pointer;
};
inline constexpr size_t kLeastTranscriptLimit = 2000;

// Every part begins with a line that holds this text and then the number of parts. It is how a
// write whose answer was lost is recognised, so it does not change when the transcript grows.
inline std::string transcript_marker(std::string_view reference, size_t part) {
  return std::string(reference) + " part " + std::to_string(part + 1) + " of ";
}

}  // namespace rapport::model
