#include "main/connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "base/system.h"
#include "base/text.h"
#include "connect/edits.h"
#include "decide/mapping.h"
#include "decide/transcript.h"
#include "main/proxy.h"

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

Result<std::shared_ptr<const Manifest>> find_manifest(Disk& disk, const std::string& connectors,
                                                      const ConnectionSettings& settings) {
  TRY_ASSIGN(auto manifest, find_manifest(disk, connectors, settings.vendor));
  if (!settings.mapping) return manifest;
  TRY_ASSIGN(Manifest own, connect::customise(*manifest, *settings.mapping, settings.mapping_file));
  return std::make_shared<const Manifest>(std::move(own));
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
  if (type == model::kDeal) return settings.sync_deals;
  if (type == model::kTask) return settings.sync_tasks;
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

Result<std::string> Connections::secret_of(const std::string& env, const std::string& file,
                                           const std::string& connection) const {
  return read_secret(ports_.disk, ports_.environment, env, file,
                     fmt::format("connection '{}'", connection));
}

Transport& Connections::transport(const Running& running) const {
  return running.own_transport ? *running.own_transport : ports_.transport;
}

Result<std::string> Connections::secret(const Running& running) const {
  if (running.oauth) return running.oauth->access_token();
  const ConnectionSettings& s = running.settings;
  return secret_of(s.token_env, s.token_file, s.id);
}

// A sandbox in the vendor's place has the page for the user as well.
std::unique_ptr<connect::OAuth> Connections::make_oauth(const Running& running) {
  const ConnectionSettings& s = running.settings;
  const Manifest& manifest = *running.manifest;
  connect::OAuthSpec spec = *manifest.oauth;
  if (s.mapping && s.create_properties && manifest.properties)
    spec.scopes.insert(spec.scopes.end(), manifest.properties->scopes.begin(),
                       manifest.properties->scopes.end());
  std::string base = s.base_url.empty() ? manifest.base_url : s.base_url;
  while (base.ends_with('/')) base.pop_back();
  if (!s.base_url.empty()) {
    const size_t host = spec.authorize_url.find("://") + 3;
    spec.authorize_url = base + spec.authorize_url.substr(spec.authorize_url.find('/', host));
  }
  const std::string name = "oauth/" + s.id;
  const auto client = [this, o = *s.oauth, id = s.id]() -> Result<connect::OAuthClient> {
    TRY_ASSIGN(std::string secret, secret_of(o.secret_env, o.secret_file, id));
    return connect::OAuthClient{o.client_id, std::move(secret), o.redirect_uri};
  };
  connect::TokenStore store;
  store.load = [this, name, workspace = running.workspace]() -> Result<Json> {
    TRY_ASSIGN(const auto kept, ports_.control.secret(workspace, name));
    return kept ? parse_json(*kept) : Result<Json>(Json());
  };
  store.save = [this, name, workspace = running.workspace](const Json& tokens) {
    return ports_.control.put_secret(workspace, name, to_text(tokens));
  };
  return std::make_unique<connect::OAuth>(std::move(spec), std::move(base), client,
                                          std::move(store), transport(running), ports_.clock,
                                          ports_.random);
}

Result<Connections::Running*> Connections::find(WorkspaceId workspace, std::string_view id) {
  std::lock_guard lock(mutex_);
  for (auto& running : running_)
    if (running->workspace == workspace && running->settings.id == id) return running.get();
  return not_found(fmt::format("there is no connection '{}' in this workspace", id));
}

Result<std::string> Connections::authorize(WorkspaceId workspace, std::string_view id) {
  TRY_ASSIGN(Running * running, find(workspace, id));
  if (!running->oauth)
    return Error{Code::kConflict,
                 fmt::format("connection '{}' takes its token from the settings; to authorise it, "
                             "give it oauth there",
                             id)};
  return running->oauth->begin();
}

Result<std::string> Connections::authorized(std::string_view state, std::string_view code) {
  Running* meant = nullptr;
  {
    std::lock_guard lock(mutex_);
    for (auto& running : running_)
      if (running->oauth && running->oauth->gave(state)) meant = running.get();
  }
  if (!meant) return invalid("this authorisation is not known or too old; begin again", "state");
  TRY(meant->oauth->finish(state, code));
  ports_.reporter.report(Level::kInfo, "connection.authorised",
                         Json::object().set("connection", meant->settings.id));
  try_again(meant->workspace);
  return meant->settings.id;
}

Result<Json> Connections::test(WorkspaceId workspace, std::string_view id) {
  TRY_ASSIGN(Running * running, find(workspace, id));
  connect::Remote remote(
      *running->manifest, running->settings.base_url, running->settings.id, transport(*running),
      [this, running](std::string_view) { return secret(*running); }, running->quota, ports_.clock,
      ports_.metrics);
  remote.set_urgency(model::Urgency::kUrgent);
  TRY_ASSIGN(const std::string account, connect::remote_account(*running->manifest, remote));
  return Json::object()
      .set("id", running->settings.id)
      .set("vendor", running->settings.vendor)
      .set("account", account);
}

Result<Json> Connections::check_edits(WorkspaceId workspace, std::string_view id,
                                      store::State& state, const model::RecordKey& record,
                                      std::string_view object, const Json& values) {
  TRY_ASSIGN(Running * running, find(workspace, id));
  std::vector<const connect::ObjectSpec*> fitting;
  std::string names;
  for (const connect::ObjectSpec& one : running->manifest->objects) {
    if (one.record != record.type) continue;
    names += (names.empty() ? "" : ", ") + one.name;
    if (object.empty() || one.name == object) fitting.push_back(&one);
  }
  if (fitting.size() != 1)
    return invalid(fmt::format("object must be one of those that {} makes of a {}: {}", id,
                               record.type, names.empty() ? "none" : names),
                   "object");
  const connect::ReadEvents read = [this](std::span<const Position> at) {
    return ports_.log.read(at);
  };
  connect::SourceReader reader(state, read, running->switches);
  TRY_ASSIGN(const std::optional<Json> source, reader.read(record));
  if (!source) return not_found(fmt::format("there is no {} {}", record.type, record.id));
  TRY_ASSIGN(Json checked,
             connect::check_edits(*fitting[0], mapper(), *source, running->hash_key, values));
  return checked.set("connection", id)
      .set("type", record.type)
      .set("id", record.id)
      .set("object", fitting[0]->name);
}

// An access that a person granted is of one connection of one workspace.
Result<std::shared_ptr<connect::QuotaLedger>> Connections::ledger(const Running& running) {
  const ConnectionSettings& settings = running.settings;
  const Manifest& manifest = *running.manifest;
  const std::string granted =
      settings.oauth ? fmt::format("{}/{}", running.workspace.value, settings.id) : "";
  const std::string key =
      fmt::format("{} {} {}{}{}", settings.vendor,
                  settings.base_url.empty() ? manifest.base_url : settings.base_url,
                  settings.token_env, settings.token_file, granted);
  if (const auto known = ledgers_.find(key); known != ledgers_.end()) return known->second;
  access::Control& control = ports_.control;
  connect::QuotaStore store;
  store.load = [&control](const std::string& account) { return control.quota_use(account); };
  store.save = [&control](const std::string& account, const Json& use) {
    return control.keep_quota_use(account, use);
  };
  store.told = [this, id = settings.id, vendor = settings.vendor](const Result<void>& saved) {
    tell_quota(id, vendor, saved);
  };
  auto fresh =
      std::make_shared<connect::QuotaLedger>(manifest.quotas, ports_.clock, key, std::move(store));
  TRY(fresh->open());
  return ledgers_[key] = std::move(fresh);
}

void Connections::tell_quota(const std::string& connection, const std::string& vendor,
                             const Result<void>& saved) {
  Json fields = Json::object().set("connection", connection);
  if (saved.ok()) return ports_.reporter.report(Level::kInfo, "quota.kept", fields);
  ports_.metrics
      .counter("rapport_quota_unsaved_total",
               "Times that a wait the vendor asked for could not be saved.",
               fmt::format("vendor=\"{}\"", vendor))
      .add();
  ports_.reporter.report(
      Level::kWarning, "quota.not_kept",
      fields.set("error", saved.error().message)
          .set("next",
               "it holds while the server runs and is tried again every second; a start "
               "after a crash would not know of it"));
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
  TRY_ASSIGN(running->manifest,
             find_manifest(ports_.disk, connectors_folder(ports_.disk, settings_), settings));
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
  if (settings.off_peak)
    options.window = [off_peak = *settings.off_peak](Micros now) { return off_peak.at(now); };
  options.settings.set("default_priority", settings.default_priority);
  if (settings.auto_assign && !settings.default_team.empty())
    options.settings.set("default_team", settings.default_team);
  options.making =
      settings.create_properties ? connect::Making::kAllowed : connect::Making::kForbidden;
  TRY_ASSIGN(options.hash_key, ports_.log.keys().hash_key(workspace.id));
  running->hash_key = options.hash_key;
  running->switches = options.settings;
  TRY_ASSIGN(running->quota, ledger(*running));
  if (settings.proxy) running->own_transport = ports_.make_transport(*settings.proxy);
  if (settings.oauth && !running->manifest->oauth)
    return Error{Code::kInvalid,
                 fmt::format("{} has no oauth; use token_env or token_file", settings.vendor)};
  if (settings.oauth) running->oauth = make_oauth(*running);
  Running* const own = running.get();
  connect::PushPorts ports{
      *running->state,
      transport(*running),
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
      [this, own](std::string_view) { return secret(*own); },
      [own](const std::string& refused) {
        if (own->oauth) own->oauth->refused(refused);
        return own->oauth != nullptr;
      },
      running->quota,
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
  const Micros now = ports_.clock.now();
  const auto& off_peak = running.settings.off_peak;
  if (off_peak) {
    const connect::WindowState state = off_peak->at(now);
    one.set("off_peak", Json::object()
                            .set("zone", off_peak->zone())
                            .set("open", state.open)
                            .set("until", format_time(state.until)));
  }
  // When the backlog ends if it goes on as in the last minutes in which it could.
  const Json* rate = one.find("records_per_s");
  const double per_second = rate && rate->is_number() ? rate->as_double() : 0;
  if (*waiting == 0 || per_second <= 0) return one.set("done_at", Json());
  const Micros left{static_cast<int64_t>(static_cast<double>(*waiting) / per_second * 1e6)};
  const std::optional<Micros> end = off_peak ? off_peak->end_of(now, left) : now + left;
  one.set("done_at", end ? Json(format_time(*end)) : Json());
  return one;
}

Json Connections::describe(WorkspaceId workspace) {
  Json::Array all;
  std::lock_guard guard(mutex_);
  const auto name = ports_.control.workspace(workspace);
  for (const auto& settings : settings_.connections) {
    if (!name.ok() || settings.workspace != name->name) continue;
    const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& running) {
      return running->workspace == workspace && running->settings.id == settings.id;
    });
    if (found != running_.end()) {
      all.push_back(describe_one(**found));
      continue;
    }
    all.push_back(Json::object()
                      .set("id", settings.id)
                      .set("vendor", settings.vendor)
                      .set("enabled", settings.enabled)
                      .set("state", held_.empty() ? "starting" : "halted")
                      .set("halted", held_.empty() ? Json() : Json(held_)));
  }
  return Json(std::move(all));
}

}  // namespace rapport
