// Service levels of records: clocks that follow what happens to them.
#pragma once

#include "decide/rounds.h"

namespace rapport::decide {

// The record was made or has changed: its policy is found, its clocks start, pause, end.
void follow_sla(Rounds& rounds, const model::RecordKey& key, uint32_t object);
// Somebody wrote in what the event belongs to.
void note_message(Rounds& rounds, const model::Event& event, const Scene& scene);
// Timer "sla".
void watch_sla(Rounds& rounds, const model::RecordKey& key);

// By rules: the shortest of all that were started holds (CO-32).
enum class SlaOrder : uint8_t { kStart, kStop, kPause, kResume };
void order_sla(Rounds& rounds, const model::RecordKey& key, SlaOrder order, std::string_view policy,
               std::string_view reason);

}  // namespace rapport::decide
