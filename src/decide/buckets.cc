#include "decide/buckets.h"

#include <algorithm>

namespace rapport::decide {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 86400;
constexpr int64_t kSecond = 1'000'000;

int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Hours of UTC, moved by what the zone is ahead beyond whole hours. So hours that are skipped have
// no number, and hours shown twice have two.
int64_t hour_of(const expr::Zone& zone, int64_t utc) {
  const int64_t ahead = zone.offset(utc);
  return floor_div(utc + ahead - floor_div(ahead, kHour) * kHour, kHour);
}

int64_t day_of(const expr::Zone& zone, int64_t utc) {
  const int64_t local = utc + zone.offset(utc);
  int64_t day = floor_div(local, kDay);
  // Clocks turned back over midnight show the day before once more.
  while (zone.to_utc((day + 1) * kDay) <= utc) ++day;
  return day;
}

// The first second of an hour: where the clocks are turned nearby, searched for.
int64_t start_of_hour(const expr::Zone& zone, int64_t hour) {
  int64_t before = (hour - 1) * kHour - 1;  // of an hour before for any zone
  int64_t after = (hour + 2) * kHour;       // of this hour or of one after
  const int64_t ahead = zone.offset(before);
  const int64_t guess = hour * kHour - (ahead - floor_div(ahead, kHour) * kHour);
  if (zone.offset(after) == ahead) return guess;
  while (after - before > 1) {
    const int64_t middle = before + (after - before) / 2;
    (hour_of(zone, middle) < hour ? before : after) = middle;
  }
  return after;
}

}  // namespace

int64_t bucket_of(Grain grain, const expr::Zone& zone, Micros at) {
  const Micros near = std::clamp(at, Micros{-kFarthest.value}, kFarthest);
  const int64_t utc = floor_div(near.value, kSecond);
  return grain == Grain::kDay ? day_of(zone, utc) : hour_of(zone, utc);
}

Micros start_of(Grain grain, const expr::Zone& zone, int64_t bucket) {
  const int64_t utc =
      grain == Grain::kDay ? zone.to_utc(bucket * kDay) : start_of_hour(zone, bucket);
  return seconds(utc);
}

}  // namespace rapport::decide
