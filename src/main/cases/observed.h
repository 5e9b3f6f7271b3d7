// What a case's expectations look at: the state of its workspace at a moment.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/present.h"
#include "store/state.h"

namespace rapport::cases {

// All that a state holds, read when it is asked for. One thread; a store that fails is a bug here,
// where it lies in memory.
class StateFacts final : public decide::Facts {
 public:
  explicit StateFacts(store::FoldedState& state) : state_(state) {}
  Answer find(std::string_view type, std::string_view id,
              const model::Record** record) const override;
  bool ids_with(const model::IndexEntry& entry, std::vector<std::string>* ids) const override;
  const std::vector<model::Event>* events(const std::string& list) const override;
  const decide::IdPage* page(const std::string& type, const std::string& cursor) const override;

  // Newest first; `field` and `value` as in store::PageRequest.
  std::vector<model::Record> all(std::string_view type, std::string_view field = {},
                                 std::string_view value = {}) const;

 private:
  store::FoldedState& state_;
  mutable std::map<model::RecordKey, std::optional<model::Record>> read_;
};

class Observed {
 public:
  // `since`: the last event of what was given; `contact`: the given contact's id.
  Observed(store::FoldedState& state, const decide::Engine& engine, WorkspaceId workspace,
           Micros now, Sequence since, std::string contact);

  Micros now() const { return now_; }
  const decide::Present& present() const { return present_; }
  // Null where what is active does not compile.
  const decide::Definitions* definitions() const { return present_.definitions(); }
  // Records of an object, newest first.
  std::vector<model::Record> records(std::string_view object) const;
  // The same, made since the case began.
  std::vector<model::Record> made(std::string_view object) const;
  // The given contact, its account, or the newest record of any other object. `who`, an e-mail or
  // an external id, names another contact.
  std::optional<model::Record> the(std::string_view object, std::string_view who = {}) const;
  // What an expression would see; what nobody declared, as it is stored.
  std::optional<Json> value(const model::Record& record, std::string_view field) const;
  const decide::Field* field(const model::Record& record, std::string_view name) const;
  // Rows of traces after an event, oldest first: {"rule", "what", …}.
  std::vector<Json> trace(Sequence after) const;
  std::vector<Json> trace() const { return trace(since_); }

 private:
  StateFacts facts_;
  Micros now_;
  Sequence since_;
  std::string contact_;
  decide::Present present_;
};

}  // namespace rapport::cases
