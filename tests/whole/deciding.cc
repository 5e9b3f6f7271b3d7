#include "whole/deciding.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "decide/pack/read_pack.h"
#include "flow/rebuild.h"

namespace rapport::whole {

namespace {

constexpr WorkspaceId kWorkspace{1};
constexpr std::string_view kStatePath = "/data/state/1.db";
constexpr int kCustomers = 6;

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream all;
  all << file.rdbuf();
  return all.str();
}

// What customers and products send; {n} is a small number.
constexpr std::string_view kTypes[] = {
    "user.logged_in",         "feature.used",           "payment.succeeded",
    "payment.failed",         "subscription.created",   "subscription.changed",
    "subscription.cancelled", "trial.started",          "cancellation.requested",
    "nps.answered",           "csat.answered",          "visit.ended",
    "meeting.held",           "feature.blocked",        "ticket.created",
    "ticket.updated",         "ticket.closed",          "conversation.started",
    "message.sent",           "conversation.escalated", "satisfaction.received",
    "conversation.ended",     "deal.created",           "profile_completed",
    "chatbot_created",        "demo.requested",         "demo.held"};

constexpr std::string_view kSayings[] = {
    "How much is the enterprise plan?",
    "We need a demo for 120 people, our budget is $5000 per month",
    "I will talk to my lawyer about this refund",
    "This is great, thank you!",
    "¿Cuánto cuesta el plan? Estoy muy molesto",
    "Saya mau batalkan langganan, terlalu mahal",
    "Your API returns an error 500 with our integration",
    "hello"};

}  // namespace

std::vector<ShippedPack> shipped_packs(const std::string& folder) {
  std::map<std::string, ShippedPack> all;
  std::map<std::string, std::vector<std::string>> uses;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!std::filesystem::exists(entry.path() / "pack.yaml")) continue;
    decide::PackFiles files{entry.path().filename().string(), {}};
    for (const auto& file : std::filesystem::directory_iterator(entry.path()))
      if (file.path().extension() == ".yaml")
        files.files[file.path().filename().string()] = text_of(file.path());
    const decide::PackRead read = decide::read_pack(files);
    CHECK(read.errors.empty());
    ShippedPack pack{read.pack.name, decide::pack_version(files), Json::object()};
    for (const auto& [path, text] : files.files) pack.files.set(path, text);
    uses[pack.name] = read.pack.uses;
    all[pack.name] = std::move(pack);
  }
  std::vector<ShippedPack> sorted;
  std::set<std::string> done;
  while (sorted.size() < all.size()) {
    const size_t before = sorted.size();
    for (const auto& [name, pack] : all) {
      const auto& needed = uses[name];
      const bool ready = std::all_of(needed.begin(), needed.end(),
                                     [&](const auto& one) { return done.contains(one); });
      if (!ready || !done.insert(name).second) continue;
      sorted.push_back(pack);
    }
    CHECK(sorted.size() > before);  // packs that use each other, or one that is not there
  }
  return sorted;
}

Deciding::Deciding(uint64_t seed, const decide::Engine& engine,
                   const std::vector<ShippedPack>& packs)
    : random_(seed),
      disk_(seed + 2),
      vfs_(simulation::register_sqlite_vfs(fmt::format("deciding-{}", seed), disk_, clock_,
                                           random_)),
      engine_(engine),
      packs_(packs) {
  disk_.make_folders("/data/state").value();
  open();
}

Deciding::~Deciding() {
  close();
}

void Deciding::close() {
  reading_.reset();
  runner_.reset();
  intake_.reset();
  log_.reset();
}

void Deciding::crash() {
  ++power_cuts_;
  disk_.power_off();
  close();
  disk_.power_on();
  clock_.advance(seconds(1));
  open();
}

void Deciding::open() {
  metrics_ = std::make_unique<Metrics>();
  store::EventLogOptions options;
  options.folder = "/data";
  options.sqlite_vfs = vfs_->name();
  options.master[0] = 7;
  options.segment_bytes = 512 * 1024;
  log_ = store::EventLog::open(options, disk_, clock_, random_, failpoints_, *metrics_, reporter_)
             .value();
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
}

void Deciding::own(std::string_view type, Json properties) {
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = type;
  event.at = clock_.now();
  event.properties = std::move(properties);
  intake_->append(std::move(event)).ok();  // with the power off nothing is appended
}

// Packs come one after another, change, and go again; settings, zone and people change.
void Deciding::declare() {
  const uint64_t dice = random_.below(10);
  if (dice < 6 && active_ < packs_.size()) {
    const ShippedPack& pack = packs_[active_++];
    return own(model::kPackActivated, Json::object()
                                          .set("pack", pack.name)
                                          .set("version", pack.version)
                                          .set("files", pack.files)
                                          .set("by", "test"));
  }
  if (dice == 6 && active_ > 0) {
    --active_;
    return own(model::kPackDeactivated, Json::object().set("pack", packs_[active_].name));
  }
  if (dice == 7) {
    constexpr std::string_view kZones[] = {"UTC", "Europe/Berlin", "America/New_York"};
    return own(model::kWorkspaceConfigured, Json::object().set("zone", kZones[random_.below(3)]));
  }
  const std::string user = fmt::format("agent{}", random_.below(4));
  if (dice == 8)
    return own(model::kPresenceChanged,
               Json::object()
                   .set("user", user)
                   .set("presence", random_.chance(0.7) ? "available" : "away"));
  Json roles = Json::Array{Json(random_.chance(0.5) ? "agent" : "csm"), Json("rep")};
  Json teams = Json::Array{Json("vip"), Json("support-queue"), Json("cost-support")};
  own(model::kUserConfigured, Json::object()
                                  .set("id", user)
                                  .set("email", user + "@rapport.example")
                                  .set("roles", std::move(roles))
                                  .set("teams", std::move(teams))
                                  .set("capacity", 3));
}

void Deciding::somebody_acts() {
  const auto customer = random_.below(kCustomers);
  Json event = Json::object();
  event.set("messageId", fmt::format("m-{}", next_message_++));
  event.set("userId", fmt::format("u{}", customer));
  if (random_.chance(0.15)) {
    Json traits = Json::object();
    traits.set("email",
               fmt::format("person{}@firm{}.com", random_.below(kCustomers), customer % 3));
    traits.set("company_size", random_.below(600)).set("industry", "technology");
    event.set("type", "identify").set("traits", traits);
  } else {
    const auto n = static_cast<int64_t>(random_.below(11));
    Json properties = Json::object();
    const std::string thing = fmt::format("{}-{}", customer, random_.below(4));
    properties.set("conversation_id", "chat" + thing).set("ticket_id", "t" + thing);
    properties.set("deal_id", "d" + thing).set("invoice_id", "i" + thing);
    properties.set("author", random_.chance(0.7) ? "customer" : "agent");
    properties.set("text", kSayings[random_.below(std::size(kSayings))]);
    properties.set("subject", kSayings[random_.below(std::size(kSayings))]);
    properties.set("score", n).set("minutes", n).set("feature", fmt::format("f{}", n));
    properties.set("amount", fmt::format("{}.50 USD", n * 300))
        .set("plan", n > 5 ? "pro" : "growth");
    properties.set("mrr", fmt::format("{}.00 USD", n * 100)).set("seats", n + 1);
    properties.set("agent", fmt::format("agent{}", random_.below(4)));
    event.set("type", "track").set("event", kTypes[random_.below(std::size(kTypes))]);
    event.set("properties", std::move(properties));
  }
  Json body = Json::object();
  body.set("batch", Json::Array{event}).set("sentAt", format_time(clock_.now()));
  sent_.push_back(to_text(body));
  deliver(sent_.back());
  if (random_.chance(0.1)) deliver(sent_[random_.below(sent_.size())]);
}

void Deciding::deliver(const std::string& body) {
  if (!intake_->receive(kWorkspace, intake::Call::kBatch, body).ok()) return;
  log_->commit().ok();  // with the power off it is not there, and not asked for
}

std::string Deciding::some_contact() {
  const auto page = reading_->list(
      {std::string(model::kContact), "", "", "", 50, store::PageRequest::Order::kOldest});
  if (!page.ok() || page->records.empty()) return {};
  return page->records[random_.below(page->records.size())].key.id;
}

void Deciding::live() {
  const uint64_t dice = random_.below(100);
  if (dice < 70) {
    somebody_acts();
  } else if (dice < 78) {
    declare();
  } else if (dice < 86) {
    runner_->step().ok();  // with the power off every step fails; crash() comes next
  } else if (dice < 94) {
    clock_.advance(hours(static_cast<int64_t>(random_.below(24 * 5))));
  } else if (dice < 96) {
    own(model::kContactsMerged,
        Json::object().set("keep", some_contact()).set("merge", some_contact()));
  } else if (dice < 98) {
    disk_.power_off_at(1 + random_.below(40));
    for (int i = 0; i < 20 && !disk_.is_off(); ++i) {
      somebody_acts();
      runner_->step().ok();
    }
    crash();
  } else {
    crash();
  }
}

void Deciding::settle() {
  for (int round = 0; round < 1000; ++round) {
    const auto folded = runner_->step();
    CHECK(folded.ok());
    if (*folded == 0 && runner_->lag() == 0) return;  // a due timer may have brought a tick
  }
}

int64_t Deciding::records(std::string_view type) {
  return reading_->count(std::string(type)).value();
}

namespace {

std::map<std::string, std::string> picture(store::State& state) {
  std::map<std::string, std::string> all;
  for (std::string_view type :
       {model::kContact, model::kAccount, model::kConversation, model::kTicket, model::kSubject,
        model::kDeal, model::kTask, model::kObject, model::kDerived, model::kTrace, model::kUser,
        model::kDefinitions}) {
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
  const auto timers = state.timers_due(Micros{INT64_MAX / 2}, 100'000).value();
  for (const auto& timer : timers)
    all["timer/" + timer.id] = format_time_micros(timer.due) + " " + timer.kind;
  return all;
}

}  // namespace

std::string Deciding::rebuild_difference() {
  const std::string path = "/data/state/again.db";
  auto fresh = store::open_sqlite_state(path, vfs_->name(), store::StateMode::kWrite).value();
  flow::RebuildOptions options;
  options.threads = flow::Threads::kOne;
  flow::rebuild(*log_, kWorkspace, *fresh, engine_, options).value();
  if (fresh->digest().value() == reading_->digest().value()) return "";
  const auto live = picture(*reading_), again = picture(*fresh);
  for (const auto& [key, value] : live)
    if (!again.contains(key) || again.at(key) != value)
      return fmt::format("{}\n  live    {}\n  rebuilt {}", key, value,
                         again.contains(key) ? again.at(key) : "nothing");
  for (const auto& [key, value] : again)
    if (!live.contains(key)) return key + "\n  live    nothing\n  rebuilt " + value;
  return "nothing that shows";
}

}  // namespace rapport::whole
