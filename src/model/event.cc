#include "model/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/plain_run.h"
#include "base/text.h"

// A body is one JSON object. Its keys are short because every event of every workspace carries
// them, and what is empty is left out:
//   v version (1) · o 1 for the server's own · t type · m message id · a micros
//   i [[kind letter, value, subject], …] · b [[base64url hash, subject, claimed by], …]
//   p properties · c context
// A key never changes its meaning. What is new gets a new key; readers skip keys they do not know.
namespace rapport::model {
namespace {

constexpr int64_t kVersion = 1;
// Above what intake lets in, so that an accepted event can always be read again.
constexpr JsonLimits kBodyLimits{.depth = 256, .members = 10'000'000};

struct KindName {
  IdentifierKind kind;
  std::string_view name;
  char letter;  // in bodies
};
constexpr KindName kKinds[] = {
    {IdentifierKind::kExternalId, "external_id", 'x'},
    {IdentifierKind::kEmail, "email", 'e'},
    {IdentifierKind::kPhone, "phone", 'p'},
    {IdentifierKind::kAnonymousId, "anonymous_id", 'a'},
};

const KindName& entry_of(IdentifierKind kind) {
  for (const KindName& k : kKinds) {
    if (k.kind == kind) return k;
  }
  BUG("an identifier kind without a name");
}

void append_quoted(std::string& out, std::string_view text) {
  if (plain_run(text).size != text.size()) {
    append_text(out, Json(text));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number n) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
}

void append_identities(std::string& out, const std::vector<Identity>& identities) {
  out += ",\"i\":[";
  for (const Identity& identity : identities) {
    out += out.back() == '[' ? "[\"" : ",[\"";
    out += entry_of(identity.kind).letter;
    out += "\",";
    append_quoted(out, identity.value);
    out += ',';
    append_number(out, identity.subject.value);
    out += ']';
  }
  out += ']';
}

void append_bindings(std::string& out, const std::vector<Binding>& bindings) {
  out += ",\"b\":[";
  for (const Binding& binding : bindings) {
    out += out.back() == '[' ? "[\"" : ",[\"";
    out += to_base64url(bytes_of(binding.hash));
    out += "\",";
    append_number(out, binding.subject.value);
    out += ',';
    append_number(out, binding.claimed_by.value);
    out += ']';
  }
  out += ']';
}

bool is_empty_object(const Json& value) {
  return value.is_object() && value.as_object().empty();
}

Error unreadable(std::string_view what) {
  return corrupt(fmt::format("This is not an event body: {}. Run `rapport verify`.", what));
}

// The reading side: each takes one known member of the body, already parsed.

Result<void> read_text(Json& value, std::string_view key, std::string& to) {
  if (!value.is_string()) return unreadable(fmt::format("\"{}\" is not a text", key));
  to = value.as_string();
  return {};
}

Result<Identity> read_identity(const Json& value) {
  if (!value.is_array()) return unreadable("an identifier is not a list");
  const Json::Array& row = value.as_array();
  if (row.size() < 3 || !row[0].is_string() || !row[1].is_string() || !row[2].is_int()) {
    return unreadable("an identifier lacks kind, value or subject");
  }
  for (const KindName& k : kKinds) {
    if (row[0].as_string() != std::string_view(&k.letter, 1)) continue;
    return Identity{
        k.kind, std::string(row[1].as_string()), {static_cast<uint64_t>(row[2].as_int())}};
  }
  return unreadable("an identifier is of an unknown kind");
}

Result<Binding> read_binding(const Json& value) {
  if (!value.is_array()) return unreadable("a binding is not a list");
  const Json::Array& row = value.as_array();
  if (row.size() < 3 || !row[0].is_string() || !row[1].is_int() || !row[2].is_int()) {
    return unreadable("a binding lacks hash, subject or claim");
  }
  const auto bytes = from_base64url(row[0].as_string());
  Binding binding;
  if (!bytes || bytes->size() != binding.hash.size()) return unreadable("a binding's hash is bad");
  std::copy(bytes->begin(), bytes->end(), binding.hash.begin());
  binding.subject.value = static_cast<uint64_t>(row[1].as_int());
  binding.claimed_by.value = static_cast<uint64_t>(row[2].as_int());
  return binding;
}

template <class T>
Result<void> read_list(const Json& value, Result<T> (*read)(const Json&), std::vector<T>& to) {
  if (!value.is_array()) return unreadable("a list is not a list");
  to.reserve(value.as_array().size());
  for (const Json& row : value.as_array()) {
    TRY_ASSIGN(T item, read(row));
    to.push_back(std::move(item));
  }
  return {};
}

Result<void> read_origin(const Json& value, Origin& to) {
  if (!value.is_int() || value.as_int() != 1) return unreadable("its origin is unknown");
  to = Origin::kServer;
  return {};
}

Result<void> read_member(std::string_view key, Json& value, Event& event) {
  if (key.size() != 1) return {};
  switch (key[0]) {
    case 'o':
      return read_origin(value, event.origin);
    case 't':
      return read_text(value, key, event.type);
    case 'm':
      return read_text(value, key, event.message_id);
    case 'a':
      if (!value.is_int()) return unreadable("its time is not a whole number");
      event.at.value = value.as_int();
      return {};
    case 'i':
      return read_list(value, &read_identity, event.identities);
    case 'b':
      return read_list(value, &read_binding, event.bindings);
    case 'p':
      event.properties = std::move(value);
      return {};
    case 'c':
      event.context = std::move(value);
      return {};
    default:
      return {};
  }
}

void clear_body(Event& event) {
  event.origin = Origin::kTracked;
  event.type.clear();
  event.message_id.clear();
  event.at = {};
  event.identities.clear();
  event.bindings.clear();
  event.properties = Json::object();
  event.context = Json::object();
}

}  // namespace

std::string_view name(IdentifierKind kind) {
  return entry_of(kind).name;
}

std::optional<IdentifierKind> identifier_kind(std::string_view name) {
  for (const KindName& k : kKinds) {
    if (k.name == name) return k.kind;
  }
  return std::nullopt;
}

std::string encode_content(const Event& event) {
  std::string out;
  out.reserve(384);  // of most
  if (!is_empty_object(event.properties)) {
    out += ",\"p\":";
    append_text(out, event.properties);
  }
  if (!is_empty_object(event.context)) {
    out += ",\"c\":";
    append_text(out, event.context);
  }
  return out;
}

std::string encode_body(const Event& event) {
  return encode_body(event, encode_content(event));
}

std::string encode_body(const Event& event, std::string_view content) {
  std::string out;
  out.reserve(256 + content.size());
  out += "{\"v\":1";
  if (event.origin == Origin::kServer) out += ",\"o\":1";
  out += ",\"t\":";
  append_quoted(out, event.type);
  if (!event.message_id.empty()) {
    out += ",\"m\":";
    append_quoted(out, event.message_id);
  }
  out += ",\"a\":";
  append_number(out, event.at.value);
  if (!event.identities.empty()) append_identities(out, event.identities);
  if (!event.bindings.empty()) append_bindings(out, event.bindings);
  out += content;
  out += '}';
  return out;
}

Result<void> decode_body(std::string_view body, Event& event) {
  auto parsed = parse_json(body, kBodyLimits);
  if (!parsed) return unreadable(parsed.error().message);
  if (!parsed->is_object()) return unreadable("it is not an object");
  const Json* version = parsed->find("v");
  if (version == nullptr || !version->is_int()) return unreadable("it has no version");
  if (version->as_int() != kVersion) {
    return unreadable(fmt::format("version {} is of a newer Rapport", version->as_int()));
  }
  if (parsed->find("t") == nullptr) return unreadable("it has no type");
  if (parsed->find("a") == nullptr) return unreadable("it has no time");
  clear_body(event);
  for (auto& [key, value] : parsed->edit_object()) TRY(read_member(key, value, event));
  return {};
}

}  // namespace rapport::model
