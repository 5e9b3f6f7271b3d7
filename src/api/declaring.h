// Changes of what is declared in a workspace: its packs, settings, zone and currency. Each is
// checked together with all else that is active before its event is appended.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "decide/engine.h"
#include "decide/pack/read_pack.h"
#include "flow/rehearsal.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "store/event_log.h"

namespace rapport::api {

// One workspace, and who declares.
struct Declarer {
  WorkspaceId workspace;
  store::State& state;
  std::string by;   // name of the key, or "config"
  std::string key;  // its id; empty: none
};

// A change that was refused, with everything that is wrong.
struct Refusal {
  std::vector<Error> problems;  // "file:line:column: …" where it stands in a file
  Error error() const;          // all of it as one
};

// What there would be after a change.
struct Considered {
  std::vector<Error> problems;
  std::shared_ptr<const decide::Definitions> definitions;  // null: problems, or nothing is active
};

class Declaring {
 public:
  Declaring(intake::Intake& intake, flow::Runner& runner, store::EventLog& log,
            const decide::Engine& engine, Clock& clock)
      : intake_(intake), runner_(runner), log_(log), engine_(engine), clock_(clock) {}

  const decide::Engine& engine() const { return engine_; }
  flow::Rehearsal rehearse(store::State& state, const decide::Engine& engine) const;

  // Runs with what is active now; null: nothing is, or it cannot be compiled.
  Result<void> with_definitions(
      store::State& state,
      const std::function<void(const decide::Step&, const decide::Definitions*)>& look) const;
  // What is wrong with what is active now.
  Result<std::vector<Error>> problems(store::State& state) const;
  // Compiles what would be active after these events; they are folded in memory only.
  Result<Considered> consider(store::State& state, std::vector<model::Event> changes) const;
  // The pack with what it must be beside being readable: its name, the packs it uses active.
  Result<Considered> consider(store::State& state, const decide::PackFiles& files) const;

  struct Activated {
    std::string version;
    Sequence sequence{0};  // 0: that version was active already
    std::vector<Error> problems;
  };
  // Makes this version the active one. `expected`: else kConflict; an empty one: none is active.
  // Problems: nothing has changed.
  Result<Activated> activate(const Declarer& who, const decide::PackFiles& files,
                             const std::optional<std::string>& expected);
  // The same with a version that was active before: kNotFound where there is none.
  Result<Activated> roll_back(const Declarer& who, const std::string& name,
                              const std::string& version);
  // kConflict where another active pack uses it, or cannot be compiled without it.
  Result<Sequence> deactivate(const Declarer& who, const std::string& name);
  // Any other event that declares. Problems that were there before are no reason to refuse.
  Result<Sequence> declare(const Declarer& who, std::string_view type, Json properties);

 private:
  Result<Sequence> append(const Declarer& who, std::string_view type, Json properties);
  Result<Activated> activate_locked(const Declarer& who, const decide::PackFiles& files,
                                    bool with_files);

  intake::Intake& intake_;
  flow::Runner& runner_;
  store::EventLog& log_;
  const decide::Engine& engine_;
  Clock& clock_;
  std::mutex mutex_;  // one change at a time: two that are fine alone may not be together
};

// Of a stored record of type pack: "cost-support@1a2b…".
decide::PackFiles files_of(const model::Record& content);
Json to_json(const decide::PackFiles& files);  // {path: text}
// {path: text} of a request, bounded.
Result<decide::PackFiles> read_files(std::string_view name, const Json& files);
// [{message, file, line, column}]
Json to_json(const std::vector<Error>& problems);

// The version that is active; empty: none.
Result<std::string> active_version(store::State& state, const std::string& pack);
Result<std::vector<model::Record>> active_packs(store::State& state);  // their files, by name

}  // namespace rapport::api
