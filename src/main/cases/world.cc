#include "main/cases/world.h"

#include <fmt/format.h>

#include "flow/rebuild.h"

namespace rapport::cases {

namespace {

constexpr uint64_t kSegment = 256 << 10;  // small: it is allocated for each case anew
constexpr int kMostTicks = 200'000;

// All that lives in a state, as text.
std::map<std::string, std::string> picture(store::State& state) {
  std::map<std::string, std::string> all;
  const StateFacts facts(state);
  for (std::string_view type :
       {model::kContact, model::kAccount, model::kConversation, model::kTicket, model::kDeal,
        model::kTask, model::kSubject, model::kQuarantine, model::kObject, model::kDerived,
        model::kUser, model::kTeam, model::kPack, model::kDefinitions, model::kTrace,
        model::kReview, model::kErasure})
    for (const model::Record& r : facts.all(type))
      all[r.key.type + "/" + r.key.id] =
          fmt::format("{} {} {} {}", r.created.value, r.version.value, to_canonical_text(r.fields),
                      to_canonical_text(r.provenance));
  for (const auto& timer : state.timers_due(Micros{INT64_MAX / 2}, 10'000).value())
    all["timer/" + timer.id] = format_time_micros(timer.due) + " " + timer.kind;
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
  return "the digests, though no record or timer does";
}

}  // namespace

World::World(std::string folder, const decide::Engine& engine, Micros start, Delivery delivery,
             size_t largest)
    : folder_(std::move(folder)),
      engine_(engine),
      clock_(start),
      delivery_(delivery),
      segment_bytes_(kSegment + 2 * largest) {}

World::~World() {
  close();
}

void World::close() {
  runner_.reset();
  intake_.reset();
  log_.reset();
}

Result<void> World::reopen() {
  close();
  return open();
}

Result<void> World::open() {
  metrics_ = std::make_unique<Metrics>();
  store::EventLogOptions options;
  options.folder = folder_;
  options.master[0] = 7;
  options.segment_bytes = segment_bytes_;
  TRY_ASSIGN(log_, store::EventLog::open(std::move(options), disk_, clock_, random_, failpoints_,
                                         *metrics_, reporter_));
  if (!log_->keys().hash_key(kWorkspace).ok()) TRY(log_->keys().add_workspace(kWorkspace));
  intake_ =
      std::make_unique<intake::Intake>(*log_, clock_, random_, *metrics_, intake::IntakeOptions{});
  runner_ = std::make_unique<flow::Runner>(
      *log_, engine_,
      [path = folder_ + "/state.db"](WorkspaceId, store::StateMode mode) {
        return store::open_sqlite_state(path, "", mode);
      },
      clock_, failpoints_, *metrics_, reporter_, flow::RunnerOptions{}, nullptr);
  TRY(runner_->open({kWorkspace}, [](WorkspaceId, const std::string& why) -> Result<void> {
    return corrupt("the state does not fit the log after a restart: " + why);
  }));
  return settle();
}

Result<void> World::settle() {
  for (int i = 0; i < kMostTicks; ++i) {
    TRY_ASSIGN(const size_t folded, runner_->step());
    if (folded == 0 && runner_->lag() == 0) return {};
  }
  return Error{Code::kTimeout, "timers arm each other without end"};
}

Result<void> World::append(std::string_view type, Json properties) {
  model::Event event;
  event.workspace = kWorkspace;
  event.origin = model::Origin::kServer;
  event.type = type;
  event.message_id = fmt::format("own-{}", next_message_++);
  event.at = clock_.now();
  event.properties = std::move(properties);
  for (int i = 0; i < (delivery_ == Delivery::kTwice ? 2 : 1); ++i) {
    TRY(intake_->append(event));
  }
  return settle();
}

Result<void> World::refusal(Sequence sequence) {
  std::string why;
  TRY(look([&](store::State& state) {
    const StateFacts facts(state);
    const model::Record* record = nullptr;
    facts.find(model::kQuarantine, fmt::format("{:020}", sequence.value), &record);
    if (record) why = record->fields.text("reason");
  }));
  return invalid("intake refuses the event: " + why);
}

Result<void> World::receive(Json call) {
  if (!call.find("messageId")) call.set("messageId", fmt::format("case-{}", next_message_++));
  Json body = Json::object();
  body.set("batch", Json::Array{std::move(call)});
  const std::string text = to_text(body);
  intake::Receipt receipt;
  for (int i = 0; i < (delivery_ == Delivery::kTwice ? 2 : 1); ++i) {
    TRY_ASSIGN(const auto one, intake_->receive(kWorkspace, intake::Call::kBatch, text));
    if (i == 0) receipt = one;
    TRY(log_->commit());
  }
  TRY(settle());
  if (receipt.quarantined > 0) return refusal(receipt.last);
  return {};
}

// A live server ticks within a second of each due time; here the clock stands exactly there.
Result<void> World::move_to(Micros moment) {
  for (int i = 0; i < kMostTicks; ++i) {
    std::optional<Micros> due;
    TRY(look([&](store::State& state) {
      const auto timers = state.timers_due(moment, 1).value();
      if (!timers.empty()) due = timers.front().due;
    }));
    if (!due) {
      clock_.move_to(moment);
      return settle();
    }
    TRY_ASSIGN(const Micros work, runner_->next_work());
    const Micros at = std::max(*due, work);
    if (at > moment) {
      clock_.move_to(moment);
      return settle();
    }
    clock_.move_to(at);
    TRY(settle());
  }
  return Error{Code::kTimeout, fmt::format("more than {} timers in one wait", kMostTicks)};
}

Sequence World::last() const {
  return log_->log().head(kWorkspace).sequence;
}

Result<void> World::look(const std::function<void(store::State&)>& look) {
  return runner_->with_state(kWorkspace, [&](store::State& state) -> Result<void> {
    look(state);
    return {};
  });
}

Result<std::string> World::rebuild_difference() {
  std::string difference;
  Result<void> done;
  TRY(look([&](store::State& live) {
    const auto compare = [&]() -> Result<void> {
      TRY_ASSIGN(auto fresh,
                 store::open_sqlite_state(folder_ + "/again.db", "", store::StateMode::kBuild));
      flow::RebuildOptions options;
      options.threads = flow::Threads::kOne;
      TRY(flow::rebuild(*log_, kWorkspace, *fresh, engine_, options));
      TRY_ASSIGN(const Hash there, live.digest());
      TRY_ASSIGN(const Hash again, fresh->digest());
      if (there != again) difference = first_difference(live, *fresh);
      return {};
    };
    done = compare();
  }));
  TRY(done);
  return difference;
}

}  // namespace rapport::cases
