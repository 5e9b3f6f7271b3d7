// rooms: main
// Any text as a settings file: it is read or refused with a message, and what was read is in range.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "main/settings.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto settings = rapport::parse_settings(text, "rapport.yaml");
  if (!settings.ok()) {
    if (settings.error().message.empty()) __builtin_trap();
    return 0;
  }
  if (settings->segment_mebibytes == 0 || settings->max_past < rapport::Micros{0}) __builtin_trap();
  for (const auto& connection : settings->connections)
    if (connection.id.empty() || connection.vendor.empty()) __builtin_trap();
  return 0;
}
