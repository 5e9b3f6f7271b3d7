// Which marked records are served next: urgent ones and what they wait for, then those that have
// become ready, then the rest, oldest first, the types of record in turn.
//
// Records that cannot be served now are put aside in memory and come back when their time has come,
// when what they wait for was written, or, after a restart or when too many are aside, when the
// marks are gone through again.
#pragma once

#include <limits>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "store/state.h"

namespace rapport::connect {

// One thread.
class Backlog {
 public:
  // `types` of record in the order in which they depend on each other.
  Backlog(store::State& state, std::string connection, std::vector<std::string> types)
      : state_(state), connection_(std::move(connection)), types_(std::move(types)) {}

  struct Picked {
    std::vector<store::DueMark> marks;  // of one type; empty: nothing to do
    model::Urgency urgency = model::Urgency::kUsual;
    bool more = false;  // there are more of the kind
  };
  enum class Which { kAll, kUrgentOnly };
  // At most `most` records, none of them `open` (a write of theirs has no outcome yet).
  Result<Picked> pick(Micros now, Which which, const std::set<model::RecordKey>& open, size_t most);
  // Whether pick() would give urgent work.
  Result<bool> has_urgent(Micros now, const std::set<model::RecordKey>& open);

  void delay(const model::Mark& mark, Micros until);  // tried in vain
  void wait(const model::Mark& mark, std::span<const model::RecordKey> others, Micros now);
  void again(const model::RecordKey& record);         // not tried: comes first
  void written(const model::RecordKey& record);       // those that wait for it are ready
  void block(const std::string& type, Micros until);  // nothing of that type before
  void unblock();
  // When something that is aside comes back; `most` when nothing does before.
  Micros next(Micros now, Micros most) const;

 private:
  struct Aside {
    Sequence version;
    Micros until;
    bool waits = false;  // for others
  };
  struct Place {
    Sequence version;
    std::string id;
  };
  bool usable(const store::DueMark& due, Micros now, const std::set<model::RecordKey>& open);
  bool blocked(const std::string& type, Micros now) const;
  void put_aside(const model::Mark& mark, Micros until, bool waits);
  void bring_back(Micros now);
  Result<std::vector<store::DueMark>> urgent(const std::string& type, Micros now,
                                             const std::set<model::RecordKey>& open, size_t most);
  Result<std::vector<store::DueMark>> promoted(Micros now, const std::set<model::RecordKey>& open);
  Result<std::vector<store::DueMark>> ready(const std::string& type, Micros now,
                                            const std::set<model::RecordKey>& open, size_t most);
  Result<void> scan(const std::string& type, Micros now, const std::set<model::RecordKey>& open,
                    size_t most, std::vector<store::DueMark>& marks);

  store::State& state_;
  std::string connection_;
  std::vector<std::string> types_;
  size_t turn_ = 0;
  std::map<std::string, Place> places_;  // up to where the usual marks of a type were looked at
  Micros gone_through_;                  // when that began anew
  std::map<model::RecordKey, Aside> aside_;
  Micros first_back_{std::numeric_limits<int64_t>::max()};          // of those aside
  std::map<model::RecordKey, std::set<model::RecordKey>> waiters_;  // by what they wait for
  std::set<model::RecordKey> ready_;
  std::map<std::string, std::string> ready_up_to_;  // id given last, by type: they take turns
  std::set<model::RecordKey> promoted_;             // urgent work waits for them
  std::map<std::string, Micros> blocked_;
};

}  // namespace rapport::connect
