// Troubles of every kind, mixed by a seed, while people write and the process dies. Once they stop,
// the vendor must hold exactly what was said.
//   RAPPORT_SEEDS=2000 connect_push_test --gtest_filter=Troubles*      RAPPORT_SEED=17 … one of
//   them
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>
#include <utility>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

constexpr int kPeople = 8, kCompanies = 3;
constexpr Micros kMostAfter = seconds(60);
constexpr uint64_t kNever = uint64_t{1} << 60;
constexpr int kRetryAfter = 20;  // seconds, in every answer that names a time

int64_t from_environment(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoll(text);
}

// What was said, kept apart from everything under test.
struct Truth {
  struct Person {
    std::string email, name;
  };
  std::map<int, Person> people;
  std::map<std::string, std::vector<std::string>> texts;  // by conversation
  std::map<std::string, int> owner;                       // person of a conversation
  std::set<std::string> escalated;
  std::map<std::string, std::string> deals;  // stage, as the vendor calls it, by name
  std::set<std::string> tasks;               // by subject
};

class Mix {
 public:
  enum class Power { kSteady, kCut };
  explicit Mix(uint64_t seed, Power power = Power::kSteady)
      : dice_(seed), power_(power), world_(options()) {
    world_.transport.latency = millis(30);
  }

  // Empty when all is well, else what is wrong.
  std::string run() {
    const int phases = 3 + static_cast<int>(dice_.below(4));
    for (int phase = 0; phase < phases; ++phase) {
      arm();
      live(seconds(5 + static_cast<int64_t>(dice_.below(90))));
      if (dice_.chance(0.3)) clear();
    }
    clear();
    return after();
  }

  int cuts() const { return cuts_; }

 private:
  static sandbox::SandboxOptions options() {
    sandbox::SandboxOptions options = PushWorld::default_options();
    options.quotas = sandbox::plan_quotas("hubspot", "free").value();
    return options;
  }

  Json trouble() {
    static const char* const kKinds[] = {
        "rate_limited", "server_error",   "no_connection", "timeout_before", "timeout_after",
        "slow_body",    "reset_mid_body", "lost_response", "malformed_json", "truncated_json",
        "html_ok",      "partial_batch",  "token_expired", "token_revoked",  "missing_scope",
        "locked",       "search_lag",     "schema_drift",  "quota_used",
    };
    const std::string kind = kKinds[dice_.below(std::size(kKinds))];
    Json fault = Json::object().set("kind", kind);
    if (kind == "search_lag") return fault.set("lag_ms", 8000);
    if (kind == "quota_used") return fault.set("calls", 60 + static_cast<int64_t>(dice_.below(60)));
    if (kind == "schema_drift" && std::exchange(drifted_, true)) return trouble();
    if (kind == "schema_drift")
      return fault.set("change", "remove_property")
          .set("object", "contacts")
          .set("property", "lastname");
    if (kind == "missing_scope")
      fault.set("scope",
                dice_.chance(0.5) ? "crm.objects.companies.write" : "crm.objects.deals.write");
    if (kind == "rate_limited" && dice_.chance(0.5)) fault.set("retry_after", kRetryAfter);
    if (kind == "server_error") fault.set("status", 500 + static_cast<int64_t>(dice_.below(5)));
    if (kind == "server_error" && dice_.chance(0.5)) fault.set("applied", true);
    if (kind == "partial_batch") fault.set("transient", dice_.chance(0.7));
    if (dice_.chance(0.5)) {
      fault.set("probability", 0.1 + 0.1 * static_cast<double>(dice_.below(9)));
    } else {
      fault.set("count", 1 + static_cast<int64_t>(dice_.below(6)));
    }
    return fault;
  }

  void arm() {
    Json faults = Json::array();
    for (uint64_t i = dice_.below(5); i > 0; --i) faults.push_back(trouble());
    armed_ += to_text(faults);
    const Json answer = world_.vendor("POST", "/__sandbox/faults",
                                      Json::object().set("faults", faults).set("seed", 1));
    ASSERT_EQ(answer.find("error"), nullptr) << to_text(answer) << to_text(faults);
  }

  void clear() {
    world_.vendor("DELETE", "/__sandbox/faults");
    if (!std::exchange(drifted_, false)) return;
    // The vendor's people make the property again, once somebody else leaves them some quota.
    const Json property = Json::object()
                              .set("name", "lastname")
                              .set("label", "Last name")
                              .set("type", "string")
                              .set("fieldType", "text")
                              .set("groupName", "contactinformation");
    while (world_.vendor("POST", "/crm/v3/properties/contacts", property).text("name").empty())
      world_.clock.advance(seconds(1));
  }

  void say_something() {
    const int who = static_cast<int>(dice_.below(kPeople));
    const std::string user = fmt::format("u{}", who);
    if (!truth_.people.contains(who) || dice_.chance(0.1)) {
      const Truth::Person person{fmt::format("p{}@firm{}.example", who, who % kCompanies),
                                 fmt::format("Name{} Family", dice_.below(1000))};
      truth_.people[who] = person;
      world_.identify(user, person.email, Json::object().set("name", person.name));
      return;
    }
    if (dice_.chance(0.12)) return sell_something(who);
    const std::string chat = fmt::format("chat-{}-{}", who, dice_.below(2));
    truth_.owner[chat] = who;
    if (truth_.texts.contains(chat) && dice_.chance(0.15)) {
      truth_.escalated.insert(chat);
      world_.track(user, "conversation.escalated",
                   Json::object().set("conversation_id", chat).set("reason", "asked"));
      return;
    }
    const std::string text = fmt::format("text-{}", ++said_);
    truth_.texts[chat].push_back(text);
    world_.say(user, chat, text);
  }

  void sell_something(int who) {
    const std::string user = fmt::format("u{}", who), name = fmt::format("Deal {}", who);
    if (dice_.chance(0.3)) {
      const std::string subject = fmt::format("Task {}", truth_.tasks.size());
      truth_.tasks.insert(subject);
      world_.track(
          user, "task.created",
          Json::object().set("task_id", subject).set("deal_id", name).set("subject", subject));
      return;
    }
    static constexpr std::pair<const char*, const char*> kStages[] = {
        {"qualification", "qualifiedtobuy"},
        {"negotiation", "contractsent"},
        {"closed_won", "closedwon"}};
    const auto& [stage, theirs] = kStages[dice_.below(3)];
    truth_.deals[name] = theirs;
    world_.track(user, "deal.updated",
                 Json::object()
                     .set("deal_id", name)
                     .set("name", name)
                     .set("stage", stage)
                     .set("owner", "rosa@portal.example"));
  }

  void live(Micros span) {
    static const char* const kPlaces[] = {"push.started.durable", "push.request_sent",
                                          "push.response_read", "push.outcome.appended",
                                          "push.outcome.folded"};
    const Micros end = world_.clock.now() + span;
    while (world_.clock.now() < end) {
      if (dice_.chance(0.4)) say_something();
      if (dice_.chance(0.02)) world_.failpoints.crash_at(kPlaces[dice_.below(5)], 1);
      step_with_cuts(millis(200 + static_cast<int64_t>(dice_.below(2000))));
    }
    world_.failpoints.crash_at("", 0);
  }

  void step(Micros pause) {
    try {
      const auto progress = world_.step();
      if (!progress.ok() && world_.power_is_off()) return power_back();
      if (!progress.value().worked) world_.clock.advance(pause);
    } catch (const Crash&) {
      if (world_.power_is_off()) return power_back();
      world_.power_off_at(kNever);
      world_.restart();
      ++crashes_;
    }
  }

  // Cut while it folds and pushes; what people say meanwhile is acknowledged on steady power.
  void step_with_cuts(Micros pause) {
    if (power_ == Power::kSteady || !dice_.chance(0.1)) return step(pause);
    world_.power_off_at(1 + dice_.below(60));
    step(pause);
    world_.power_off_at(kNever);
  }

  void power_back() {
    world_.clock.advance(millis(static_cast<int64_t>(dice_.below(5000))));
    world_.power_back();
    ++crashes_;
    ++cuts_;
  }

  // A person has seen the list of refused records and sends them again.
  void retry_refused() {
    Json records = Json::array();
    for (const model::Record& shadow : world_.records("shadow")) {
      if (shadow.fields.text("refused").empty()) continue;
      const std::string local(shadow.fields.text("local"));
      const size_t slash = local.find('/');
      records.push_back(
          Json::object().set("type", local.substr(0, slash)).set("id", local.substr(slash + 1)));
    }
    if (!records.as_array().empty()) world_.retry(records);
    world_.push->try_again();  // as the server does then
  }

  std::string after() {
    world_.fold();
    retry_refused();
    const Micros start = world_.clock.now();
    while (world_.clock.now() - start <= kMostAfter) {
      step(millis(100));
      if (world_.marks().empty() && world_.records("call").empty() && nothing_left_out()) break;
    }
    const double took = static_cast<double>((world_.clock.now() - start).value) / 1e6;
    std::string wrong;
    if (!world_.marks().empty() || !world_.records("call").empty())
      wrong += fmt::format("not done after {:.1f} s ({}): {} marks, {} calls; armed were {}; ",
                           took, to_text(world_.push->status()), world_.marks().size(),
                           world_.records("call").size(), armed_);
    wrong += compare() + listed() + waits();
    if (!wrong.empty() && std::getenv("RAPPORT_SEED") != nullptr) tell();
    return wrong;
  }

  bool nothing_left_out() {
    const auto connection = world_.records("connection");
    return std::all_of(connection.begin(), connection.end(), [](const model::Record& one) {
      const Json* list = one.fields.find("left_out");
      return !list || list->as_array().empty();
    });
  }

  // For the one seed that is looked at: what was reported, what is left, what was called.
  void tell() {
    for (const std::string& line : world_.reporter.lines()) fmt::print("{}\n", line);
    for (const model::Mark& mark : world_.marks())
      fmt::print("left: {}/{} at {}\n", mark.record.type, mark.record.id, mark.version.value);
    for (const model::Record& shadow : world_.records("shadow"))
      fmt::print("shadow: {} {}\n", shadow.key.id, to_text(shadow.fields));
    const Json calls = world_.vendor("GET", "/__sandbox/requests?after=0");
    for (const Json& one : calls.find("requests")->as_array()) fmt::print("{}\n", to_text(one));
  }

  std::string property(const Json& record, std::string_view name) {
    const Json* properties = record.find("properties");
    return properties == nullptr ? "" : std::string(properties->text(name));
  }

  std::string compare() {
    const Json state = world_.vendor("GET", "/__sandbox/state");
    const auto live = [&](std::string_view object) {
      std::vector<Json> found;
      for (const Json& one : state.find("objects")->find(object)->as_array())
        if (!one.flag("archived")) found.push_back(one);
      return found;
    };
    std::string wrong;
    const auto contacts = live("contacts"), companies = live("companies"), notes = live("notes"),
               tickets = live("tickets");
    std::set<std::string> firms;
    for (const auto& [who, person] : truth_.people) {
      firms.insert(person.email.substr(person.email.find('@') + 1));
      int times = 0;
      for (const Json& contact : contacts) {
        if (property(contact, "email") != person.email) continue;
        ++times;
        if (property(contact, "firstname") != person.name.substr(0, person.name.find(' ')))
          wrong += fmt::format("{} is called {}; ", person.email, property(contact, "firstname"));
      }
      if (times != 1) wrong += fmt::format("{} is there {} times; ", person.email, times);
    }
    if (contacts.size() != truth_.people.size()) wrong += "contacts nobody knows; ";
    if (companies.size() != firms.size())
      wrong += fmt::format("{} companies for {} firms; ", companies.size(), firms.size());
    if (tickets.size() != truth_.escalated.size())
      wrong +=
          fmt::format("{} tickets for {} escalations; ", tickets.size(), truth_.escalated.size());
    if (notes.size() != truth_.texts.size())
      wrong += fmt::format("{} notes for {} conversations; ", notes.size(), truth_.texts.size());
    wrong += compare_sales(live("deals"), live("tasks"));
    for (const auto& [chat, texts] : truth_.texts) {
      int complete = 0;
      for (const Json& note : notes) {
        const std::string body = property(note, "hs_note_body");
        size_t at = 0;
        for (const std::string& text : texts) at = at == body.npos ? at : body.find(text + "<", at);
        complete += at != body.npos ? 1 : 0;
      }
      if (complete != 1) wrong += fmt::format("{} is whole in {} notes; ", chat, complete);
    }
    return wrong;
  }

  std::string compare_sales(const std::vector<Json>& deals, const std::vector<Json>& tasks) {
    std::string wrong;
    if (deals.size() != truth_.deals.size() || tasks.size() != truth_.tasks.size())
      wrong += fmt::format("{} of {} deals, {} of {} tasks; ", deals.size(), truth_.deals.size(),
                           tasks.size(), truth_.tasks.size());
    for (const Json& deal : deals) {
      const std::string name = property(deal, "dealname");
      if (property(deal, "dealstage") != truth_.deals[name] ||
          property(deal, "hubspot_owner_id") != "71000001")
        wrong += fmt::format("{} stands at {} with {}; ", name, property(deal, "dealstage"),
                             property(deal, "hubspot_owner_id"));
    }
    for (const Json& task : tasks)
      if (!truth_.tasks.contains(property(task, "hs_task_subject")))
        wrong += "a task nobody knows; ";
    return wrong;
  }

  // Every write without outcome was reported and came to a conclusion.
  std::string listed() {
    const size_t unknown = world_.reporter.count("push.unknown");
    const size_t resolved = world_.reporter.count("push.resolved");
    // One that a crash left open is found in the state, not reported when it happened.
    return resolved >= unknown || crashes_ > 0
               ? ""
               : fmt::format("{} unknown, {} resolved; ", unknown, resolved);
  }

  // Nothing was sent before the time that an answer named had passed.
  std::string waits() {
    std::optional<Micros> until;
    for (const auto& [at, asked] : world_.transport.asked_to_wait) {
      if (until && at < *until) return "a call came before Retry-After had passed; ";
      until = asked > Micros{} ? std::optional(at + asked) : std::nullopt;
    }
    return "";
  }

  SeededRandom dice_;
  Power power_;
  PushWorld world_;
  Truth truth_;
  int said_ = 0, crashes_ = 0, cuts_ = 0;
  bool drifted_ = false;
  std::string armed_;  // all faults so far
};

TEST(Troubles, LeaveNothingBehindOnceTheyStop) {  // BO-91, CH-95, C9, KU-83
  const int64_t one = from_environment("RAPPORT_SEED", 0);
  const int64_t seeds = from_environment("RAPPORT_SEEDS", 200);
  int failed = 0;
  for (int64_t seed = one > 0 ? one : 1; seed <= (one > 0 ? one : seeds) && failed < 5; ++seed) {
    const std::string wrong = Mix(static_cast<uint64_t>(seed)).run();
    if (wrong.empty()) continue;
    ++failed;
    ADD_FAILURE() << "seed " << seed << ": " << wrong << "  Again: RAPPORT_SEED=" << seed
                  << " connect_push_test --gtest_filter=Troubles*";
  }
}

TEST(Troubles, LeaveNothingBehindWhenThePowerFailsMeanwhile) {  // F2, C8
  const int64_t one = from_environment("RAPPORT_SEED", 0);
  const int64_t seeds = from_environment("RAPPORT_SEEDS", 100);
  int failed = 0, cuts = 0;
  for (int64_t seed = one > 0 ? one : 1; seed <= (one > 0 ? one : seeds) && failed < 5; ++seed) {
    Mix mix(static_cast<uint64_t>(seed), Mix::Power::kCut);
    const std::string wrong = mix.run();
    cuts += mix.cuts();
    if (wrong.empty()) continue;
    ++failed;
    ADD_FAILURE() << "seed " << seed << ": " << wrong << "  Again: RAPPORT_SEED=" << seed
                  << " connect_push_test --gtest_filter=Troubles*PowerFails*";
  }
  fmt::print("{} power cuts in {} mixes\n", cuts, seeds);
  EXPECT_GT(cuts, one > 0 ? 0 : seeds);
}

TEST(Troubles, AnOutageOfTenMinutesCostsFewCalls) {  // CH-95
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    PushWorld world;
    for (uint64_t i = 0; i < seed; ++i) world.random.number();  // other waits each time
    for (int i = 0; i < 300; ++i)
      world.identify(fmt::format("u{}", i), fmt::format("p{}@gmail.com", i));
    world.vendor(
        "POST", "/__sandbox/faults",
        Json::object().set(
            "faults", Json::Array{Json::object().set("kind", "no_connection").set("count", -1)}));
    const Micros start = world.clock.now();
    while (world.clock.now() < start + minutes(10)) {
      const Progress progress = world.step().value();
      if (!progress.worked)
        world.clock.advance(std::clamp(progress.until - world.clock.now(), millis(1), seconds(1)));
    }
    constexpr size_t kHiccups = 4;  // the first call and three that follow it soon
    EXPECT_LE(world.transport.calls.size(), 12 + kHiccups);
    EXPECT_EQ(world.push->status().text("state"), "open");
    world.vendor("DELETE", "/__sandbox/faults");
    const Micros healed = world.clock.now();
    ASSERT_EQ(world.settle(), "");
    EXPECT_LE((world.clock.now() - healed).value, seconds(60).value);
    EXPECT_EQ(world.effects("create", "contacts"), 300);
  }
}

}  // namespace
}  // namespace rapport::connect
