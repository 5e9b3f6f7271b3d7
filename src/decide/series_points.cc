#include "decide/series_points.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "decide/buckets.h"
#include "decide/series_text.h"
#include "expr/functions/money.h"

namespace rapport::decide {
namespace {

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// "#2s" a number, "EURrs" money, "=percent-encoded" a text; empty: nothing to keep.
std::string written(const Given& value) {
  std::string out;
  if (const auto* number = std::get_if<Decimal>(&value)) {
    out = "#";
    append_base36(out, number->millionths);
  } else if (const auto* money = std::get_if<expr::Money>(&value)) {
    if (!is_currency(money->currency)) return out;
    out = expr::currency_letters(money->currency);
    append_base36(out, money->minor);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    out = "=" + percent_encode(cut_utf8(*text, PointSeries::kMostText));
  }
  return out;
}

std::optional<Reading> reading_of(std::string_view value) {
  Reading reading{.sample = 1};
  if (value.starts_with('=')) {
    auto text = percent_decode(value.substr(1));
    if (!text || text->size() > PointSeries::kMostText || percent_encode(*text) != value.substr(1))
      return std::nullopt;
    reading.kind = Reading::Kind::kText;
    reading.text = std::move(*text);
    return reading;
  }
  reading.kind = value.starts_with('#') ? Reading::Kind::kDecimal : Reading::Kind::kMoney;
  const size_t letters = reading.kind == Reading::Kind::kDecimal ? 1 : 3;
  if (letters == 3) reading.currency = expr::pack_currency(value.substr(0, 3));
  if (letters == 3 && reading.currency == 0) return std::nullopt;
  SeriesReader reader(value.substr(letters));
  reading.amount = reader.base36(kLeast, kMost);
  if (reader.failed() || !reader.done()) return std::nullopt;
  return reading;
}

}  // namespace

PointSeries::PointSeries(const Metric& metric)
    : figure_(metric.figure), window_(metric.buckets), unit_(metric.unit), until_(metric.until) {}

bool PointSeries::precedes(const Point& a, const Point& b) const {
  return figure_ == Figure::kFirst ? a.at < b.at : a.at > b.at;
}

void PointSeries::put(Point point, bool wins_ties) {
  auto found = points_.begin();  // of all but first there is one at most
  if (figure_ == Figure::kFirst)
    found = std::lower_bound(points_.begin(), points_.end(), point.bucket,
                             [](const Point& p, int64_t bucket) { return p.bucket < bucket; });
  const bool shared =
      found != points_.end() && (figure_ != Figure::kFirst || found->bucket == point.bucket);
  if (!shared) {
    points_.insert(found, std::move(point));
  } else if (precedes(point, *found) || (wins_ties && point.at == found->at)) {
    *found = std::move(point);
  }
}

void PointSeries::drop_old() {
  if (window_ == 0 || points_.empty()) return;
  const int64_t oldest = points_.back().bucket - window_ - 1;
  std::erase_if(points_, [&](const Point& point) { return point.bucket <= oldest; });
}

Added PointSeries::add(int64_t bucket, Micros at, const Given& value) {
  Point point{bucket, at.value, figure_ == Figure::kSince ? std::string() : written(value)};
  if (figure_ != Figure::kSince && point.value.empty()) return Added::kUnfit;
  if (window_ != 0 && !points_.empty() && bucket <= points_.back().bucket - window_ - 1)
    return Added::kTooLate;
  put(std::move(point), figure_ != Figure::kFirst);
  drop_old();
  return Added::kYes;
}

int64_t PointSeries::age_in_units(Micros now) const {
  const int64_t age = std::max<int64_t>(now.value - points_.back().at, 0);
  return std::min(age, until_.value) / unit_.value;
}

Reading PointSeries::value(int64_t bucket, Micros now) const {
  for (const Point& point : points_) {
    if (window_ != 0 && point.bucket <= bucket - window_) continue;
    if (figure_ == Figure::kSince)
      return {.kind = Reading::Kind::kInt, .amount = age_in_units(now), .sample = 1};
    return reading_of(point.value).value_or(Reading{});
  }
  return {.absence = Absence::kNoEvents};
}

std::optional<int64_t> PointSeries::next_change(int64_t bucket) const {
  if (window_ == 0) return std::nullopt;
  for (const Point& point : points_)
    if (point.bucket + window_ > bucket) return point.bucket + window_;
  return std::nullopt;
}

std::optional<Micros> PointSeries::next_unit(Micros now) const {
  if (figure_ != Figure::kSince || points_.empty()) return std::nullopt;
  const int64_t next = (age_in_units(now) + 1) * unit_.value;
  if (next > until_.value) return std::nullopt;
  return Micros{points_.back().at + next};
}

void PointSeries::merge(const PointSeries& other) {
  for (const Point& point : other.points_) {
    const auto same = std::find_if(points_.begin(), points_.end(), [&](const Point& ours) {
      return ours.bucket == point.bucket && ours.at == point.at;
    });
    const bool greater = same != points_.end() && point.value > same->value;
    put(point, greater == (figure_ != Figure::kFirst));
  }
  drop_old();
}

// Points by ',', each "bucket.at" and its value.
std::string PointSeries::text() const {
  std::string out;
  for (const Point& point : points_) {
    if (!out.empty()) out += ',';
    append_base36(out, point.bucket);
    out += '.';
    append_base36(out, point.at);
    if (!point.value.empty()) out += '.' + point.value;
  }
  return out;
}

Result<PointSeries> PointSeries::read(const Metric& metric, std::string_view text) {
  PointSeries series(metric);
  SeriesReader reader(text);
  while (!reader.done()) {
    Point point;
    if (!series.points_.empty()) reader.expect(',');
    point.bucket = reader.base36(-farthest_bucket(metric), farthest_bucket(metric));
    reader.expect('.');
    point.at = reader.base36(-kFarthest.value, kFarthest.value);
    if (metric.figure != Figure::kSince) {
      reader.expect('.');
      point.value = reader.until(',');
      if (!reading_of(point.value)) reader.fail();
    }
    if (!series.points_.empty() &&
        (metric.figure != Figure::kFirst || series.points_.back().bucket >= point.bucket))
      reader.fail();
    series.points_.push_back(std::move(point));
  }
  const size_t before = series.points_.size();
  series.drop_old();
  if (reader.failed() || series.points_.size() != before) return corrupt("not the text of points");
  return series;
}

}  // namespace rapport::decide
