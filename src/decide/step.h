// One step under way: reads through to the facts, collects the writes. Used inside decide only.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "decide/facts.h"
#include "decide/scratch.h"

namespace rapport::decide {

struct Basics;

// What one event did. Records hold their state after the step.
struct Decisions {
  std::vector<model::Record> puts;
  std::vector<model::RecordKey> removals;
  std::vector<model::Timer> timers;
  std::vector<std::string> timers_removed;
  std::vector<model::Mark> marks;
  std::vector<model::Mark> marks_removed;  // those rows whose version is not later than this
  std::vector<std::string> lists;          // the event is filed under each of these
  std::vector<std::string> lists_removed;
};

class Step {
 public:
  Step(const model::Event& event, const Facts& facts, const Basics& basics)
      : event_(event), facts_(facts), basics_(basics) {}
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step();

  const model::Event& event() const { return event_; }
  const Basics& basics() const { return basics_; }
  // The record as this step has left it so far; null when it does not exist. Valid until the record
  // is edited or removed. Throws Needs when it is not loaded (caught by Engine::step).
  const model::Record* find(std::string_view type, std::string_view id) const;
  const model::Record* before(const model::RecordKey& key) const;  // as it was before the step
  std::vector<std::string> ids_with(std::string_view type, std::string_view field,
                                    std::string_view value) const;
  const std::vector<model::Event>& events(const std::string& list) const;
  const IdPage& page(const std::string& type, const std::string& cursor) const;

  // The record for writing; made when missing. Its version becomes this event's.
  model::Record& edit(std::string_view type, std::string_view id);
  void put(model::Record record);  // replaces the whole record
  void remove(std::string_view type, std::string_view id);

  void arm(model::Timer timer) { decisions_.timers.push_back(std::move(timer)); }
  // Those armed in this step for a moment up to `until`; they are armed no more.
  std::vector<model::Timer> take_armed_until(Micros until);
  void disarm(std::string id);
  void mark(model::Mark mark);
  void unmark(std::string connection, model::RecordKey record);
  void complete(model::Mark mark);  // removes the mark unless a later version was marked
  void file_under(std::string list);
  void drop_list(std::string list) { decisions_.lists_removed.push_back(std::move(list)); }

  // Grows whenever a record that expressions read may have changed; what is noted beside a record
  // (derived, history, trace) does not count.
  uint64_t changes() const { return changes_; }
  // Memory of the definitions that are evaluated, until the step ends.
  Scratch& scratch(const std::shared_ptr<ScratchPool>& pool) const;

  // Keys written so far, in the order in which they were first written; they keep their numbers.
  size_t writes() const { return writes_.size(); }
  const model::RecordKey& written_key(size_t number) const { return writes_[number].key; }
  const model::Record* written_record(size_t number) const {  // null: removed
    return writes_[number].record ? &*writes_[number].record : nullptr;
  }
  // Keys written so far, in order.
  std::vector<model::RecordKey> written() const;
  bool removed(const model::RecordKey& key) const;
  Decisions take();

 private:
  const model::Event& event_;
  const Facts& facts_;
  const Basics& basics_;
  struct Write {
    uint64_t mark = 0;  // of the key: tells most apart
    model::RecordKey key;
    std::optional<model::Record> record;  // nullopt: removed
  };
  const Write* write_of(std::string_view type, std::string_view id) const;
  Write* write_of(std::string_view type, std::string_view id) {
    return const_cast<Write*>(std::as_const(*this).write_of(type, id));
  }
  Write& add_write(model::RecordKey key);
  void note_change(std::string_view type);
  std::vector<const Write*> in_key_order() const;
  const model::Record* before(std::string_view type, std::string_view id) const;

  std::deque<Write> writes_;  // few in nearly every step; each stays in its place
  std::map<std::pair<std::string_view, std::string_view>, const Write*> by_key_;  // once many
  std::set<model::Mark> marks_;
  uint64_t changes_ = 0;
  struct Lease {
    std::shared_ptr<ScratchPool> pool;
    std::unique_ptr<Scratch> scratch;
  };
  mutable std::vector<Lease> leases_;  // one, but where two versions are looked at
  Decisions decisions_;
};

}  // namespace rapport::decide
