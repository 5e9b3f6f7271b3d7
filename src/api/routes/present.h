// How records and events look in answers.
#pragma once

#include "base/json.h"
#include "model/event.h"
#include "model/record.h"

namespace rapport::api {

// {"id", "created", "version", then the fields; "counters" as {name: {count, window_hours}} at
// `now`; `provenance` when asked for}.
Json present(const model::Record& record, Micros now);
// {"sequence", "type", "received_at", "at", "identities", "properties", "context"}.
Json present(const model::Event& event);
Json present_page(std::vector<Json> rows, std::string_view next);

}  // namespace rapport::api
