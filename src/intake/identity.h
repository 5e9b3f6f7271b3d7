// Which subject an event belongs to, and what it teaches the identifier index.
//
//   * A subject never has two external ids. Two of them come together only as evidence: the event
//     lists each with its own subject and the fold joins them, so that the join can be undone.
//   * The strongest identifier that is bound names the event's subject (external id, e-mail, phone,
//     anonymous id); those not bound yet are bound to it. None bound: a new subject.
//   * A device is claimed by the first subject identified on it. Its anonymous history is then
//     evidence for that subject alone: when somebody else is identified there, the device's id is
//     bound anew, and what was done before stays where it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/result.h"
#include "model/event.h"
#include "store/ids.h"

namespace rapport::intake {

// The identifier index as this room sees it.
class Subjects {
 public:
  virtual ~Subjects() = default;
  virtual Result<std::optional<store::Ids::Bound>> find(const Digest16& identifier) = 0;
  virtual Result<SubjectId> allocate() = 0;
};

// What is looked up for an event. Made outside of any lock.
struct Claimant {
  model::IdentifierKind kind;
  std::string value;
  Digest16 hash{};
};
struct Claimants {
  std::vector<Claimant> given;  // strongest first
  // The earlier id of an alias call, which may be of either kind.
  std::optional<Claimant> previous_external, previous_anonymous;
};
Claimants claimants_of(const Key& key, std::vector<model::Identity> given,
                       std::string_view previous_id);

// Sets the event's subject, identities and bindings.
Result<void> assign_subjects(const Key& key, const Claimants& claimants, Subjects& subjects,
                             model::Event& event);

}  // namespace rapport::intake
