// Forgetting a person.
#pragma once

#include "decide/compiled.h"
#include "decide/step.h"

namespace rapport::decide {

// contact.erased {contact, subjects}: removes everything that tells of the contact, of all its
// subjects: its conversations, tickets, deals, tasks and records of own objects; what is derived
// for each of them, their timers, and the traces that name them. What stays: that it was erased.
// `definitions` may be null.
void erase_contact(Step& step, const Definitions* definitions, const model::Event& event);

// What is derived for the record, and its timers.
void forget_derived(Step& step, const Definitions* definitions, const model::RecordKey& key);
// "refresh/contact/con_…" and the like.
void disarm_all(Step& step, const Definitions* definitions, const model::RecordKey& key);

}  // namespace rapport::decide
