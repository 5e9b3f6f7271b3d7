#include "intake/identity.h"

#include <algorithm>
#include <utility>

namespace rapport::intake {
namespace {

using model::Binding;
using model::IdentifierKind;
using model::Identity;
using store::Ids;

constexpr IdentifierKind kStrong[] = {IdentifierKind::kExternalId, IdentifierKind::kEmail,
                                      IdentifierKind::kPhone};

bool is_set(SubjectId subject) {
  return subject.value != 0;
}

Digest16 identifier_hash(const Key& key, IdentifierKind kind, std::string_view value) {
  return keyed_hash(key, {model::name(kind), ":", value});
}

// An entry of the index that says "this subject has an identifier of that kind".
Digest16 mark_hash(const Key& key, IdentifierKind kind, SubjectId subject) {
  return keyed_hash(key, {"has ", model::name(kind), ":", std::to_string(subject.value)});
}

struct Looked {
  const Claimant* claimant;
  std::optional<Ids::Bound> bound;
};

class Assignment {
 public:
  Assignment(const Key& key, Subjects& subjects, model::Event& event)
      : key_(key), subjects_(subjects), event_(event) {}

  Result<void> run(const Claimants& claimants) {
    event_.identities.clear();
    event_.bindings.clear();
    TRY(look_up(claimants));
    TRY_ASSIGN(SubjectId owner, find_owner());
    TRY(assign_strong(owner));
    assign_devices();
    return assign_previous(claimants);
  }

 private:
  Result<void> look_up(const Claimants& claimants) {
    for (const Claimant& claimant : claimants.given) {
      TRY_ASSIGN(Looked looked, look_up(claimant));
      const bool device = claimant.kind == IdentifierKind::kAnonymousId;
      (device ? devices_ : strong_).push_back(std::move(looked));
    }
    if (!claimants.previous_external) return {};
    TRY_ASSIGN(previous_, look_up(*claimants.previous_external));
    TRY_ASSIGN(Looked device, look_up(*claimants.previous_anonymous));
    previous_is_device_ = device.bound.has_value();
    const auto same = [&](const Looked& l) { return l.claimant->hash == device.claimant->hash; };
    if (std::any_of(devices_.begin(), devices_.end(), same)) {
      previous_is_device_ = true;
    } else if (previous_is_device_) {
      devices_.push_back(std::move(device));
    }
    return {};
  }

  Result<Looked> look_up(const Claimant& claimant) {
    TRY_ASSIGN(auto bound, subjects_.find(claimant.hash));
    return Looked{&claimant, bound};
  }

  // The subject that those identifiers belong to which are bound, or 0.
  Result<SubjectId> find_owner() {
    for (const Looked& looked : strong_) {
      if (looked.bound) return looked.bound->subject;
    }
    for (const Looked& device : devices_) {
      if (!device.bound) continue;
      if (strong_.empty()) return device.bound->subject;
      TRY_ASSIGN(SubjectId owner, owner_by_device(*device.bound));
      if (is_set(owner)) return owner;
    }
    return SubjectId{};
  }

  // All identifiers given beside the device are new. They are the claiming subject's unless that
  // one has others of their kind: then it is somebody else at a shared device.
  Result<SubjectId> owner_by_device(const Ids::Bound& device) {
    if (!is_set(device.claimed_by)) return device.subject;
    bool alive = false;  // an erased subject has no marks
    for (const IdentifierKind kind : kStrong) {
      TRY_ASSIGN(const bool has, has_kind(device.claimed_by, kind));
      alive |= has;
      const bool given = std::any_of(strong_.begin(), strong_.end(),
                                     [&](const Looked& l) { return l.claimant->kind == kind; });
      if (has && given) return SubjectId{};
    }
    return alive ? device.claimed_by : device.subject;
  }

  Result<bool> has_kind(SubjectId subject, IdentifierKind kind) {
    const Digest16 mark = mark_hash(key_, kind, subject);
    const auto mine = [&](const Binding& b) { return b.hash == mark; };
    if (std::any_of(event_.bindings.begin(), event_.bindings.end(), mine)) return true;
    TRY_ASSIGN(const auto found, subjects_.find(mark));
    return found.has_value();
  }

  Result<void> assign_strong(SubjectId owner) {
    for (const Looked& looked : strong_) {
      SubjectId subject = is_set(event_.subject) ? event_.subject : owner;
      if (looked.bound) {
        subject = looked.bound->subject;
      } else {
        TRY_ASSIGN(subject, free_for(looked.claimant->kind, subject));
        bind(*looked.claimant, subject);
      }
      list(*looked.claimant, subject);
    }
    if (!strong_.empty()) return {};
    TRY_ASSIGN(event_.subject, existing_or_new(owner));
    return {};
  }

  // `subject`, or a new one where there is none, or where it already has another external id.
  Result<SubjectId> free_for(IdentifierKind kind, SubjectId subject) {
    if (is_set(subject) && kind == IdentifierKind::kExternalId) {
      TRY_ASSIGN(const bool taken, has_kind(subject, kind));
      if (taken) subject = {};
    }
    return existing_or_new(subject);
  }

  Result<SubjectId> existing_or_new(SubjectId subject) {
    return is_set(subject) ? Result<SubjectId>(subject) : subjects_.allocate();
  }

  void assign_devices() {
    for (const Looked& device : devices_) {
      SubjectId subject = device.bound ? device.bound->subject : event_.subject;
      if (strong_.empty()) {
        if (!device.bound) put(device.claimant->hash, subject, {});
      } else if (!device.bound || !is_set(device.bound->claimed_by)) {
        put(device.claimant->hash, subject, event_.subject);
      } else if (!is_listed(device.bound->claimed_by)) {
        subject = event_.subject;
        put(device.claimant->hash, subject, subject);
      }
      list(*device.claimant, subject);
    }
  }

  bool is_listed(SubjectId subject) const {
    return std::any_of(event_.identities.begin(), event_.identities.end(), [&](const Identity& i) {
      return i.kind != IdentifierKind::kAnonymousId && i.subject == subject;
    });
  }

  // An earlier id that nobody knows yet may still come, as either kind, in events sent late.
  Result<void> assign_previous(const Claimants& claimants) {
    if (!previous_ || (previous_is_device_ && !previous_->bound)) return {};
    const Claimant& previous = *previous_->claimant;
    const auto same = [&](const Identity& i) {
      return i.kind == previous.kind && i.value == previous.value;
    };
    if (std::any_of(event_.identities.begin(), event_.identities.end(), same)) return {};
    if (previous_->bound) {
      list(previous, previous_->bound->subject);
      return {};
    }
    TRY_ASSIGN(const SubjectId subject, subjects_.allocate());
    bind(previous, subject);
    put(claimants.previous_anonymous->hash, subject, event_.subject);
    list(previous, subject);
    return {};
  }

  void bind(const Claimant& claimant, SubjectId subject) {
    put(claimant.hash, subject, {});
    put(mark_hash(key_, claimant.kind, subject), subject, {});
  }

  void put(const Digest16& hash, SubjectId subject, SubjectId claimed_by) {
    event_.bindings.push_back({hash, subject, claimed_by});
  }

  // The first one listed is the strongest: it names the event's subject.
  void list(const Claimant& claimant, SubjectId subject) {
    if (!is_set(event_.subject)) event_.subject = subject;
    event_.identities.push_back({claimant.kind, claimant.value, subject});
  }

  const Key& key_;
  Subjects& subjects_;
  model::Event& event_;
  std::vector<Looked> strong_, devices_;
  std::optional<Looked> previous_;  // of an alias, as external id
  bool previous_is_device_ = false;
};

}  // namespace

Claimants claimants_of(const Key& key, std::vector<Identity> given, std::string_view previous_id) {
  const auto claimant = [&](IdentifierKind kind, std::string value) {
    const Digest16 hash = identifier_hash(key, kind, value);
    return Claimant{kind, std::move(value), hash};
  };
  Claimants out;
  out.given.reserve(given.size());
  for (Identity& identity : given) {
    out.given.push_back(claimant(identity.kind, std::move(identity.value)));
  }
  if (previous_id.empty()) return out;
  out.previous_external = claimant(IdentifierKind::kExternalId, std::string(previous_id));
  out.previous_anonymous = claimant(IdentifierKind::kAnonymousId, std::string(previous_id));
  return out;
}

Result<void> assign_subjects(const Key& key, const Claimants& claimants, Subjects& subjects,
                             model::Event& event) {
  event.subject = {};
  return Assignment(key, subjects, event).run(claimants);
}

}  // namespace rapport::intake
