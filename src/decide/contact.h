// Who an event is about: subjects, the clusters of subjects that are contacts, and what events say
// of a contact. Everything here depends only on the events of the contact's own subjects, so that
// a split can fold them again.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "decide/step.h"

namespace rapport::decide {

// Folds one tracked event into subjects and contacts. Joins clusters where the event is evidence:
//  - alias: always;
//  - e-mail or external id: always (one mailbox or one account of yours is one person);
//  - phone: unless both sides are known under different external ids or e-mails (shared phones);
//  - anonymous id: unless both sides are identified (shared devices).
// Two subjects that a person has set apart are not joined by evidence again.
void fold_contact(Step& step, const model::Event& event);

// Id of the contact an event belongs to after fold_contact; empty for events without subject.
std::string contact_of(const Step& step, SubjectId subject);
// The contact with this id now, following merges; null when there is none.
const model::Record* resolve_contact(const Step& step, std::string_view id);

// contacts.merged {keep, merge}: joins two contacts on a person's word.
void merge_contacts(Step& step, const model::Event& event);
// The contacts that a split has folded again, and the events it did so from. Valid for the step.
struct Split {
  std::string whole;                        // the contact that was split, before
  std::vector<std::string> contacts;        // those there are now
  std::vector<const model::Event*> events;  // in order
};
// contacts.split {contact, merge_sequence}: undoes the join that event made, by folding the
// cluster's events again without it. No effect when the contact has no such join.
Split split_contact(Step& step, const model::Event& event);

std::string subject_list(SubjectId subject);  // "subject/17"
bool identified(const model::Record& contact);
std::vector<SubjectId> subjects_of(const model::Record& contact);

}  // namespace rapport::decide
