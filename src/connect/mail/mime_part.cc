#include "connect/mail/mime_part.h"

#include <algorithm>

#include "base/text.h"
#include "connect/mail/encoding.h"

namespace rapport::connect {
namespace {

constexpr size_t kMaxFields = 1000;
constexpr size_t kMaxParts = 100;
constexpr size_t kMaxBoundary = 200;

// The next line without its end; `text` becomes what follows.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// A parameter's value: a quoted string or a token. `text` becomes what follows.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const size_t end = std::min(text.find(';'), text.size());
    value = std::string(trim(text.substr(0, end)));
    text.remove_prefix(end);
    return value;
  }
  size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    value.push_back(text[i]);
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return value;
}

}  // namespace

MailFields read_fields(std::string_view text, std::string_view* rest) {
  MailFields fields;
  bool of_field = false;  // what a folded line would belong to was kept
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (of_field) fields.back().second.append(" ").append(trim(line));
      continue;
    }
    const size_t colon = line.find(':');
    of_field = colon != std::string_view::npos && colon > 0 && fields.size() < kMaxFields;
    if (of_field)
      fields.emplace_back(ascii_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
  if (rest != nullptr) *rest = text;
  return fields;
}

std::string_view field(const MailFields& fields, std::string_view name) {
  for (const auto& [known, value] : fields)
    if (known == name) return value;
  return {};
}

ContentType read_content_type(std::string_view value) {
  ContentType content;
  if (trim(value).empty()) return content;
  const size_t end = std::min(value.find(';'), value.size());
  content.type = ascii_lower(trim(value.substr(0, end)));
  value.remove_prefix(end);
  while (!value.empty()) {
    if (value[0] == ';' || value[0] == ' ' || value[0] == '\t') {
      value.remove_prefix(1);
      continue;
    }
    const size_t equals = value.find('=');
    const size_t next = value.find(';');
    if (equals == std::string_view::npos) break;
    if (next < equals) {
      value.remove_prefix(next);
      continue;
    }
    std::string name = ascii_lower(trim(value.substr(0, equals)));
    value = trim(value.substr(equals + 1));
    content.parameters.emplace(std::move(name), take_value(value));
  }
  return content;
}

std::vector<std::string_view> split_parts(std::string_view body, std::string_view boundary) {
  std::vector<std::string_view> parts;
  if (boundary.empty() || boundary.size() > kMaxBoundary) return parts;
  const std::string_view whole = body;
  constexpr size_t kNone = std::string_view::npos;
  size_t begin = kNone;  // of the part under way
  while (!body.empty() && parts.size() < kMaxParts) {
    const size_t line_begin = whole.size() - body.size();
    const std::string_view line = take_line(body);
    if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) continue;
    const std::string_view after = trim(line.substr(2 + boundary.size()));
    if (!after.empty() && after != "--") continue;
    if (begin != kNone) parts.push_back(whole.substr(begin, line_begin - begin));
    begin = whole.size() - body.size();
    if (after == "--") return parts;
  }
  // A mail that was cut off: its last part counts as far as it goes.
  if (begin != kNone && parts.size() < kMaxParts) parts.push_back(whole.substr(begin));
  return parts;
}

std::string decode_body(std::string_view body, std::string_view transfer_encoding) {
  const std::string encoding = ascii_lower(trim(transfer_encoding));
  if (encoding == "base64") return from_base64_lines(body);
  if (encoding == "quoted-printable") return from_quoted_printable(body);
  return std::string(body);
}

}  // namespace rapport::connect
