// Clocks against a walk through every minute: random hours, holidays, pauses and zones, most of
// them across a change of the clocks.
//   RAPPORT_SEEDS=100000 decide_test --gtest_filter=SlaOracle*
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "decide/read_sla.h"
#include "decide/sla_explain.h"

namespace rapport::decide {
namespace {

using Random = std::mt19937_64;
int64_t below(Random& random, int64_t limit) {
  return static_cast<int64_t>(random() % static_cast<uint64_t>(limit));
}

const expr::Zones& zones() {
  static const auto all = expr::open_system_zones().value();
  return *all;
}

constexpr int64_t kMinute = 60, kDayMinutes = 1440;
using Hours = std::vector<std::pair<int64_t, int64_t>>;  // minutes of the day

// One case: what the hours are and what happens, in minutes since 1970.
struct World {
  std::string zone;
  Hours week[7];  // from Sunday
  std::map<int64_t, Hours> dates;
  int64_t start = 0;
  int64_t budget = 0;        // minutes
  int64_t later_budget = 0;  // minutes, from `change` on
  int64_t change = 0;
  std::vector<int64_t> turns;  // pauses and goes on in turn
  int64_t end = 0;
};

// Goes through the minutes with nothing but the zone's offset. A window is open from the minute the
// clocks first show its beginning, or skip it, to the minute they first show its end: so it is
// the latest time ever shown that counts.
class Walk {
 public:
  explicit Walk(const World& world) : world_(world), zone_(*zones().find(world.zone)) {
    for (int64_t minute = world.start - 2 * kDayMinutes; minute < world.start; ++minute)
      show(minute);
  }
  bool is_open(int64_t minute) {
    show(minute);
    const int64_t day = shown_ / kDayMinutes;
    const auto date = world_.dates.find(day);
    const Hours& hours = date == world_.dates.end() ? world_.week[(day + 4) % 7] : date->second;
    for (const auto& [from, to] : hours)
      if (from <= shown_ % kDayMinutes && shown_ % kDayMinutes < to) return true;
    return false;
  }

 private:
  void show(int64_t minute) {
    if (minute % 15 == 0 || !known_) offset_ = zone_.offset(minute * kMinute) / kMinute;
    known_ = true;
    shown_ = std::max(shown_, minute + offset_);
  }
  const World& world_;
  const expr::Zone& zone_;
  bool known_ = false;
  int64_t offset_ = 0, shown_ = 0;
};

struct Outcome {
  std::vector<bool> counted;  // by minute from the start
  int64_t used = 0;
  std::optional<int64_t> warned, breached;
  bool paused = false;
};

Outcome walk(const World& world) {
  Walk clocks(world);
  Outcome outcome;
  size_t turn = 0;
  int64_t budget = world.budget;
  bool has_warned = false;
  for (int64_t minute = world.start; minute < world.end; ++minute) {
    for (; turn < world.turns.size() && world.turns[turn] == minute; ++turn)
      outcome.paused = !outcome.paused;
    if (minute == world.change) {
      budget = world.later_budget;
      const bool is_spent = outcome.used >= budget, is_near = outcome.used * 100 >= budget * 75;
      if (is_near && !is_spent && !has_warned) outcome.warned = minute;
      has_warned = is_near;  // or is left out
      if (is_spent && !outcome.breached) outcome.breached = minute;
    }
    const bool counts = clocks.is_open(minute) && !outcome.paused;
    outcome.counted.push_back(counts);
    outcome.used += counts ? 1 : 0;
    if (!has_warned && outcome.used * 100 >= budget * 75) {
      outcome.warned = minute + 1;
      has_warned = true;
    }
    if (!outcome.breached && outcome.used >= budget) outcome.breached = minute + 1;
  }
  return outcome;
}

Hours random_hours(Random& random) {
  Hours hours;
  int64_t at = below(random, 2) == 0 ? below(random, 200) : 15 * below(random, 40);
  for (int64_t n = below(random, 4); n > 0 && at < kDayMinutes; --n) {
    const int64_t to =
        std::min(kDayMinutes, at + 1 + below(random, below(random, 2) == 0 ? 120 : 600));
    hours.emplace_back(at, to);
    at = to + below(random, 120);
  }
  return hours;
}

World random_world(Random& random) {
  constexpr const char* kZones[] = {"Europe/Berlin",     "America/New_York",  "Australia/Lord_Howe",
                                    "America/Sao_Paulo", "Asia/Kolkata",      "America/Havana",
                                    "Pacific/Apia",      "Africa/Casablanca", "Asia/Tehran"};
  constexpr int64_t kYears2011To2030 = 15340 - 365;
  World world;
  world.zone = kZones[below(random, std::size(kZones))];
  for (Hours& day : world.week) day = random_hours(random);
  if (below(random, 20) == 0)
    for (Hours& day : world.week) day = {{0, kDayMinutes}};
  world.week[1].emplace_back(23 * 60 + 50, kDayMinutes);  // open at some time
  while (world.week[1].size() > 1 && world.week[1][world.week[1].size() - 2].second > 23 * 60 + 50)
    world.week[1].erase(world.week[1].end() - 2);
  const expr::Zone& zone = *zones().find(world.zone);
  int64_t day = kYears2011To2030 + below(random, 19 * 365);
  // Three of four begin within the two weeks before the clocks change, where they do.
  for (int64_t tries = 0; tries < 220 && below(random, 4) > 0; ++tries, ++day)
    if (zone.offset(day * 86400) != zone.offset((day + 2) * 86400)) break;
  world.start = (day - below(random, 5)) * kDayMinutes + below(random, kDayMinutes);
  for (int64_t n = below(random, 4); n > 0; --n)
    world.dates[day + below(random, 12) - 3] = random_hours(random);
  world.budget = 20 * (1 + below(random, 200));
  world.later_budget = 20 * (1 + below(random, 200));
  int64_t at = world.start;
  for (int64_t n = below(random, 8); n > 0; --n) {
    at += below(random, 1500);
    world.turns.push_back(at);
  }
  world.end = at + 1 + below(random, 10 * kDayMinutes);
  world.change = below(random, 3) == 0 ? world.start + below(random, world.end - world.start) : -1;
  if (world.change < 0) world.later_budget = world.budget;
  return world;
}

std::string hours_text(const Hours& hours) {
  std::string text;
  for (const auto& [from, to] : hours)
    text += fmt::format("{}{:02}:{:02}-{:02}:{:02}", text.empty() ? "" : ", ", from / 60, from % 60,
                        to / 60, to % 60);
  return text.empty() ? "closed" : text;
}

std::string date_text(int64_t day) {
  return format_time(days(day)).substr(0, 10);
}

std::string document(const World& world) {
  constexpr const char* kDays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  std::string text = fmt::format("calendars:\n  office:\n    zone: {}\n    hours:\n", world.zone);
  for (size_t day = 0; day < 7; ++day)
    text += fmt::format("      {}: \"{}\"\n", kDays[day], hours_text(world.week[day]));
  if (!world.dates.empty()) text += "    holidays:\n";
  for (const auto& [day, hours] : world.dates)
    text += fmt::format("      - {{date: {}, hours: \"{}\"}}\n", date_text(day), hours_text(hours));
  text += "sla:\n";
  for (const auto& [name, budget] : {std::pair("p", world.budget), {"q", world.later_budget}})
    text += fmt::format(
        "  - {{policy: {}, of: ticket, start: by_rules, calendar: office, warn_at: "
        "75, targets: {{resolution: {}m}}}}\n",
        name, budget);
  return text;
}

Micros instant(int64_t minute) {
  return seconds(minute * kMinute);
}

// What the segments say of each minute.
std::vector<bool> minutes_of(const SlaExplanation& told, const World& world) {
  std::vector<bool> counted(static_cast<size_t>(world.end - world.start));
  for (const SlaSegment& segment : told.segments) {
    if (segment.open == Micros{}) continue;
    for (Micros at = segment.from; at < segment.to && at < instant(world.end); at = at + minutes(1))
      counted[static_cast<size_t>((at - instant(world.start)).value / minutes(1).value)] = true;
  }
  return counted;
}

struct Run {
  SlaClock clock;
  Micros due_at;  // as told before the end
};

// The clock under "p", then under "q".
class Runner {
 public:
  Runner(const World& world, const SlaDefinitions& sla)
      : world_(world),
        p_(*sla.terms("p")),
        q_(*sla.terms("q")),
        clock_(start(p_, SlaTarget::kResolution, instant(world.start), "opened")) {}

  Run run() {
    bool paused = false;
    for (const int64_t turn : world_.turns) {
      change_before(turn + 1);
      const SlaTerms& terms = step(turn);
      if (!paused) pause(clock_, terms, instant(turn), "awaited");
      if (paused) resume(clock_, terms, instant(turn));
      paused = !paused;
    }
    change_before(world_.end);
    const Micros due_at = clock_.due_at.value_or(Micros{});
    step(world_.end);
    return {clock_, due_at};
  }
  const SlaTerms& terms() const { return clock_.policy == "p" ? p_ : q_; }

 private:
  // As a restart would, and a timer.
  const SlaTerms& step(int64_t minute) {
    clock_ = sla_clock_from(to_json(clock_)).value();
    fire(clock_, terms(), instant(minute));
    return terms();
  }
  void change_before(int64_t minute) {
    if (world_.change < 0 || world_.change >= minute || clock_.policy == "q") return;
    step(world_.change);
    change(clock_, p_, q_, instant(world_.change));
    fire(clock_, q_, instant(world_.change));
  }

  const World& world_;
  const SlaTerms p_, q_;
  SlaClock clock_;
};

std::optional<Micros> instant(const std::optional<int64_t>& minute) {
  return minute ? std::optional(instant(*minute)) : std::nullopt;
}

std::string difference(const World& world, const SlaDefinitions& sla) {
  const Outcome expected = walk(world);
  Runner runner(world, sla);
  const auto [clock, due_at] = runner.run();
  const SlaTerms& terms = runner.terms();
  const Micros now = instant(world.end), used = used_at(clock, terms, now);
  if (used != minutes(expected.used))
    return fmt::format("used {} min, walked {}", used.value / 60000000, expected.used);
  if (clock.breached_at != instant(expected.breached)) return "another breach";
  if (clock.warned_at != instant(expected.warned)) return "another warning";
  if (expected.breached && due_at != instant(*expected.breached)) return "another deadline";
  const SlaExplanation told = explain(clock, terms, now);
  if (told.left != clock.budget - used) return "another time left";
  if (minutes_of(told, world) != expected.counted) return "other segments";
  const bool lies_ahead = clock.due_at && !clock.breached_at;
  if (told.counted != (lies_ahead ? clock.budget : std::min(used, clock.budget)))
    return "segments do not add up";
  return "";
}

TEST(SlaOracle, FindsNoDifferenceToAWalkThroughEveryMinute) {  // CO-60, CO-61
  const char* text = std::getenv("RAPPORT_SEEDS");
  const int64_t seeds = text == nullptr ? 10'000 : std::atoll(text);
  int64_t breached = 0, paused = 0;
  for (int64_t seed = 0; seed < seeds; ++seed) {
    Random random(static_cast<uint64_t>(seed));
    const World world = random_world(random);
    const std::string source = document(world);
    const auto yaml = parse_yaml(source, "pack.yaml");
    ASSERT_TRUE(yaml.ok()) << source;
    YamlDocument read{.name = "pack.yaml"};
    const auto sla = read_sla(yaml->find("calendars"), yaml->find("sla"), "UTC", &zones(), read);
    ASSERT_FALSE(read.error) << read.error->message << "\n" << source;
    const std::string wrong = difference(world, sla);
    ASSERT_EQ(wrong, "") << "seed " << seed << " from " << format_time(instant(world.start)) << "\n"
                         << source;
    const Outcome outcome = walk(world);
    breached += outcome.breached ? 1 : 0;
    paused += outcome.paused ? 1 : 0;
  }
  EXPECT_GT(breached, seeds / 5);  // the cases are not all of one kind
  EXPECT_LT(breached, seeds);
  EXPECT_GT(paused, seeds / 5);
}

}  // namespace
}  // namespace rapport::decide
