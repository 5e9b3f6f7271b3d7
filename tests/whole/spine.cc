#include "whole/spine.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/posix_disk.h"
#include "base/text.h"
#include "flow/rebuild.h"
#include "main/connections.h"

namespace rapport::whole {

namespace {

constexpr WorkspaceId kWorkspace{1};
constexpr int kCustomers = 5;
constexpr std::string_view kToken = "sandbox-token";
constexpr std::string_view kStatePath = "/data/state/1.db";

std::string mail(int customer) {
  return fmt::format("customer{}@firm{}.com", customer, customer % 3);
}

sandbox::SandboxOptions sandbox_options() {
  sandbox::SandboxOptions options;
  options.tokens.push_back({std::string(kToken)});
  return options;
}

ConnectionSettings connection_settings() {
  ConnectionSettings settings;
  settings.id = "crm";
  settings.vendor = "hubspot";
  settings.base_url = "http://crm.invalid";
  return settings;
}

}  // namespace

Result<HttpResponse> SimNetwork::send(const HttpRequest& request) {
  clock_.advance(millis(20));
  if (random_.chance(trouble_ / 2)) return io_error("connection refused");
  HttpRequest inner = request;
  const size_t host = inner.target.find("://");
  inner.target = inner.target.substr(inner.target.find('/', host + 3));
  HttpResponse answer = remote_.handle(inner);
  if (random_.chance(trouble_)) {
    ++lost_answers_;
    clock_.advance(seconds(1));
    return Error{Code::kTimeout, "no answer", Retryable::kYes};
  }
  return answer;
}

Spine::Spine(uint64_t seed)
    : random_(seed),
      sandbox_random_(seed + 1),
      disk_(seed + 2),
      vfs_(simulation::register_sqlite_vfs(fmt::format("spine-{}", seed), disk_, clock_, random_)),
      remote_(sandbox_options(), clock_, sandbox_random_),
      network_(remote_, clock_, random_),
      engine_(decide::first_basics()) {
  PosixDisk real;
  manifest_ = *find_manifest(real, RAPPORT_SOURCE_DIR "/connectors", "hubspot");
  network_.set_trouble(0.1);
  disk_.make_folders("/data/state").value();
  open();
}

Spine::~Spine() {
  close();
}

void Spine::close() {
  push_.reset();
  reading_.reset();
  runner_.reset();
  intake_.reset();
  log_.reset();
}

void Spine::crash() {
  ++power_cuts_;
  disk_.power_off();
  close();
  disk_.power_on();
  clock_.advance(seconds(1));
  open();
}

Result<Sequence> Spine::append(model::Event event) {
  TRY_ASSIGN(const Sequence sequence, intake_->append(std::move(event)));
  return sequence;
}

void Spine::open() {
  metrics_ = std::make_unique<Metrics>();
  store::EventLogOptions options;
  options.folder = "/data";
  options.sqlite_vfs = vfs_->name();
  options.master[0] = 7;
  options.segment_bytes = 256 * 1024;
  auto log =
      store::EventLog::open(options, disk_, clock_, random_, failpoints_, *metrics_, reporter_);
  log_ = std::move(log).value();
  if (!log_->keys().hash_key(kWorkspace).ok()) log_->keys().add_workspace(kWorkspace).value();
  intake_ =
      std::make_unique<intake::Intake>(*log_, clock_, random_, *metrics_, intake::IntakeOptions{});
  runner_ = std::make_unique<flow::Runner>(
      *log_, engine_,
      [this](WorkspaceId, store::StateMode mode) {
        return store::open_sqlite_state(std::string(kStatePath), vfs_->name(), mode);
      },
      clock_, failpoints_, *metrics_, reporter_, flow::RunnerOptions{}, nullptr);
  runner_
      ->open({kWorkspace},
             [this](WorkspaceId, const std::string&) -> Result<void> {
               for (const char* suffix : {"", "-wal"})
                 if (const auto path = std::string(kStatePath) + suffix; disk_.exists(path))
                   TRY(disk_.remove(path));
               TRY_ASSIGN(auto fresh,
                          store::open_sqlite_state(std::string(kStatePath), vfs_->name(),
                                                   store::StateMode::kWrite));
               flow::RebuildOptions rebuild;
               rebuild.threads = flow::Threads::kOne;
               TRY(flow::rebuild(*log_, kWorkspace, *fresh, engine_, rebuild));
               return {};
             })
      .value();
  reading_ =
      store::open_sqlite_state(std::string(kStatePath), vfs_->name(), store::StateMode::kRead)
          .value();
  configure().value();
  // As the server does: no push before the fold shows every write that was under way.
  runner_->wait_for(kWorkspace, log_->log().head(kWorkspace).sequence, seconds(1)).value();

  connect::PushOptions push;
  push.workspace = kWorkspace;
  push.connection = "crm";
  push.base_url = "http://crm.invalid";
  for (const auto& object : manifest_->objects) push.sends.push_back(object.record);
  push.hash_key = log_->keys().hash_key(kWorkspace).value();
  connect::PushPorts ports{
      *reading_,
      network_,
      clock_,
      random_,
      reporter_,
      *metrics_,
      failpoints_,
      [this](std::span<const Position> at) { return log_->read(at); },
      [this](model::Event event) { return append(std::move(event)); },
      [this](Sequence sequence) { return runner_->wait_for(kWorkspace, sequence, seconds(1)); },
      [this](const model::Mark& mark, const store::Attempt& attempt) {
        runner_->later(kWorkspace,
                       [=](store::State& state) { return state.set_attempt(mark, attempt); });
        return Result<void>();
      },
      [](std::string_view) { return Result<std::string>(std::string(kToken)); },
      {},
      nullptr,
      mapper()};
  push_ = std::make_unique<connect::Push>(manifest_, std::move(push), std::move(ports));
}

// The connection is configured once, with the first opening.
Result<void> Spine::configure() {
  if (log_->log().head(kWorkspace).sequence.value != 0) return {};
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = model::kConnectionConfigured;
  event.at = clock_.now();
  event.properties = connection_properties(connection_settings(), *manifest_);
  TRY(append(std::move(event)));
  return {};
}

// A customer identifies himself, starts a conversation, writes in it, or asks for a person.
void Spine::customer_acts() {
  const int customer = static_cast<int>(random_.below(kCustomers));
  const std::string conversation = fmt::format("chat-{}-{}", customer, random_.below(3));
  Json event = Json::object();
  event.set("userId", fmt::format("u{}", customer));
  const std::string id = fmt::format("m-{}", next_message_++);
  event.set("messageId", id);
  auto known = truth_.conversations.find(conversation);
  if (known == truth_.conversations.end() || random_.chance(0.15)) {
    Json traits = Json::object();
    traits.set("email", mail(customer)).set("name", fmt::format("Person {}", random_.below(50)));
    event.set("type", "identify").set("traits", traits);
    if (known == truth_.conversations.end()) truth_.conversations[conversation].customer = customer;
  } else if (!known->second.escalated && random_.chance(0.1)) {
    known->second.escalated = true;
    event.set("type", "track").set("event", "conversation.escalated");
    event.set(
        "properties",
        Json::object().set("conversation_id", conversation).set("reason", "asks for a person"));
  } else {
    const std::string text = fmt::format("message {} of {}", next_message_, conversation);
    known->second.messages.push_back(text);
    event.set("type", "track").set("event", "message.sent");
    event.set("properties", Json::object()
                                .set("conversation_id", conversation)
                                .set("author", random_.chance(0.5) ? "customer" : "ai")
                                .set("text", text));
  }
  Json body = Json::object();
  body.set("batch", Json::Array{event}).set("sentAt", format_time(clock_.now()));
  unsent_.push_back({to_text(body), {id}});
}

// Sends the oldest unacknowledged body; sometimes a delivered one once more.
void Spine::deliver() {
  if (unsent_.empty()) return;
  const auto [body, ids] = unsent_.front();
  auto receipt = intake_->receive(kWorkspace, intake::Call::kBatch, body);
  if (!receipt.ok()) return;
  if (!log_->commit().ok()) return;
  if (random_.chance(0.05)) return;  // the answer is lost: the customer sends again
  truth_.acknowledged.insert(ids.begin(), ids.end());
  unsent_.erase(unsent_.begin());
}

void Spine::pump(int steps) {
  for (int i = 0; i < steps; ++i) {
    runner_->step().ignore("with the power off every step fails; crash() comes next");
    push_->step().ignore("likewise");
  }
}

void Spine::live() {
  const uint64_t dice = random_.below(100);
  if (dice < 45) {
    customer_acts();
    deliver();
  } else if (dice < 60) {
    deliver();
  } else if (dice < 75) {
    runner_->step().ignore("see pump");
  } else if (dice < 92) {
    push_->step().ignore("see pump");
  } else if (dice < 96) {
    clock_.advance(millis(static_cast<int64_t>(random_.below(20'000))));
  } else if (dice < 98) {
    disk_.power_off_at(1 + random_.below(40));
    for (int i = 0; i < 30 && !disk_.is_off(); ++i) {
      customer_acts();
      deliver();
      pump(1);
    }
    crash();
  } else {
    crash();
  }
}

std::string Spine::settle() {
  network_.set_trouble(0);
  for (int round = 0; round < 3000; ++round) {
    deliver();
    auto folded = runner_->step();
    if (!folded.ok()) return "runner: " + folded.error().message;
    auto progress = push_->step();
    if (!progress.ok()) return "push: " + progress.error().message;
    const auto marks = reading_->marks("crm", 10).value();
    const auto calls = reading_->count(std::string(model::kCall)).value();
    if (unsent_.empty() && *folded == 0 && !progress->worked && marks.empty() && calls == 0)
      return "";
    if (!progress->worked && *folded == 0)
      clock_.advance(std::clamp(progress->until - clock_.now(), millis(1), seconds(60)));
  }
  std::string left;
  const auto marks = reading_->marks("crm", 5).value();
  for (const auto& mark : marks) left += " " + mark.record.type + "/" + mark.record.id;
  return fmt::format("does not settle: {} unsent, {} calls open, halted '{}', marks{}",
                     unsent_.size(), reading_->count("call").value(), push_->halted(), left);
}

std::string Spine::digest(store::State& state) {
  return to_hex(bytes_of(state.digest().value()));
}

namespace {

// All records and timers as text, for a person to compare.
std::map<std::string, std::string> picture(store::State& state) {
  std::map<std::string, std::string> all;
  for (std::string_view type :
       {model::kContact, model::kAccount, model::kConversation, model::kTicket, model::kSubject,
        model::kQuarantine, model::kConnection, model::kShadow, model::kCall, model::kReview}) {
    store::PageRequest request{std::string(type), "", "", "", 1000};
    do {
      const auto page = state.list(request).value();
      for (const auto& r : page.records)
        all[r.key.type + "/" + r.key.id] =
            fmt::format("{} {} {} {}", r.created.value, r.version.value,
                        to_canonical_text(r.fields), to_canonical_text(r.provenance));
      request.after = page.next;
    } while (!request.after.empty());
  }
  const auto timers = state.timers_due(Micros{INT64_MAX / 2}, 1000).value();
  for (const auto& timer : timers)
    all["timer/" + timer.id] = format_time(timer.due) + " " + timer.kind;
  const auto marks = state.marks("crm", 1000).value();
  for (const auto& mark : marks) all["mark/" + mark.record.id] = std::to_string(mark.version.value);
  return all;
}

std::string first_difference(store::State& live, store::State& again) {
  const auto a = picture(live), b = picture(again);
  for (const auto& [key, value] : a)
    if (!b.contains(key) || b.at(key) != value)
      return fmt::format("{}\n  live    {}\n  rebuilt {}", key, value,
                         b.contains(key) ? b.at(key) : "nothing");
  for (const auto& [key, value] : b)
    if (!a.contains(key)) return key + "\n  live    nothing\n  rebuilt " + value;
  return "nothing that shows";
}

}  // namespace

std::string Spine::rebuild_difference() {
  const std::string path = "/data/state/again.db";
  for (const char* suffix : {"", "-wal"})
    if (disk_.exists(path + suffix)) disk_.remove(path + suffix).value();
  auto fresh = store::open_sqlite_state(path, vfs_->name(), store::StateMode::kWrite).value();
  flow::RebuildOptions options;
  options.threads = flow::Threads::kOne;
  flow::rebuild(*log_, kWorkspace, *fresh, engine_, options).value();
  if (digest(*fresh) == digest(*reading_)) return "";
  return first_difference(*reading_, *fresh);
}

void Spine::compare_log(std::vector<std::string>& out) {
  std::map<std::string, int> seen;
  auto follower = log_->follow(Position{});
  for (;;) {
    auto item = follower->next();
    if (!item.ok()) {
      out.push_back("log: " + item.error().message);
      break;
    }
    if (!*item) break;
    if ((*item)->event.origin == model::Origin::kTracked) ++seen[(*item)->event.message_id];
  }
  for (const auto& id : truth_.acknowledged)
    if (!seen.contains(id)) out.push_back("acknowledged event " + id + " is not in the log");
  for (const auto& [id, times] : seen)
    if (times != 1) out.push_back(fmt::format("event {} is in the log {} times", id, times));
}

Json Spine::crm(const std::string& object) {
  const std::map<std::string, std::string> properties = {
      {"contacts", "email"}, {"notes", "hs_note_body"}, {"tickets", "content,hs_ticket_priority"}};
  Json all = Json::array();
  std::string after;
  do {
    HttpRequest request;
    request.target = "/crm/v3/objects/" + object +
                     "?limit=100&properties=" + properties.at(object) +
                     (after.empty() ? "" : "&after=" + after);
    request.headers.emplace_back("Authorization", "Bearer " + std::string(kToken));
    const auto answer = parse_json(remote_.handle(request).body).value();
    for (const Json& one : answer.find("results")->as_array()) all.push_back(one);
    const Json* next = answer.at_path("paging.next.after");
    after = next ? next->as_string() : "";
  } while (!after.empty());
  return all;
}

void Spine::compare_crm(std::vector<std::string>& out) {
  std::map<std::string, int> mails;
  const Json contacts = crm("contacts");
  for (const Json& contact : contacts.as_array())
    ++mails[std::string(contact.find("properties")->find("email")->as_string())];
  std::set<int> wanted;
  for (const auto& [id, conversation] : truth_.conversations) wanted.insert(conversation.customer);
  for (int customer : wanted)
    if (mails[mail(customer)] != 1)
      out.push_back(
          fmt::format("{} is in the CRM {} times", mail(customer), mails[mail(customer)]));
  if (mails.size() != wanted.size())
    out.push_back(fmt::format("{} contacts instead of {}", mails.size(), wanted.size()));

  const Json notes = crm("notes");
  size_t talked = 0, escalated = 0;
  for (const auto& [id, conversation] : truth_.conversations) {
    if (conversation.messages.empty() && !conversation.escalated) continue;
    ++talked;
    escalated += conversation.escalated ? 1 : 0;
    int matches = 0;
    for (const Json& note : notes.as_array()) {
      const std::string_view body = note.find("properties")->find("hs_note_body")->as_string();
      size_t at = 0;
      bool complete = body.find(id) != body.npos || !conversation.messages.empty();
      for (const auto& text : conversation.messages) {
        at = body.find(text, at);
        complete = complete && at != body.npos;
        if (!complete) break;
      }
      matches += complete && !conversation.messages.empty() ? 1 : 0;
    }
    if (!conversation.messages.empty() && matches != 1)
      out.push_back(fmt::format("the transcript of {} is in {} notes", id, matches));
  }
  if (notes.as_array().size() != talked)
    out.push_back(fmt::format("{} notes instead of {}", notes.as_array().size(), talked));
  const Json tickets = crm("tickets");
  if (tickets.as_array().size() != escalated)
    out.push_back(fmt::format("{} tickets instead of {}", tickets.as_array().size(), escalated));
}

std::vector<std::string> Spine::differences() {
  std::vector<std::string> out;
  compare_log(out);
  if (const std::string what = rebuild_difference(); !what.empty())
    out.push_back("a rebuild gives another state: " + what);
  compare_crm(out);
  return out;
}

}  // namespace rapport::whole
