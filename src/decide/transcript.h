// The messages of a conversation as text for a field of another system. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/mapping.h"

namespace rapport::decide {

struct TranscriptMessage {
  Micros at;
  uint64_t sequence = 0;
  std::string author;  // as shown: "Ana Lee (customer)"
  std::string text;
};

// By time, then sequence; author and time on every message; cut into parts of at most limit_bytes,
// between messages where possible and never inside a UTF-8 sequence or an HTML entity. Each part
// begins with a line with transcript_marker(reference, part) and the number of parts; `lines` stand
// below it in the first. No text is dropped. At least one part.
std::vector<std::string> render_transcript(std::vector<TranscriptMessage> messages,
                                           const std::vector<std::string>& lines,
                                           std::string_view reference, model::Markup markup,
                                           size_t limit_bytes);

// The same from a source document: its "messages" and the mapping's patterns. With a pointer, one
// part, which ends with the pointer when text is left over.
std::vector<std::string> render_transcript(const model::TranscriptMapping& mapping,
                                           const Json& source, std::string_view reference);

}  // namespace rapport::decide
