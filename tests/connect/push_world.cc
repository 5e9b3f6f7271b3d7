#include "connect/push_world.h"

#include <fmt/core.h>

#include <fstream>
#include <iterator>

#include "connect/edits.h"
#include "decide/mapping.h"
#include "decide/transcript.h"

namespace rapport::connect {
namespace {

constexpr WorkspaceId kWorkspace{1};
constexpr std::string_view kConnection = "crm";
constexpr std::string_view kHost = "http://crm.invalid";
const std::string kState = "/data/state/1.db";
constexpr Micros kTimeout = seconds(30);

std::shared_ptr<const Manifest> shipped_manifest() {
  const std::string path = std::string(RAPPORT_SOURCE_DIR) + "/connectors/hubspot/manifest.yaml";
  std::ifstream stream(path);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return std::make_shared<const Manifest>(load_manifest(text, path).value());
}

Mapper real_mapper() {
  return {decide::map_fields, [](const model::TranscriptMapping& mapping, const Json& source,
                                 std::string_view reference) {
            return decide::render_transcript(mapping, source, reference);
          }};
}

}  // namespace

Result<HttpResponse> DirectTransport::send(const HttpRequest& request) {
  HttpRequest inner = request;
  inner.target = request.target.substr(kHost.size());
  calls.push_back(inner.method + " " + inner.target);
  if (before) {
    if (auto answer = before(inner)) return *answer;
  }
  clock_.advance(latency);
  Result<HttpResponse> answer = sandbox::carry(remote_.handle(inner), kTimeout, clock_);
  const Micros now = clock_.now();
  const Micros asked =
      answer.ok() ? read_retry_after(header(answer->headers, "retry-after"), now) : Micros{};
  asked_to_wait.emplace_back(now, asked);
  return answer;
}

sandbox::SandboxOptions PushWorld::default_options() {
  sandbox::SandboxOptions options;
  options.tokens = {{"token"}, {"weak", {"crm.objects.contacts.read"}}};
  return options;
}

PushWorld::PushWorld(sandbox::SandboxOptions options)
    : hubspot(std::move(options), clock, random),
      transport(hubspot, clock),
      vfs_(simulation::register_sqlite_vfs("push-world", disk_, clock, random)),
      engine_(decide::first_basics()),
      manifest_(shipped_manifest()) {
  disk_.make_folders("/data/state").value();
  open();
  configure();
}

PushWorld::~PushWorld() {
  close();
}

void PushWorld::close() {
  push.reset();
  reading_.reset();
  runner_.reset();
  intake_.reset();
  log_.reset();
}

void PushWorld::restart() {
  close();
  open();
}

void PushWorld::power_back() {
  close();
  disk_.power_on();
  open();
}

PushPorts PushWorld::ports() {
  return {
      .state = *reading_,
      .transport = transport,
      .clock = clock,
      .random = random,
      .reporter = reporter,
      .metrics = metrics,
      .failpoints = failpoints,
      .read_events = [this](std::span<const Position> at) { return log_->read(at); },
      .append = [this](model::Event event) { return intake_->append(std::move(event)); },
      .wait_folded =
          [this](Sequence sequence) { return runner_->wait_for(kWorkspace, sequence, seconds(1)); },
      .set_attempt =
          [this](const model::Mark& mark, const store::Attempt& attempt) {
            return runner_->with_state(
                kWorkspace, [&](store::State& state) { return state.set_attempt(mark, attempt); });
          },
      .secret = [this](std::string_view) { return Result<std::string>(token); },
      .secret_refused = {},
      .ledger = ledger_,
      .mapper = real_mapper()};
}

void PushWorld::open() {
  store::EventLogOptions options;
  options.folder = "/data";
  options.sqlite_vfs = vfs_->name();
  options.master[0] = 7;
  options.segment_bytes = 256 * 1024;
  log_ =
      store::EventLog::open(options, disk_, clock, random, failpoints, metrics, reporter).value();
  if (!log_->keys().hash_key(kWorkspace).ok()) log_->keys().add_workspace(kWorkspace).value();
  intake_ =
      std::make_unique<intake::Intake>(*log_, clock, random, metrics, intake::IntakeOptions{});
  const auto open_state = [this](store::StateMode mode) {
    return store::open_sqlite_state(kState, vfs_->name(), mode);
  };
  runner_ = std::make_unique<flow::Runner>(
      *log_, engine_, [=](WorkspaceId, store::StateMode mode) { return open_state(mode); }, clock,
      failpoints, metrics, reporter, flow::RunnerOptions{}, nullptr);
  runner_
      ->open({kWorkspace},
             [](WorkspaceId, const std::string& why) -> Result<void> {
               return corrupt("unexpected rebuild: " + why);
             })
      .value();
  reading_ = open_state(store::StateMode::kRead).value();
  PushOptions push_options;
  push_options.workspace = kWorkspace;
  push_options.connection = std::string(kConnection);
  push_options.base_url = std::string(kHost);
  push_options.sends = sends;
  push_options.settings = settings;
  push_options.making = making_;
  push_options.window = [this](Micros now) { return window ? window(now) : WindowState{}; };
  push_options.hash_key = log_->keys().hash_key(kWorkspace).value();
  ledger_ = std::make_shared<QuotaLedger>(
      manifest_->quotas, clock, "hubspot",
      QuotaStore{[this](const std::string&) { return Result<Json>(quota_use_); },
                 [this](const std::string&, const Json& use) {
                   quota_use_ = use;
                   return Result<void>();
                 }});
  ledger_->open().value();
  push = std::make_unique<Push>(manifest_, std::move(push_options), ports());
}

void PushWorld::configure() {
  Json list = Json::array();
  for (const std::string& type : sends) list.push_back(type);
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = std::string(model::kConnectionConfigured);
  event.at = clock.now();
  event.properties.set("id", kConnection).set("vendor", "hubspot").set("enabled", true);
  event.properties.set("requires", Json::object().set("contact", Json::Array{Json("emails")}));
  event.properties.set("sends", list).set("mapping_version", manifest_->version);
  intake_->append(std::move(event)).value();
}

void PushWorld::customise(const std::string& yaml, Making making) {
  manifest_ = std::make_shared<const Manifest>(
      connect::customise(*shipped_manifest(), parse_yaml(yaml, "settings").value(), "settings")
          .value());
  making_ = making;
  restart();
  configure();
}

void PushWorld::identify(const std::string& user, const std::string& email, Json traits) {
  if (!email.empty()) traits.set("email", email);
  Json body = Json::object();
  body.set("userId", user).set("traits", std::move(traits));
  body.set("messageId", fmt::format("m{}", ++next_message_));
  intake_->receive(kWorkspace, intake::Call::kIdentify, to_text(body)).value();
  log_->commit().value();
}

void PushWorld::retry(const Json& records) {
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = std::string(model::kPushRetried);
  event.at = clock.now();
  event.properties.set("connection", kConnection).set("records", records);
  intake_->append(std::move(event)).value();
}

std::string PushWorld::edit_contact(const std::string& id, const Json& values) {
  const model::RecordKey key{std::string(model::kContact), id};
  const ReadEvents read = [this](std::span<const Position> at) { return log_->read(at); };
  SourceReader reader(*reading_, read, Json::object());
  const Json source = reader.read(key).value().value();
  auto checked = check_edits(*manifest_->object("contacts"), real_mapper(), source,
                             log_->keys().hash_key(kWorkspace).value(), values);
  if (!checked.ok()) return checked.error().message;
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = std::string(model::kPushEdited);
  event.at = clock.now();
  event.properties = std::move(checked).value();
  event.properties.set("connection", kConnection).set("object", "contacts").set("by", "key_1");
  event.properties.set("type", key.type).set("id", id);
  intake_->append(std::move(event)).value();
  fold();
  return "";
}

void PushWorld::send_batch(const Json::Array& calls) {
  Json body = Json::object();
  body.set("batch", calls);
  intake_->receive(kWorkspace, intake::Call::kBatch, to_text(body)).value();
  log_->commit().value();
}

void PushWorld::track(const std::string& user, const std::string& event, Json properties) {
  Json body = Json::object();
  body.set("userId", user).set("event", event).set("properties", std::move(properties));
  body.set("messageId", fmt::format("m{}", ++next_message_));
  intake_->receive(kWorkspace, intake::Call::kTrack, to_text(body)).value();
  log_->commit().value();
  clock.advance(millis(10));
}

void PushWorld::group(const std::string& user, const std::string& group, Json traits) {
  Json body = Json::object();
  body.set("userId", user).set("groupId", group).set("traits", std::move(traits));
  body.set("messageId", fmt::format("m{}", ++next_message_));
  intake_->receive(kWorkspace, intake::Call::kGroup, to_text(body)).value();
  log_->commit().value();
}

void PushWorld::say(const std::string& user, const std::string& conversation,
                    const std::string& text) {
  track(user, "message.sent",
        Json::object()
            .set("conversation_id", conversation)
            .set("author", "customer")
            .set("text", text));
}

void PushWorld::fold() {
  while (runner_->step().value() > 0) {
  }
}

Result<Progress> PushWorld::step() {
  for (;;) {
    TRY_ASSIGN(const auto folded, runner_->step());
    if (folded == 0) break;
  }
  return push->step();
}

std::string PushWorld::settle(Micros patience) {
  const Micros end = clock.now() + patience;
  for (int round = 0; round < 20'000 && clock.now() < end; ++round) {
    try {
      auto progress = step();
      if (!progress.ok()) return progress.error().message;
      if (progress->worked) continue;
      if (marks().empty() && records("call").empty()) return "";
      clock.advance(std::clamp(progress->until - clock.now(), millis(1), seconds(30)));
    } catch (const Crash&) {
      restart();
    }
  }
  std::string left = push->halted();
  for (const model::Mark& mark : marks()) left += " " + mark.record.type + "/" + mark.record.id;
  return "left over:" + left;
}

Json PushWorld::vendor(const std::string& method, const std::string& path, const Json& body) {
  HttpRequest request;
  request.method = method;
  request.target = path;
  request.headers = {{"Authorization", "Bearer token"}, {"Content-Type", "application/json"}};
  if (!body.is_null()) request.body = to_text(body);
  const HttpResponse response = hubspot.handle(request);
  return response.body.empty() ? Json() : parse_json(response.body).value();
}

std::vector<Json> PushWorld::remote(const std::string& type) {
  std::vector<Json> found;
  const Json names = vendor("GET", "/crm/v3/properties/" + type);
  std::string wanted;
  for (const Json& one : names.find("results")->as_array()) {
    wanted += (wanted.empty() ? "" : ",") + std::string(one.text("name"));
  }
  std::string after;
  do {
    const Json page = vendor("GET", "/crm/v3/objects/" + type + "?limit=100&properties=" + wanted +
                                        (after.empty() ? "" : "&after=" + after));
    for (const Json& one : page.find("results")->as_array()) found.push_back(one);
    const Json* next = page.at_path("paging.next.after");
    after = next == nullptr ? "" : next->as_string();
  } while (!after.empty());
  return found;
}

std::string PushWorld::property(const std::string& type, const std::string& name, size_t index) {
  const std::vector<Json> all = remote(type);
  if (index >= all.size()) return "(no record)";
  return std::string(all[index].find("properties")->text(name, "(none)"));
}

std::vector<std::string> PushWorld::neighbours(const std::string& from, const std::string& id,
                                               const std::string& to) {
  std::vector<std::string> ids;
  const Json page = vendor("GET", "/crm/v4/objects/" + from + "/" + id + "/associations/" + to);
  for (const Json& one : page.find("results")->as_array()) {
    const Json& other = *one.find("toObjectId");
    ids.push_back(other.is_int() ? std::to_string(other.as_int()) : std::string(other.as_string()));
  }
  return ids;
}

int PushWorld::effects(const std::string& action, const std::string& object) {
  int count = 0;
  const Json all = vendor("GET", "/__sandbox/effects");
  for (const Json& effect : all.find("effects")->as_array()) {
    count += effect.text("action") == action && effect.text("object") == object ? 1 : 0;
  }
  return count;
}

int PushWorld::calls(const std::string& prefix) const {
  int count = 0;
  for (const std::string& call : transport.calls) count += call.starts_with(prefix) ? 1 : 0;
  return count;
}

void PushWorld::lose_next(int count, const std::string& path_prefix) {
  vendor("POST", "/__sandbox/lose_next",
         Json::object().set("count", count).set("path_prefix", path_prefix));
}

std::vector<model::Record> PushWorld::records(const std::string& type) {
  return reading_->list({.type = type, .field = {}, .value = {}, .after = {}, .limit = 1000})
      .value()
      .records;
}

std::vector<model::Mark> PushWorld::marks() {
  return reading_->marks(std::string(kConnection), 1000).value();
}

void PushWorld::erase(const std::string& contact) {
  Json subjects = Json::array();
  std::vector<SubjectId> ids;
  for (const model::Record& record : records("subject")) {
    if (record.fields.text("contact") == contact) {
      subjects.push_back(static_cast<int64_t>(std::stoll(record.key.id)));
      ids.push_back({std::stoull(record.key.id)});
    }
  }
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = std::string(model::kContactErased);
  event.at = clock.now();
  event.properties.set("contact", contact).set("subjects", std::move(subjects));
  intake_->append(std::move(event)).value();
  log_->keys().destroy(kWorkspace, ids).value();
}

}  // namespace rapport::connect
