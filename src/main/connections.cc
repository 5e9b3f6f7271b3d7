#include "main/connections.h"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <utility>

#include "base/system.h"
#include "base/text.h"
#include "decide/mapping.h"
#include "decide/transcript.h"

namespace rapport {

using connect::Manifest;

std::string connectors_folder(Disk& disk, const Settings& settings) {
  if (!settings.connectors.empty()) return settings.connectors;
  for (const char* candidate :
       {"./connectors", RAPPORT_SHARE_DIR "/connectors", RAPPORT_SOURCE_DIR "/connectors"})
    if (disk.exists(candidate)) return candidate;
  return "./connectors";
}

Result<std::shared_ptr<const Manifest>> find_manifest(Disk& disk, const std::string& connectors,
                                                      const std::string& vendor) {
  const std::string path = connectors + "/" + vendor + "/manifest.yaml";
  if (vendor.find_first_of("/.") != vendor.npos || !disk.exists(path)) {
    std::string known;
    if (auto all = disk.list(connectors); all.ok())
      for (const auto& one : *all) known += (known.empty() ? "" : ", ") + one;
    return not_found(
        fmt::format("there is no connector '{}' in {}; there are: {}", vendor, connectors, known));
  }
  TRY_ASSIGN(const std::string text, read_file(disk, path));
  TRY_ASSIGN(Manifest manifest, connect::load_manifest(text, path));
  return std::make_shared<const Manifest>(std::move(manifest));
}

connect::Mapper mapper() {
  return {decide::map_fields, [](const model::TranscriptMapping& mapping, const Json& source,
                                 std::string_view reference) {
            return decide::render_transcript(mapping, source, reference);
          }};
}

namespace {

// "contact.emails" read by an object made of contacts: no contact goes out without one.
void add_requirement(Json& all, const connect::ObjectSpec& object) {
  const std::string prefix = object.record + ".";
  if (object.record != model::kContact || !object.keys.starts_with(prefix)) return;
  all.set(object.record, Json::Array{Json(object.keys.substr(prefix.size()))});
}

}  // namespace

bool sends_type(const ConnectionSettings& settings, std::string_view type) {
  if (type == model::kConversation) return settings.sync_conversations;
  if (type == model::kTicket) return settings.create_tickets;
  return true;
}

Json connection_properties(const ConnectionSettings& settings, const Manifest& manifest) {
  Json p = Json::object();
  p.set("id", settings.id).set("vendor", settings.vendor).set("enabled", settings.enabled);
  p.set("base_url", settings.base_url.empty() ? manifest.base_url : settings.base_url);
  Json needed = Json::object();
  std::set<std::string> types;
  for (const auto& object : manifest.objects) {
    types.insert(object.record);
    add_requirement(needed, object);
  }
  Json::Array sends;
  for (const auto& type : types)
    if (sends_type(settings, type)) sends.push_back(Json(type));
  p.set("requires", needed).set("sends", std::move(sends));
  p.set("mapping_version", manifest.version);
  return p;
}

Connections::Connections(const Settings& settings, ConnectionPorts ports)
    : settings_(settings), ports_(std::move(ports)) {}

Connections::~Connections() {
  stop();
}

Result<std::string> Connections::secret(const ConnectionSettings& settings) const {
  if (!settings.token_env.empty()) {
    if (auto value = ports_.environment(settings.token_env)) return *value;
    return Error{Code::kUnauthenticated,
                 fmt::format("connection '{}': environment variable {} is not set", settings.id,
                             settings.token_env)};
  }
  TRY_ASSIGN(const std::string text, read_file(ports_.disk, settings.token_file));
  return std::string(trim(text));
}

Result<std::shared_ptr<connect::QuotaLedger>> Connections::ledger(
    const ConnectionSettings& settings, const Manifest& manifest) {
  const std::string key =
      fmt::format("{} {} {}{}", settings.vendor,
                  settings.base_url.empty() ? manifest.base_url : settings.base_url,
                  settings.token_env, settings.token_file);
  if (const auto known = ledgers_.find(key); known != ledgers_.end()) return known->second;
  access::Control& control = ports_.control;
  auto fresh = std::make_shared<connect::QuotaLedger>(
      manifest.quotas, ports_.clock, key,
      connect::QuotaStore{
          [&control](const std::string& account) { return control.quota_use(account); },
          [&control](const std::string& account, const Json& use) {
            return control.keep_quota_use(account, use);
          }});
  TRY(fresh->open());
  return ledgers_[key] = std::move(fresh);
}

void Connections::close_ledgers() {
  for (const auto& [key, ledger] : ledgers_) {
    // Where it cannot be kept, the next start takes the short windows for used up.
    if (auto closed = ledger->close(); !closed.ok())
      ports_.reporter.report(Level::kWarning, "quota.not_kept",
                             Json::object().set("error", closed.error().message));
  }
  ledgers_.clear();
}

Result<Sequence> Connections::configure(Running& running) {
  const Json wanted = connection_properties(running.settings, *running.manifest);
  TRY(ports_.runner.wait_for(running.workspace, ports_.log.log().head(running.workspace).sequence,
                             minutes(10)));
  const model::RecordKey key{std::string(model::kConnection), running.settings.id};
  TRY_ASSIGN(const auto known, running.state->load(std::vector{key}));
  bool same = known[0].has_value();
  for (const auto& [name, value] : wanted.as_object()) {
    const Json* present = known[0] ? known[0]->fields.find(name) : nullptr;
    same = same && present && *present == value;
  }
  if (same) return Sequence{0};
  model::Event event;
  event.workspace = running.workspace;
  event.origin = model::Origin::kServer;
  event.type = model::kConnectionConfigured;
  event.at = ports_.clock.now();
  event.properties = wanted;
  return ports_.intake.append(std::move(event));
}

Result<void> Connections::start_one(const ConnectionSettings& settings) {
  auto running = std::make_unique<Running>();
  running->settings = settings;
  TRY_ASSIGN(const auto workspace, ports_.control.workspace(settings.workspace));
  running->workspace = workspace.id;
  TRY_ASSIGN(
      running->manifest,
      find_manifest(ports_.disk, connectors_folder(ports_.disk, settings_), settings.vendor));
  TRY_ASSIGN(running->state, ports_.open_state(workspace.id));
  TRY_ASSIGN(const Sequence configured, configure(*running));
  TRY(ports_.runner.wait_for(workspace.id, configured, minutes(10)));

  connect::PushOptions options;
  options.workspace = workspace.id;
  options.connection = settings.id;
  options.base_url = settings.base_url;
  for (const auto& object : running->manifest->objects)
    if (sends_type(settings, object.record)) options.sends.push_back(object.record);
  options.look_up = settings.look_up;
  options.settings.set("default_priority", settings.default_priority);
  TRY_ASSIGN(options.hash_key, ports_.log.keys().hash_key(workspace.id));
  TRY_ASSIGN(const auto quota, ledger(settings, *running->manifest));
  connect::PushPorts ports{
      *running->state,
      ports_.transport,
      ports_.clock,
      ports_.random,
      ports_.reporter,
      ports_.metrics,
      ports_.failpoints,
      [this](std::span<const Position> at) { return ports_.log.read(at); },
      [this](model::Event event) { return ports_.intake.append(std::move(event)); },
      [this, id = workspace.id](Sequence sequence) {
        return ports_.runner.wait_for(id, sequence, seconds(60));
      },
      [this, id = workspace.id](const model::Mark& mark, const store::Attempt& attempt) {
        ports_.runner.later(
            id, [mark, attempt](store::State& state) { return state.set_attempt(mark, attempt); });
        return Result<void>();
      },
      [this, settings](std::string_view) { return secret(settings); },
      quota,
      mapper()};
  running->push =
      std::make_unique<connect::Push>(running->manifest, std::move(options), std::move(ports));
  if (settings.enabled) {
    running->thread = std::thread([this, one = running.get()] {
      name_this_thread("push", Urgency::kCanWait);
      run(*one);
    });
  }
  std::lock_guard lock(mutex_);
  running_.push_back(std::move(running));
  return {};
}

Result<void> Connections::start() {
  for (const auto& settings : settings_.connections) {
    auto started = start_one(settings);
    if (!started.ok()) {
      Error error = std::move(started).error();
      error.message = fmt::format("connection '{}' of workspace '{}': {}", settings.id,
                                  settings.workspace, error.message);
      return error;
    }
  }
  return {};
}

void Connections::run(Running& running) {
  while (!stop_) {
    {
      std::lock_guard lock(running.mutex);
      if (std::exchange(running.try_again, false)) running.push->try_again();
    }
    auto progress = running.push->step();
    Json status = running.push->status();
    Micros pause = settings_.push_interval;
    if (!progress.ok()) {
      ports_.reporter.report(Level::kError, "push.failed",
                             Json::object()
                                 .set("connection", running.settings.id)
                                 .set("error", progress.error().message));
      pause = seconds(1);
    } else if (progress->worked) {
      pause = Micros{0};
    } else {
      pause = std::clamp(progress->until - ports_.clock.now(), millis(1), settings_.push_interval);
    }
    std::unique_lock lock(running.mutex);
    running.status = std::move(status);
    if (pause.value == 0 || stop_) continue;
    running.woken.wait_for(lock, std::chrono::microseconds(pause.value),
                           [&] { return running.wake || stop_.load(); });
    running.wake = false;
  }
}

void Connections::hold(std::string why) {
  std::lock_guard lock(mutex_);
  held_ = std::move(why);
}

void Connections::wake() {
  std::lock_guard all(mutex_);
  for (auto& running : running_) {
    std::lock_guard lock(running->mutex);
    running->wake = true;
    running->woken.notify_all();
  }
}

void Connections::try_again(WorkspaceId workspace) {
  {
    std::lock_guard all(mutex_);
    for (auto& running : running_) {
      if (running->workspace != workspace) continue;
      std::lock_guard lock(running->mutex);
      running->try_again = true;
    }
  }
  wake();
}

void Connections::stop() {
  stop_ = true;
  wake();
  std::vector<std::thread> ending;
  {
    std::lock_guard lock(mutex_);
    for (auto& running : running_)
      if (running->thread.joinable()) ending.push_back(std::move(running->thread));
  }
  // Without the lock: they may wait for the runner, and the runner for the lock in wake().
  for (auto& thread : ending) thread.join();
  close_ledgers();
}

Json Connections::describe_one(Running& running) {
  Json one = Json::object();
  one.set("id", running.settings.id).set("vendor", running.settings.vendor);
  one.set("enabled", running.settings.enabled);
  if (!running.settings.look_up)
    one.set("hint", "look_up is off: what is there already may be made a second time");
  {
    std::lock_guard lock(running.mutex);
    const Json* why = running.status.find("why");
    one.set("halted", why ? *why : Json());
    if (running.status.is_object())
      for (const auto& [name, value] : running.status.as_object()) one.set(name, value);
  }
  const auto waiting = running.state->count_marks(running.settings.id);
  if (!waiting.ok()) return one;
  one.set("waiting", *waiting);
  // When the backlog ends if it goes on as in the last minutes.
  const Json* rate = one.find("records_per_s");
  const double per_second = rate && rate->is_number() ? rate->as_double() : 0;
  const bool known = *waiting > 0 && per_second > 0;
  const Micros left{known ? static_cast<int64_t>(static_cast<double>(*waiting) / per_second * 1e6)
                          : 0};
  one.set("done_at", known ? Json(format_time(ports_.clock.now() + left)) : Json());
  return one;
}

Json Connections::describe(WorkspaceId workspace) {
  Json::Array all;
  std::lock_guard guard(mutex_);
  if (!held_.empty()) {
    const auto name = ports_.control.workspace(workspace);
    for (const auto& settings : settings_.connections)
      if (name.ok() && settings.workspace == name->name)
        all.push_back(Json::object()
                          .set("id", settings.id)
                          .set("vendor", settings.vendor)
                          .set("enabled", settings.enabled)
                          .set("halted", held_));
    return Json(std::move(all));
  }
  for (auto& running : running_)
    if (running->workspace == workspace) all.push_back(describe_one(*running));
  return Json(std::move(all));
}

}  // namespace rapport
