// Random sequences of events, late ones and merges too, against an oracle that keeps every event.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <random>
#include <set>

#include "decide/series.h"

namespace rapport::decide {

static void PrintTo(const Reading& reading, std::ostream* out) {
  *out << "kind " << static_cast<int>(reading.kind) << " amount " << reading.amount << " currency "
       << reading.currency << " text '" << reading.text << "' " << reason(reading.absence)
       << " sample " << reading.sample << (reading.estimate ? " estimate" : "")
       << (reading.saturated ? " saturated" : "");
}

namespace {

struct Event {
  Micros at;
  std::variant<std::monostate, Decimal, expr::Money, std::string> value;
};

Given given(const Event& event) {
  return std::visit([](const auto& value) { return Given(value); }, event.value);
}

const expr::Zone& zone(std::string_view name) {
  static const std::unique_ptr<const expr::Zones> zones = expr::open_system_zones().value();
  return *zones->find(name);
}

int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Buckets found by looking at the zone's clocks every 15 minutes.
class Clocks {
 public:
  Clocks(const expr::Zone& zone, Grain grain, Micros from, Micros to) {
    const int64_t width = grain == Grain::kDay ? 86400 : 3600;
    int64_t before = INT64_MIN;
    for (int64_t utc = from.value / 900'000'000 * 900; utc < to.value / 1'000'000; utc += 900) {
      const int64_t local = utc + zone.offset(utc);
      const bool next = before == INT64_MIN ||
                        floor_div(local, width) != floor_div(before, width) ||
                        (grain == Grain::kHour && local < before);
      // What is left of an hour whose beginning was skipped is of the hour before.
      const bool partial = grain == Grain::kHour && local % 3600 != 0 && local > before;
      if (next && !partial) starts_.push_back(seconds(utc));
      before = local;
    }
  }
  int64_t bucket(Micros at) const {
    return std::upper_bound(starts_.begin(), starts_.end(), at) - starts_.begin();
  }

 private:
  std::vector<Micros> starts_;
};

class Oracle {
 public:
  Oracle(const Metric& metric, const Clocks& clocks) : metric_(metric), clocks_(clocks) {}

  Reading value(const std::vector<Event>& all, Micros now) const {
    std::vector<const Event*> in, before;
    for (const Event& event : all) {
      const int64_t age = clocks_.bucket(now) - clocks_.bucket(event.at);
      if (metric_.buckets == 0 || age < metric_.buckets) {
        in.push_back(&event);
      } else if (age < 2 * metric_.buckets) {
        before.push_back(&event);
      }
    }
    const auto n = static_cast<int64_t>(in.size());
    switch (metric_.figure) {
      case Figure::kCount:
        return {.kind = Reading::Kind::kInt, .amount = n, .sample = n};
      case Figure::kChange:
        return change(n, static_cast<int64_t>(before.size()));
      case Figure::kDistinct:
        return distinct(in);
      case Figure::kDailyDistinct:
        return mean_of_days(in);
      case Figure::kFirst:
      case Figure::kLast:
      case Figure::kSince:
        return point(in, now);
      default:
        return amount(in);
    }
  }

 private:
  static Reading change(int64_t n, int64_t before) {
    Reading reading{.sample = n + before};
    reading.absence = before == 0 ? Absence::kNothingToCompare : Absence::kNone;
    if (before == 0) return reading;
    reading.kind = Reading::Kind::kDecimal;
    reading.amount = rounded(static_cast<__int128>(n - before) * 1'000'000, before);
    return reading;
  }
  static int64_t rounded(__int128 a, int64_t b) {
    const __int128 twice = 2 * (a < 0 ? -a : a) + b;
    return static_cast<int64_t>((a < 0 ? -1 : 1) * (twice / (2 * b)));
  }
  static Reading distinct(const std::vector<const Event*>& in) {
    std::set<std::string> values;
    for (const Event* event : in) values.insert(std::get<std::string>(event->value));
    const auto n = static_cast<int64_t>(values.size());
    return {.kind = Reading::Kind::kInt, .amount = n, .sample = n};
  }
  Reading mean_of_days(const std::vector<const Event*>& in) const {
    std::set<std::pair<int64_t, std::string>> values;
    for (const Event* event : in)
      values.emplace(clocks_.bucket(event->at), std::get<std::string>(event->value));
    const auto n = static_cast<int64_t>(values.size());
    return {.kind = Reading::Kind::kDecimal,
            .amount = rounded(static_cast<__int128>(n) * 1'000'000, metric_.buckets),
            .sample = distinct(in).sample};
  }
  Reading point(const std::vector<const Event*>& in, Micros now) const {
    const Event* found = nullptr;
    for (const Event* event : in)
      if (found == nullptr || (metric_.figure == Figure::kFirst) == (event->at < found->at))
        found = event;
    if (found == nullptr) return {.absence = Absence::kNoEvents};
    if (metric_.figure == Figure::kSince) {
      const int64_t age = std::max<int64_t>(0, (now - found->at).value);
      return {
          .kind = Reading::Kind::kInt,
          .amount = std::min(age / metric_.unit.value, metric_.until.value / metric_.unit.value),
          .sample = 1};
    }
    Reading reading = unit_of(*found);
    reading.sample = 1;
    return reading;
  }
  static Reading unit_of(const Event& event) {
    if (const auto* number = std::get_if<Decimal>(&event.value))
      return {.kind = Reading::Kind::kDecimal, .amount = number->millionths};
    if (const auto* money = std::get_if<expr::Money>(&event.value))
      return {.kind = Reading::Kind::kMoney, .amount = money->minor, .currency = money->currency};
    return {.kind = Reading::Kind::kText, .text = std::get<std::string>(event.value)};
  }
  Reading amount(const std::vector<const Event*>& in) const {
    if (in.empty()) return {.absence = Absence::kNoEvents};
    const auto n = static_cast<int64_t>(in.size());
    Reading reading = unit_of(*in[0]);
    __int128 sum = 0;
    for (const Event* event : in) {
      const Reading other = unit_of(*event);
      if (other.kind != reading.kind || other.currency != reading.currency)
        return {.absence = Absence::kSeveralUnits, .sample = n};
      sum += other.amount;
      if (metric_.figure == Figure::kMin) reading.amount = std::min(reading.amount, other.amount);
      if (metric_.figure == Figure::kMax) reading.amount = std::max(reading.amount, other.amount);
    }
    if (metric_.figure == Figure::kSum) reading.amount = static_cast<int64_t>(sum);
    if (metric_.figure == Figure::kAverage) reading.amount = rounded(sum, n);
    reading.sample = n;
    return reading;
  }

  const Metric& metric_;
  const Clocks& clocks_;
};

class Sequence {
 public:
  explicit Sequence(uint64_t seed) : random_(seed) {
    static constexpr Figure kAll[] = {Figure::kCount, Figure::kSum,      Figure::kAverage,
                                      Figure::kMin,   Figure::kMax,      Figure::kFirst,
                                      Figure::kLast,  Figure::kDistinct, Figure::kDailyDistinct,
                                      Figure::kSince, Figure::kChange};
    metric_.figure = kAll[seed % std::size(kAll)];
    const bool day = metric_.figure == Figure::kDailyDistinct || below(2) == 0;
    metric_.grain = day ? Grain::kDay : Grain::kHour;
    metric_.buckets = static_cast<int>(below(8) == 0 ? 1 : 1 + below(40));
    const bool windowed = day && metric_.figure != Figure::kChange;
    if (metric_.figure != Figure::kDailyDistinct && windowed && below(8) == 0) metric_.buckets = 0;
    if (metric_.figure == Figure::kSince) metric_.buckets = 0;
    metric_.unit = below(2) == 0 ? hours(1) : days(1);
    metric_.until = Micros{metric_.unit.value * static_cast<int64_t>(1 + below(20)) + 17};
    static constexpr std::string_view kTurned[][2] = {
        {"America/New_York", "2025-03-09T06:00:00Z"},
        {"America/New_York", "2025-11-02T05:00:00Z"},
        {"Europe/Berlin", "2025-03-30T01:00:00Z"},
        {"Europe/Berlin", "2025-10-26T01:00:00Z"},
        {"Australia/Lord_Howe", "2025-04-05T15:00:00Z"},
        {"Australia/Lord_Howe", "2025-10-04T15:30:00Z"}};
    const auto& turned = kTurned[below(std::size(kTurned))];
    zone_ = &zone(turned[0]);
    grain_ = day ? days(1) : hours(1);
    span_ = Micros{grain_.value * std::max(metric_.buckets, 10)};
    now_ = *parse_time(turned[1]) - part(span_);
    clocks_ =
        std::make_unique<Clocks>(*zone_, metric_.grain, now_ - span_ - span_ - span_ - days(2),
                                 now_ + Micros{span_.value * 12});
  }

  void check() {
    Series ours(metric_), theirs(metric_);
    std::vector<Event> our_events, their_events;
    for (int step = 0; step < 30; ++step) {
      now_ = now_ + part(Micros{span_.value / 5});
      const bool second = below(4) == 0;
      add(second ? theirs : ours, second ? their_events : our_events);
      if (below(10) == 0) join(ours, theirs, our_events, their_events);
      if (below(4) == 0) {
        const std::string text = ours.text();
        auto again = Series::read(metric_, text);
        ASSERT_TRUE(again.ok()) << text;
        ASSERT_EQ(again->text(), text);
        ours = *again;
      }
      ASSERT_NO_FATAL_FAILURE(compare(ours, our_events));
    }
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  Micros part(Micros span) {
    return {static_cast<int64_t>(below(static_cast<uint64_t>(span.value)))};
  }

  void add(Series& series, std::vector<Event>& events) {
    Micros at = now_;
    if (below(4) == 0) at = at - part(below(3) == 0 ? span_ + span_ : grain_ + grain_);
    if (below(10) == 0) at = now_ + part(minutes(10));
    events.push_back({at, {}});
    Event& event = events.back();
    const bool amount = metric_.figure == Figure::kSum || metric_.figure == Figure::kAverage ||
                        metric_.figure == Figure::kMin || metric_.figure == Figure::kMax;
    const bool point = metric_.figure == Figure::kFirst || metric_.figure == Figure::kLast;
    const auto number = static_cast<int64_t>(below(2'000'000)) - 500'000;
    if (amount || point) {
      const uint64_t unit = below(30);
      event.value = Decimal{number};
      if (unit < 2) event.value = expr::Money{number, 'E' | 'U' << 8 | 'R' << 16};
      if (unit == 2) event.value = expr::Money{number, 'U' | 'S' << 8 | 'D' << 16};
      if (point && unit > 20) event.value = "te.xt,\" é" + std::to_string(number);
    } else if (metric_.figure == Figure::kDistinct || metric_.figure == Figure::kDailyDistinct) {
      event.value = "user-" + std::to_string(below(12));
    }
    ASSERT_NE(series.add(*zone_, at, given(event)), Added::kUnfit);
  }

  // One record takes over the events of another, and may have to give them back.
  void join(Series& ours, Series& theirs, std::vector<Event>& our_events,
            std::vector<Event>& their_events) {
    ours.merge(theirs);
    if (can_subtract(metric_.figure) && below(2) == 0) {
      std::vector<Event> both = our_events;
      both.insert(both.end(), their_events.begin(), their_events.end());
      ASSERT_NO_FATAL_FAILURE(compare(ours, both));
      ASSERT_TRUE(ours.subtract(theirs).ok());
      return;
    }
    our_events.insert(our_events.end(), their_events.begin(), their_events.end());
    their_events.clear();
    theirs = Series(metric_);
  }

  void compare(const Series& series, const std::vector<Event>& events) {
    const Oracle oracle(metric_, *clocks_);
    const Reading expected = oracle.value(events, now_);
    const auto told = [&] {
      return std::string(name(metric_.figure)) + " of " + std::to_string(metric_.buckets) + " at " +
             format_time_micros(now_) + ": " + series.text();
    };
    ASSERT_EQ(series.value(*zone_, now_), expected) << told();
    const auto next = series.next_change(*zone_, now_);
    if (next) {
      ASSERT_GT(*next, now_) << told();
      ASSERT_EQ(series.value(*zone_, *next), oracle.value(events, *next)) << told();
    }
    const Micros end = next.value_or(now_ + span_ + span_ + span_);
    ASSERT_EQ(oracle.value(events, end - Micros{1}), expected) << told() << format_time(end);
    for (int i = 0; i < 3; ++i)
      ASSERT_EQ(oracle.value(events, now_ + part(end - now_)), expected) << told();
  }

  std::mt19937_64 random_;
  Metric metric_{.name = "m", .of = "account", .on = {"a"}};
  const expr::Zone* zone_ = nullptr;
  Micros grain_, span_, now_;
  std::unique_ptr<Clocks> clocks_;
};

TEST(SeriesProperty, EqualsAnOracleThatKeepsAllEvents) {  // CS-44, CS-48
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Sequence sequence(seed);
    sequence.check();
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace rapport::decide
