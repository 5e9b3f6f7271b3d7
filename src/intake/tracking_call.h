// One call of the tracking API, already parsed, to the event it means. Pure: time is handed in,
// subjects are found later (identity.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "intake/intake.h"
#include "intake/phone_book.h"
#include "model/event.h"

namespace rapport::intake {

// What stands around a call in its request. Pointers are null where there is nothing.
struct Surroundings {
  Call call = Call::kBatch;          // kBatch: the call names itself by `type`
  std::optional<size_t> index = {};  // place in the batch
  const Json* context = nullptr;     // the batch's own; the call's members win
  const Json* integrations = nullptr;
  const Json* sent_at = nullptr;
  Micros received;
};

// "batch[3].traits.email", or "traits.email" outside of a batch.
std::string path_of(const Surroundings& around, std::string_view field);

struct TrackingCall {
  model::Event event;       // identities strongest first, their subjects and the event's unset
  std::string previous_id;  // alias only
  bool bad_email = false;   // given, but of no use as identifier; kept among the traits
  bool bad_phone = false;
};

// Reads the call; what it holds is moved into the event only when all of it is good. Errors
// (kInvalid) say what is wrong and where, by path_of.
//   identify → contact.identified, properties = traits
//   group    → account.grouped, properties = {group_id, traits}
//   alias    → contact.aliased, properties = {previous_id}
//   page, screen → page.viewed, screen.viewed, properties with name and category
//   track    → its own event name, properties as given
// The context is the batch's and the call's, member by member; integrations ride in it.
Result<TrackingCall> read_call(Json& call, const Surroundings& around, const IntakeOptions& options,
                               PhoneBook& phones);

// The call with all that stands around it, so that it can be read again alone (readmit).
Json complete_call(const Json& call, const Surroundings& around);

// The call's message id when it is one: a text of 1 to 100 characters. Else empty.
std::string_view usable_message_id(const Json& call);

}  // namespace rapport::intake
