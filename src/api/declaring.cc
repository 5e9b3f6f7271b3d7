#include "api/declaring.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "decide/activation.h"

namespace rapport::api {

using decide::PackFiles;

namespace {

constexpr size_t kMostPackBytes = 2u << 20;
constexpr Micros kFoldLimit = seconds(30);

model::Event event_of(std::string_view type, Json properties, Micros now) {
  model::Event event;
  event.origin = model::Origin::kServer;
  event.type = std::string(type);
  event.at = event.received_at = now;
  event.properties = std::move(properties);
  return event;
}

Json activation(const std::string& name, const std::string& version) {
  return Json::object().set("pack", name).set("version", version);
}

Result<std::optional<model::Record>> load(store::State& state, std::string_view type,
                                          const std::string& id) {
  TRY_ASSIGN(auto found, state.load(std::vector{model::RecordKey{std::string(type), id}}));
  return std::move(found.front());
}

}  // namespace

Error Refusal::error() const {
  std::string all;
  for (const Error& problem : problems) all += (all.empty() ? "" : "\n") + problem.message;
  return invalid(std::move(all), "files");
}

PackFiles files_of(const model::Record& content) {
  PackFiles files{std::string(content.fields.text("name")), {}};
  if (const Json* all = content.fields.find("files"))
    for (const auto& [path, text] : all->as_object())
      files.files[std::string(std::string_view(path))] = text.as_string();
  return files;
}

Json to_json(const PackFiles& files) {
  Json all = Json::object();
  for (const auto& [path, text] : files.files) all.set(path, text);
  return all;
}

Result<PackFiles> read_files(std::string_view name, const Json& files) {
  if (!files.is_object() || files.as_object().empty())
    return invalid(
        "files must be an object of paths in the pack's folder with their texts, such "
        "as {\"pack.yaml\": \"pack: x\\n\"}",
        "files");
  PackFiles read{std::string(name), {}};
  size_t bytes = 0;
  for (const auto& [path, text] : files.as_object()) {
    const std::string at{std::string_view(path)};
    if (!text.is_string())
      return invalid(fmt::format("the file '{}' must be a text", cut_utf8(at, 200)), "files");
    if (at.empty() || at.front() == '/' || at.find("..") != at.npos || at.size() > 200)
      return invalid(fmt::format("'{}' is no path in a folder", cut_utf8(at, 200)), "files");
    bytes += at.size() + text.as_string().size();
    read.files[at] = text.as_string();
  }
  if (bytes > kMostPackBytes)
    return Error{Code::kTooLarge, fmt::format("a pack has at most {} bytes", kMostPackBytes)};
  return read;
}

Json to_json(const std::vector<Error>& problems) {
  Json all = Json::array();
  for (const Error& problem : problems) {
    Json one = Json::object().set("message", problem.message);
    // "file:12:4: …" with where "12:4".
    const std::string mark = ":" + problem.where + ":";
    const size_t at = problem.where.find(':') == problem.where.npos ? std::string::npos
                                                                    : problem.message.find(mark);
    if (at != std::string::npos) {
      int64_t line = 0, column = 0;
      const std::string_view where = problem.where;
      const size_t colon = where.find(':');
      std::from_chars(where.data(), where.data() + colon, line);
      std::from_chars(where.data() + colon + 1, where.data() + where.size(), column);
      one.set("file", problem.message.substr(0, at)).set("line", line).set("column", column);
    } else if (!problem.where.empty()) {
      one.set("where", problem.where);
    }
    all.push_back(std::move(one));
  }
  return all;
}

Result<std::string> active_version(store::State& state, const std::string& pack) {
  TRY_ASSIGN(const auto all, load(state, model::kDefinitions, "active"));
  const Json* packs = all ? all->fields.find("packs") : nullptr;
  return std::string(packs ? packs->text(pack) : std::string_view());
}

Result<std::vector<model::Record>> active_packs(store::State& state) {
  TRY_ASSIGN(const auto all, load(state, model::kDefinitions, "active"));
  const Json* packs = all ? all->fields.find("packs") : nullptr;
  std::vector<model::RecordKey> keys;
  if (packs)
    for (const auto& [name, version] : packs->as_object())
      keys.push_back({std::string(model::kPack), std::string(std::string_view(name)) + "@" +
                                                     std::string(version.as_string())});
  std::sort(keys.begin(), keys.end());
  TRY_ASSIGN(auto found, state.load(keys));
  std::vector<model::Record> records;
  for (auto& one : found)
    if (one) records.push_back(std::move(*one));
  return records;
}

flow::Rehearsal Declaring::rehearse(store::State& state, const decide::Engine& engine) const {
  return flow::Rehearsal(state, engine,
                         [this](std::span<const Position> at) { return log_.read(at); });
}

Result<void> Declaring::with_definitions(
    store::State& state,
    const std::function<void(const decide::Step&, const decide::Definitions*)>& look) const {
  auto rehearsal = rehearse(state, engine_);
  return rehearsal.read(clock_.now(), [&](const decide::Step& step) {
    const auto definitions = engine_.definitions(step);
    look(step, definitions.get());
  });
}

Result<std::vector<Error>> Declaring::problems(store::State& state) const {
  std::vector<Error> problems;
  auto rehearsal = rehearse(state, engine_);
  TRY(rehearsal.read(clock_.now(), [&](const decide::Step& step) {
    problems.clear();
    engine_.definitions(step, &problems);
  }));
  return problems;
}

// With an engine of its own: drafts would drive out what the real one keeps.
Result<Considered> Declaring::consider(store::State& state,
                                       std::vector<model::Event> changes) const {
  const decide::Engine draft(engine_.basics(), engine_.zones());
  auto rehearsal = rehearse(state, draft);
  for (model::Event& change : changes) TRY(rehearsal.step(std::move(change)));
  Considered result;
  TRY(rehearsal.read(clock_.now(), [&](const decide::Step& step) {
    result.problems.clear();
    result.definitions = draft.definitions(step, &result.problems);
  }));
  return result;
}

Result<Considered> Declaring::consider(store::State& state, const PackFiles& files) const {
  Considered result;
  decide::PackRead read = decide::read_pack(files);
  result.problems = std::move(read.errors);
  if (result.problems.empty() && read.pack.name != files.name)
    result.problems.push_back(
        invalid(fmt::format("pack.yaml names the pack '{}', not '{}'", read.pack.name, files.name),
                "pack"));
  for (const std::string& used : read.pack.uses) {
    TRY_ASSIGN(const std::string version, active_version(state, used));
    if (version.empty())
      result.problems.push_back(
          invalid(fmt::format("{} uses the pack '{}', which is not active: activate that first",
                              files.name, used),
                  "uses"));
  }
  if (!result.problems.empty()) return result;
  Json properties = activation(files.name, decide::pack_version(files));
  properties.set("files", to_json(files));
  std::vector<model::Event> changes;
  changes.push_back(event_of(model::kPackActivated, std::move(properties), clock_.now()));
  return consider(state, std::move(changes));
}

Result<Sequence> Declaring::append(const Declarer& who, std::string_view type, Json properties) {
  model::Event event = event_of(type, std::move(properties), clock_.now());
  event.workspace = who.workspace;
  event.properties.set("by", who.by);
  if (!who.key.empty()) event.properties.set("key", who.key);
  TRY_ASSIGN(const Sequence sequence, intake_.append(std::move(event)));
  TRY(runner_.wait_for(who.workspace, sequence, kFoldLimit));
  return sequence;
}

Result<Declaring::Activated> Declaring::activate_locked(const Declarer& who, const PackFiles& files,
                                                        bool with_files) {
  Activated result{decide::pack_version(files), Sequence{0}, {}};
  TRY_ASSIGN(const std::string active, active_version(who.state, files.name));
  if (active == result.version) return result;
  TRY_ASSIGN(auto considered, consider(who.state, files));
  result.problems = std::move(considered.problems);
  if (!result.problems.empty()) return result;
  Json properties = activation(files.name, result.version);
  if (with_files) properties.set("files", to_json(files));
  TRY_ASSIGN(result.sequence, append(who, model::kPackActivated, std::move(properties)));
  return result;
}

Result<Declaring::Activated> Declaring::activate(const Declarer& who, const PackFiles& files,
                                                 const std::optional<std::string>& expected) {
  const std::lock_guard lock(mutex_);
  if (expected) {
    TRY_ASSIGN(const std::string active, active_version(who.state, files.name));
    if (active != *expected)
      return Error{Code::kConflict,
                   fmt::format("version {} of {} is active, not {}: look at it and plan again",
                               active.empty() ? "no" : active, files.name,
                               expected->empty() ? "none" : *expected)};
  }
  return activate_locked(who, files, true);
}

Result<Declaring::Activated> Declaring::roll_back(const Declarer& who, const std::string& name,
                                                  const std::string& version) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto content, load(who.state, model::kPack, name + "@" + version));
  if (!content)
    return not_found(
        fmt::format("{} was never active in version '{}': GET /api/v1/packs/{} shows "
                    "its history",
                    name, cut_utf8(version, 60), name));
  return activate_locked(who, files_of(*content), false);
}

Result<Sequence> Declaring::deactivate(const Declarer& who, const std::string& name) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const std::string active, active_version(who.state, name));
  if (active.empty())
    return not_found(fmt::format("no version of a pack '{}' is active", cut_utf8(name, 100)));
  TRY_ASSIGN(const auto packs, active_packs(who.state));
  for (const model::Record& pack : packs) {
    const auto read = decide::read_pack(files_of(pack));
    const auto& uses = read.pack.uses;
    if (read.pack.name != name && std::find(uses.begin(), uses.end(), name) != uses.end())
      return Error{Code::kConflict,
                   fmt::format("the active pack '{}' uses '{}': deactivate that one first",
                               read.pack.name, name)};
  }
  std::vector<model::Event> changes;
  changes.push_back(
      event_of(model::kPackDeactivated, Json::object().set("pack", name), clock_.now()));
  TRY_ASSIGN(const auto without, consider(who.state, std::move(changes)));
  TRY_ASSIGN(const auto before, problems(who.state));
  if (!without.problems.empty() && before.empty())
    return Error{Code::kConflict,
                 fmt::format("without '{}' what is active makes no sense: {} (a setting of this "
                             "pack goes back to its default with null)",
                             name, Refusal{without.problems}.error().message)};
  return append(who, model::kPackDeactivated, Json::object().set("pack", name));
}

Result<Sequence> Declaring::declare(const Declarer& who, std::string_view type, Json properties) {
  const std::lock_guard lock(mutex_);
  std::vector<model::Event> changes;
  changes.push_back(event_of(type, properties, clock_.now()));
  TRY_ASSIGN(const auto considered, consider(who.state, std::move(changes)));
  if (!considered.problems.empty()) {
    TRY_ASSIGN(const auto before, problems(who.state));
    if (before.empty()) return Refusal{considered.problems}.error();
  }
  return append(who, type, std::move(properties));
}

}  // namespace rapport::api
