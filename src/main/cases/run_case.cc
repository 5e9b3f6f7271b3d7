#include "main/cases/run_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "main/cases/stage.h"

namespace rapport::cases {

namespace {

std::string told(const Json& row) {
  const std::string rule(row.text("rule"));
  if (row.text("what") == "fired") return fmt::format("fired {} about {}", rule, row.text("about"));
  Json rest = Json::object();
  for (const auto& [name, value] : row.as_object())
    if (name != std::string_view("rule") && name != std::string_view("what")) rest.set(name, value);
  return fmt::format("{} {} {}", row.text("what"), rule, to_text(rest));
}

size_t largest(const PackSet& packs) {
  size_t most = 0;
  for (const ShelvedPack* pack : packs.packs) {
    size_t bytes = 0;
    for (const auto& [path, text] : pack->files.files) bytes += path.size() + text.size();
    most = std::max(most, bytes);
  }
  return most;
}

class Play {
 public:
  Play(const Case& one, const PackSet& packs, const decide::Engine& engine, WorldKind kind,
       const std::string& folder)
      : case_(one),
        engine_(engine),
        kind_(kind),
        world_(folder, engine, one.at - minutes(1),
               kind == WorldKind::kTwice ? Delivery::kTwice : Delivery::kOnce, largest(packs)),
        stage_(world_, engine, one, packs) {}

  std::vector<Finding> run() {
    if (auto begun = begin(); !begun.ok()) {
      broken(case_.line, "what is given", begun.error());
      return std::move(findings_);
    }
    for (const Step& step : case_.steps) {
      if (auto done = take(step); !done.ok()) {
        broken(step.line, "this step", done.error());
        return std::move(findings_);
      }
    }
    if (kind_ == WorldKind::kPlain) rebuild();
    return std::move(findings_);
  }

 private:
  void broken(int line, std::string what, const Error& error) {
    findings_.push_back({{line, std::move(what), "to work", error.message}, {}});
  }

  Result<void> begin() {
    TRY(world_.open());
    TRY(stage_.declare());
    TRY(world_.move_to(case_.at - seconds(1)));
    TRY(stage_.give());
    given_ = shown_ = world_.last();
    TRY(world_.move_to(case_.at));
    return restart();
  }

  Result<void> restart() {
    if (kind_ != WorldKind::kRestart) return {};
    return world_.reopen();
  }

  Result<void> take(const Step& step) {
    switch (step.kind) {
      case Step::Kind::kSend:
        for (const Sending& one : step.sendings) TRY(stage_.send(one));
        break;
      case Step::Kind::kSet:
        for (const Given& one : step.set) TRY(stage_.set(one));
        break;
      case Step::Kind::kWait:
        TRY(world_.move_to(world_.now() + step.wait));
        break;
      case Step::Kind::kExpect:
        return expect(step);
    }
    return restart();
  }

  Result<void> expect(const Step& step) {
    TRY_ASSIGN(const std::string contact, stage_.contact());
    bool active = false;
    TRY(world_.look([&](store::State& state) {
      const Observed seen(state, engine_, kWorkspace, world_.now(), given_, contact);
      active = seen.definitions() != nullptr;
      if (!active) return;
      auto failures = unmet(step.expect, seen);
      std::vector<std::string> traced;
      if (!failures.empty())
        for (const Json& row : seen.trace(shown_)) traced.push_back(told(row));
      for (Failure& failure : failures)
        findings_.push_back({std::move(failure), std::exchange(traced, {})});
    }));
    if (!active) return invalid("the packs do not compile with these settings");
    shown_ = world_.last();
    return {};
  }

  void rebuild() {
    auto difference = world_.rebuild_difference();
    if (!difference.ok()) return broken(case_.line, "a rebuild of the state", difference.error());
    if (!difference->empty())
      findings_.push_back(
          {{case_.line, "a rebuild of the state", "the same state", *difference}, {}});
  }

  const Case& case_;
  const decide::Engine& engine_;
  const WorldKind kind_;
  World world_;
  Stage stage_;
  Sequence given_, shown_;  // last events of what was given; of the expectation before
  std::vector<Finding> findings_;
};

}  // namespace

Outcome run_case(const Case& one, const PackSet& packs, const decide::Engine& engine,
                 WorldKind world, const std::string& folder) {
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome{&one, world, {}, 0};
  outcome.findings = Play(one, packs, engine, world, folder).run();
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return outcome;
}

}  // namespace rapport::cases
