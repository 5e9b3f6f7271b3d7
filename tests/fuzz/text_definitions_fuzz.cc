// rooms: learn
// Any text as the `text:` section of a pack: it is refused with a reason, or it compiles (short of
// the limits on the whole) and reads.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "learn/read_text_signals.h"
#include "learn/text_signals.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto definitions = rapport::learn::load_text_signals(text, "text.yaml");
  if (!definitions.ok()) {
    CHECK(!definitions.error().message.empty());
    return 0;
  }
  const auto reader = rapport::learn::WordSignals::compile(*definitions);
  if (!reader.ok()) {
    CHECK(!reader.error().message.empty());
    return 0;
  }
  reader->read(text, "");
  reader->read("not a refund of $5k by may 3, a team of 20 people", "en");
  return 0;
}
