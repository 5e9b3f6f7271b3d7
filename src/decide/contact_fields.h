// The fields of a contact: setting them from traits, joining two contacts, placing them in an
// account, counting their events.
#pragma once

#include "base/json.h"
#include "decide/step.h"

namespace rapport::decide {

// Elements of an array field; nothing when the field is absent.
const Json::Array& values_of(const Json& fields, std::string_view field);
void append_value(Json& fields, std::string_view field, Json value);  // unless it is there
// Adds to a list of identifiers of a contact, noting which event gave it.
void add_value(model::Record& contact, std::string_view field, std::string_view value);

// last_seen_at, first_seen_at.
void note_time(Json& fields, Micros at);

// What a rule wrote under the name of a trait gives way to the trait: an estimate always, else
// where the sender's value is another than the one it gave before. To be called before the trait is
// written.
void give_way_to_trait(model::Record& record, std::string_view trait, const Json& value);

// The traits of an identify call: reserved ones become fields, others members of `traits` (at most
// 300). A later event wins, and provenance says which. Null clears.
void apply_traits(model::Record& record, const model::Event& event);

// Everything `merged` knows, into `kept`: per field the later event wins, lists are joined, times
// widened, counters added. The order of two joins does not matter.
void join_fields(Step& step, model::Record& kept, const model::Record& merged);

// Sets account from a group call, else from the domain of the first e-mail (CH-13).
void place_in_account(Step& step, model::Record& contact, const model::Event& event);
// The part that needs no event: company of the first e-mail, and its account.
void settle_account(model::Record& contact, WorkspaceId workspace);

// Windowed counters of the contact the event belongs to.
void count_for_contact(Step& step, const model::Event& event);

}  // namespace rapport::decide
