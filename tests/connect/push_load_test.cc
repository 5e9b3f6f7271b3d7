// A first sync under the vendor's real quotas, with the clock of a simulation.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <utility>

#include "connect/push_world.h"

namespace rapport::connect {
namespace {

constexpr double kCallsPerSecond = 19.0;  // 190 in 10 s

// Of full size with RAPPORT_FULL_LOAD=1; a tenth of it otherwise.
int64_t scaled(int64_t full) {
  return std::getenv("RAPPORT_FULL_LOAD") != nullptr ? full : full / 10;
}

Json call(const char* type, int64_t user, const std::string& id) {
  return Json::object()
      .set("type", type)
      .set("userId", fmt::format("u{}", user))
      .set("messageId", id);
}

class Load : public testing::Test {
 protected:
  static sandbox::SandboxOptions options() {
    sandbox::SandboxOptions options = PushWorld::default_options();
    options.quotas = sandbox::plan_quotas("hubspot", "professional").value();
    return options;
  }

  void people(int64_t contacts, int64_t companies) {
    Json::Array batch;
    for (int64_t n = 0; n < contacts; ++n) {
      Json traits = Json::object();
      traits.set("email", fmt::format("p{}@company{}.example", n, n % companies));
      traits.set("name", fmt::format("Person {}", n));
      batch.push_back(call("identify", n, fmt::format("i{}", n)).set("traits", traits));
      flush(batch, n + 1 == contacts);
    }
  }

  void conversations(int64_t count, int64_t contacts) {
    Json::Array batch;
    for (int64_t n = 0; n < count; ++n) {
      Json properties = Json::object();
      properties.set("conversation_id", fmt::format("c{}", n)).set("author", "customer");
      properties.set("text", "Where is my order?");
      batch.push_back(call("track", n % contacts, fmt::format("t{}", n))
                          .set("event", "message.sent")
                          .set("properties", properties));
      flush(batch, n + 1 == count);
    }
  }

  void flush(Json::Array& batch, bool last) {
    if (batch.size() < 500 && !last) return;
    world.send_batch(batch);
    batch.clear();
    world.fold();
  }

  // Sends until nothing is left; `each` after every step. The time it took.
  template <class Each>
  Micros send_all(Each each) {
    const Micros start = world.clock.now();
    for (;;) {
      const Progress progress = world.step().value();
      each();
      if (progress.worked) continue;
      if (world.marks().empty()) return world.clock.now() - start;
      world.clock.advance(std::clamp(progress.until - world.clock.now(), millis(1), seconds(5)));
    }
  }

  // How often the vendor did this to an object so far; asks for what is new.
  int64_t done(const std::string& action, const std::string& object) {
    const Json news = world.vendor("GET", fmt::format("/__sandbox/effects?after={}", last_effect_));
    for (const Json& effect : news.find("effects")->as_array())
      ++effects_[{std::string(effect.text("action")), std::string(effect.text("object"))}];
    last_effect_ = news.integer("last");
    return effects_[{action, object}];
  }

  int64_t refused_for_quota() {
    const Json all = world.vendor("GET", "/__sandbox/requests?after=0");
    return all.integer("refused_for_quota", -1);
  }

  PushWorld world{options()};

 private:
  int64_t last_effect_ = 0;
  std::map<std::pair<std::string, std::string>, int64_t> effects_;
};

double in_seconds(Micros span) {
  return static_cast<double>(span.value) / 1e6;
}

// Each record once in calls of 100: contacts looked up and written; companies looked for beside
// their contacts and by domain, and written with the link to one contact; the other contacts
// linked; notes written with their links.
int64_t fewest_calls(int64_t contacts, int64_t companies, int64_t notes) {
  return 2 * (contacts / 100) + 3 * (companies / 100) + (contacts - companies) / 100 + notes / 100;
}

TEST_F(Load, AFirstSyncUsesTheQuotaFullyAndNoMore) {  // KU-83, CH-81
  const int64_t contacts = scaled(50'000), companies = scaled(5'000), notes = scaled(20'000);
  people(contacts, companies);
  conversations(notes, contacts);
  world.transport.latency = millis(40);
  world.transport.calls.clear();

  const Micros took = send_all([&] { done("create", "contacts"); });

  const auto calls = static_cast<int64_t>(world.transport.calls.size());
  const int64_t fewest = fewest_calls(contacts, companies, notes);
  fmt::print("{} calls, fewest {} ({:.3f}); {:.1f} s, at {}/s {:.1f} s ({:.3f})\n", calls, fewest,
             static_cast<double>(calls) / static_cast<double>(fewest), in_seconds(took),
             kCallsPerSecond, static_cast<double>(calls) / kCallsPerSecond,
             in_seconds(took) * kCallsPerSecond / static_cast<double>(calls));
  EXPECT_EQ(done("create", "contacts"), contacts);
  EXPECT_EQ(done("create", "companies"), companies);
  EXPECT_EQ(done("create", "notes"), notes);
  // Each contact with its company once, each note with contact and company.
  EXPECT_EQ(done("associate", "contacts") + done("associate", "companies"), contacts);
  EXPECT_EQ(done("associate", "notes"), 2 * notes);
  EXPECT_LE(static_cast<double>(calls), 1.05 * static_cast<double>(fewest));
  EXPECT_LE(in_seconds(took), 1.1 * static_cast<double>(calls) / kCallsPerSecond);
  EXPECT_EQ(refused_for_quota(), 0);
}

TEST_F(Load, AnUrgentTicketDoesNotWaitForTheBacklog) {  // KU-12
  const int64_t contacts = scaled(20'000);
  people(contacts, contacts / 10);
  world.transport.latency = millis(40);
  Micros escalated;
  std::vector<double> waits;
  int64_t tickets = 0;
  size_t next = 10;
  send_all([&] {
    if (escalated == Micros{} && world.transport.calls.size() >= next && tickets < 5) {
      // Somebody of whom nothing was sent yet.
      const int64_t user = contacts - 1 - tickets * 7;
      const std::string chat = fmt::format("urgent-{}", tickets);
      world.say(fmt::format("u{}", user), chat, "I want a person");
      world.track(fmt::format("u{}", user), "conversation.escalated",
                  Json::object().set("conversation_id", chat).set("reason", "asked"));
      escalated = world.clock.now();
      next = world.transport.calls.size() + 10;
    }
    if (escalated > Micros{} && done("create", "tickets") > tickets) {
      waits.push_back(in_seconds(world.clock.now() - escalated));
      ++tickets;
      escalated = {};
    }
  });
  ASSERT_EQ(waits.size(), 5u);
  for (double wait : waits) {
    fmt::print("urgent ticket after {:.3f} s\n", wait);
    EXPECT_LE(wait, 1.0);
  }
  EXPECT_EQ(refused_for_quota(), 0);
}

}  // namespace
}  // namespace rapport::connect
