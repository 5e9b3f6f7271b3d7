// What each marked record still needs: its mapped view compared with what the remote last
// acknowledged. Nothing is called here.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "connect/definitions.h"
#include "connect/directory.h"
#include "connect/edits.h"
#include "connect/request.h"
#include "connect/source.h"
#include "connect/view.h"
#include "store/state.h"

namespace rapport::connect {

// What the shadow of a remote object tells.
struct Known {
  std::string remote_id;                               // empty: not written as far as we know
  Json sent = Json::object(), links = Json::object();  // hashes by property, remote ids by link
  bool refused = false;                                // the remote refused it, as of `version`
  std::string mapping = {};  // version of the manifest that made what was refused
  Sequence version;
};

enum class Need { kWrite, kUpdate, kLink, kRemove };

// One thing to do at the remote for one record.
struct Task {
  Need need = Need::kWrite;
  size_t work = 0;  // index into Plan::works
  View view;
  Known known = {};
  const LinkSpec* link = nullptr;  // kLink
  CallItem item = {};              // what to send
};

// A marked record.
struct Work {
  store::DueMark due;
  int outstanding = 0;                           // tasks not settled yet
  bool revisit = false;                          // there will be more to do after these tasks
  bool left_over = false;                        // not all of its tasks were tried
  bool wrote = false;                            // the remote has it now
  std::vector<std::string> waits = {};           // what has to be written first, for people
  std::vector<model::RecordKey> waits_for = {};  // the records meant
  const ObjectSpec* lacking_in = nullptr;        // required property missing: not sent at all
  std::string lacking = {};

  bool served() const { return outstanding == 0 && waits.empty() && !revisit; }
};

struct Plan {
  std::vector<Work> works;
  std::vector<Task> tasks;                         // in the order of works
  std::vector<model::Unresolved> unresolved = {};  // values that are in no directory, each once
  std::vector<EndedEdit> ended_edits = {};
};

struct PlanSettings {
  std::string connection;
  std::vector<std::string> sends;
  Key hash_key{};
  bool look_up = true;  // before a record is written for the first time
};

class Planner {
 public:
  Planner(const Manifest& manifest, const PlanSettings& settings, const Mapper& mapper,
          store::State& state, SourceReader source, const Directories& directories,
          const Definitions& definitions)
      : manifest_(manifest),
        settings_(settings),
        mapper_(mapper),
        state_(state),
        source_(source),
        directories_(directories),
        definitions_(definitions) {}

  Result<Plan> plan(std::span<const store::DueMark> marks);

  // The view of one part of a record; none when the record or the part is gone.
  Result<std::optional<View>> view(const ObjectSpec& object, const model::RecordKey& record,
                                   int part);

 private:
  using Shadows = std::map<std::string, Known>;
  Result<std::vector<View>> views_of(const model::RecordKey& record);
  Result<void> add_edits(const model::RecordKey& record, const Json& source,
                         std::vector<View>& views);
  Result<Shadows> load_shadows(const std::vector<View>& views);
  Result<void> load_into(Shadows& shadows, const std::set<std::string>& ids);
  Result<void> add_surplus(Plan& plan, size_t work, const View& last);
  void add_view(Plan& plan, size_t work, const View& view, const Shadows& shadows) const;
  void add_write(Plan& plan, Task task, const Shadows& shadows) const;
  void add_update(Plan& plan, Task task) const;
  void add_links(Plan& plan, const Task& task, const Shadows& shadows) const;
  const Known& known(const Shadows& shadows, const LinkSpec& link,
                     const model::RecordKey& target) const;

  const Manifest& manifest_;
  const PlanSettings& settings_;
  const Mapper& mapper_;
  store::State& state_;
  SourceReader source_;
  const Directories& directories_;
  const Definitions& definitions_;
  std::vector<EndedEdit> ended_;  // seen since plan() began
};

Known read_shadow(const model::Record& shadow);

}  // namespace rapport::connect
