// What the text of an event says, as expressions see it under `said`.
#pragma once

#include "learn/text_signals.h"
#include "model/event.h"

namespace rapport::decide {

// Reads subject, text, body, description, feedback and reason of the event together. What the
// sender told in `intents`, `topics` and `competitors` counts beside it; its `sentiment`, `budget`,
// `company_size`, `timeline_days`, `use_case`, `decision_maker` and `requirements` count instead.
// Null where the event has neither text nor intents, topics or sentiment, and for messages that are
// not the customer's. `reader` may be null.
Json read_said(const learn::TextReader* reader, const model::Event& event);

// "P2W", "2026-06-15", "2026-06", "2026-Q3" as days from `at`, rounded up; of "--06-15", "--06" and
// "Q3", which name no year, the first that is not over. Nothing for others.
std::optional<int64_t> timeline_days(std::string_view timeline, Micros at);

}  // namespace rapport::decide
