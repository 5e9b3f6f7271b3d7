#include "base/logging.h"

#include "base/text.h"

namespace rapport {
namespace {

bool is_secret(std::string_view key) {
  const std::string name = ascii_lower(key);
  for (std::string_view word : {"token", "secret", "password", "authorization", "key"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string_view name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  BUG("unknown level");
}

void redact(Json& fields) {
  if (fields.is_array()) {
    for (Json& item : fields.edit_array()) redact(item);
  }
  if (!fields.is_object()) return;
  for (auto& [key, value] : fields.edit_object()) {
    if (is_secret(key)) {
      value = Json("***");
    } else {
      redact(value);
    }
  }
}

void Reporter::report(Level level, std::string_view event, Json fields) {
  if (!wants(level)) return;
  redact(fields);
  write(level, event, fields);
}

}  // namespace rapport
