#include "decide/series_cells.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "decide/buckets.h"
#include "decide/series_text.h"
#include "expr/functions/money.h"

namespace rapport::decide {
namespace {

constexpr int64_t kMostEvents = int64_t{1} << 53;  // per cell
constexpr int64_t kAlways = std::numeric_limits<int64_t>::max() / 4;

}  // namespace

CellSeries::CellSeries(const Metric& metric)
    : figure_(metric.figure),
      window_(metric.buckets),
      kept_(window_ == 0 ? kAlways : (figure_ == Figure::kChange ? 2 : 1) * window_ + 1),
      farthest_(farthest_bucket(metric)) {}

int64_t CellSeries::newest() const {
  int64_t newest = tracks_.front().cells.front().bucket;
  for (const Track& track : tracks_) newest = std::max(newest, track.cells.front().bucket);
  return newest;
}

bool CellSeries::too_late(int64_t bucket) const {
  return !tracks_.empty() && bucket <= newest() - kept_;
}

CellSeries::Track& CellSeries::track(uint32_t unit) {
  const auto at = [&](uint32_t wanted) {
    return std::lower_bound(tracks_.begin(), tracks_.end(), wanted,
                            [](const Track& track, uint32_t u) { return track.unit < u; });
  };
  auto found = at(unit);
  if (found != tracks_.end() && found->unit == unit) return *found;
  if (tracks_.size() >= kMostUnits) {
    unit = kOthers;
    found = at(unit);
    if (found != tracks_.end()) return *found;
  }
  return *tracks_.insert(found, Track{unit});
}

void CellSeries::combine(Cell& into, const Cell& cell) const {
  into.events = std::min(into.events + cell.events, kMostEvents);
  into.saturated |= cell.saturated;
  if (figure_ == Figure::kMin) {
    into.amount = std::min(into.amount, cell.amount);
  } else if (figure_ == Figure::kMax) {
    into.amount = std::max(into.amount, cell.amount);
  } else {
    into.amount = saturate(static_cast<__int128>(into.amount) + cell.amount, into.saturated);
  }
}

void CellSeries::put(uint32_t unit, Cell cell) {
  Track& into = track(unit);
  if (into.unit == kOthers) cell.amount = 0;
  const auto found =
      std::lower_bound(into.cells.begin(), into.cells.end(), cell.bucket,
                       [](const Cell& c, int64_t bucket) { return c.bucket > bucket; });
  if (found != into.cells.end() && found->bucket == cell.bucket) {
    combine(*found, cell);
    return;
  }
  into.cells.insert(found, cell);
}

void CellSeries::drop_old() {
  if (tracks_.empty()) return;
  const int64_t oldest = newest() - kept_;
  for (Track& track : tracks_)
    while (!track.cells.empty() && track.cells.back().bucket <= oldest) track.cells.pop_back();
  std::erase_if(tracks_, [](const Track& track) { return track.cells.empty(); });
}

Added CellSeries::add(int64_t bucket, const Given& value) {
  uint32_t unit = kCounted;
  Cell cell{bucket, 1};
  if (has_amount()) {
    if (const auto* number = std::get_if<Decimal>(&value)) {
      unit = kNumber;
      cell.amount = number->millionths;
    } else if (const auto* money = std::get_if<expr::Money>(&value)) {
      if (!is_currency(money->currency)) return Added::kUnfit;
      unit = money->currency;
      cell.amount = money->minor;
    } else {
      return Added::kUnfit;
    }
  }
  if (too_late(bucket)) return Added::kTooLate;
  put(unit, cell);
  drop_old();
  return Added::kYes;
}

CellSeries::Total CellSeries::total(const Track& track, int64_t after, int64_t last) const {
  Total total;
  for (const Cell& cell : track.cells) {
    if (cell.bucket > last) continue;
    if (cell.bucket <= after) break;
    const bool first = total.events == 0;
    total.events += cell.events;
    total.saturated |= cell.saturated;
    if (figure_ == Figure::kMin) {
      total.amount = first ? cell.amount : std::min<__int128>(total.amount, cell.amount);
    } else if (figure_ == Figure::kMax) {
      total.amount = first ? cell.amount : std::max<__int128>(total.amount, cell.amount);
    } else {
      total.amount += cell.amount;
    }
  }
  return total;
}

Reading CellSeries::figure(uint32_t unit, const Total& total) const {
  Reading reading{.sample = total.events, .saturated = total.saturated};
  if (figure_ == Figure::kCount) {
    reading.kind = Reading::Kind::kInt;
    reading.amount = total.events;
    return reading;
  }
  if (unit == kOthers) {
    reading.absence = Absence::kSeveralUnits;
    return reading;
  }
  reading.kind = unit == kNumber ? Reading::Kind::kDecimal : Reading::Kind::kMoney;
  reading.currency = unit == kNumber ? 0 : unit;
  reading.amount = figure_ == Figure::kAverage ? divide(total.amount, total.events)
                                               : saturate(total.amount, reading.saturated);
  return reading;
}

Reading CellSeries::change(int64_t now) const {
  Total current, before;
  for (const Track& track : tracks_) {
    current = total(track, now - window_, kAlways);
    before = total(track, now - 2 * window_, now - window_);
  }
  Reading reading{.sample = current.events + before.events};
  if (before.events == 0) {
    reading.absence = Absence::kNothingToCompare;
    return reading;
  }
  reading.kind = Reading::Kind::kDecimal;
  const auto more = static_cast<__int128>(current.events) - before.events;
  reading.amount = divide(more * 1'000'000, before.events);
  return reading;
}

Reading CellSeries::value(int64_t now) const {
  if (figure_ == Figure::kChange) return change(now);
  const int64_t after = window_ == 0 ? -kAlways : now - window_;
  Reading reading{.absence = Absence::kNoEvents};
  if (figure_ == Figure::kCount) reading = {.kind = Reading::Kind::kInt};
  int64_t events = 0;
  for (const Track& track : tracks_) {
    const Total sum = total(track, after, kAlways);
    if (sum.events == 0) continue;
    reading = events == 0 ? figure(track.unit, sum) : Reading{.absence = Absence::kSeveralUnits};
    events += sum.events;
    reading.sample = events;
  }
  return reading;
}

std::optional<int64_t> CellSeries::next_change(int64_t now) const {
  std::optional<int64_t> next;
  if (window_ == 0) return next;
  const int windows = figure_ == Figure::kChange ? 2 : 1;
  for (const Track& track : tracks_)
    for (const Cell& cell : track.cells)
      for (int i = 1; i <= windows; ++i) {
        const int64_t leaves = cell.bucket + i * window_;
        if (leaves > now && leaves < next.value_or(kAlways)) next = leaves;
      }
  return next;
}

void CellSeries::merge(const CellSeries& other) {
  for (const Track& track : other.tracks_)
    for (const Cell& cell : track.cells) put(track.unit, cell);
  drop_old();
}

void CellSeries::subtract(const CellSeries& other) {
  for (const Track& theirs : other.tracks_)
    for (Track& ours : tracks_) {
      if (ours.unit != theirs.unit) continue;
      for (Cell& cell : ours.cells)
        for (const Cell& less : theirs.cells) {
          if (cell.bucket != less.bucket) continue;
          cell.events -= less.events;
          cell.saturated |= less.saturated;
          cell.amount = saturate(static_cast<__int128>(cell.amount) - less.amount, cell.saturated);
        }
      std::erase_if(ours.cells, [](const Cell& cell) { return cell.events <= 0; });
    }
  std::erase_if(tracks_, [](const Track& track) { return track.cells.empty(); });
}

// Tracks by ';', each its unit, its newest bucket, ':' and its cells by ','. A cell is "[gap_]n" or
// "[gap_]n/amount[!]": `gap` buckets without events lie between it and the one before.
std::string CellSeries::text() const {
  std::string out;
  if (!tracks_.empty()) out.reserve(tracks_.size() * 16 + tracks_[0].cells.size() * 12);
  for (const Track& track : tracks_) {
    if (!out.empty()) out += ';';
    if (track.unit == kNumber) out += '#';
    if (track.unit == kOthers) out += '*';
    if (track.unit > kNumber && track.unit != kOthers) out += expr::currency_letters(track.unit);
    int64_t expected = track.cells.front().bucket;
    append_base36(out, expected);
    for (const Cell& cell : track.cells) {
      out += &cell == &track.cells.front() ? ':' : ',';
      if (cell.bucket != expected) {
        append_base36(out, expected - cell.bucket);
        out += '_';
      }
      expected = cell.bucket - 1;
      append_base36(out, cell.events);
      if (!has_amount()) continue;
      out += '/';
      append_base36(out, cell.amount);
      if (cell.saturated) out += '!';
    }
  }
  return out;
}

std::optional<uint32_t> CellSeries::read_unit(std::string_view& text) {
  const auto cut = [&](size_t letters, uint32_t unit) {
    text.remove_prefix(letters);
    return unit;
  };
  if (text.starts_with('#')) return cut(1, kNumber);
  if (text.starts_with('*')) return cut(1, kOthers);
  const uint32_t currency = expr::pack_currency(text.substr(0, 3));
  return currency == 0 ? std::nullopt : std::optional(cut(3, currency));
}

bool CellSeries::read_track(std::string_view text) {
  Track track;
  if (has_amount()) {
    const auto unit = read_unit(text);
    if (!unit) return false;
    track.unit = *unit;
  }
  if (!tracks_.empty() && tracks_.back().unit >= track.unit) return false;
  SeriesReader reader(text);
  track.cells.reserve(static_cast<size_t>(std::count(text.begin(), text.end(), ',')) + 2);
  int64_t bucket = reader.base36(-farthest_, farthest_);
  for (char before = ':'; !reader.failed() && (before == ':' || !reader.done()); before = ',') {
    reader.expect(before);
    Cell cell{bucket};
    cell.events = reader.base36(1, kMostEvents);
    if (reader.next_is('_') && before == ',') {
      reader.expect('_');
      cell.bucket -= cell.events;
      cell.events = reader.base36(1, kMostEvents);
    }
    if (has_amount()) {
      reader.expect('/');
      cell.amount =
          reader.base36(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
      cell.saturated = reader.take('!');
    }
    if (cell.bucket < -farthest_) reader.fail();
    bucket = cell.bucket - 1;
    track.cells.push_back(cell);
  }
  tracks_.push_back(std::move(track));
  return !reader.failed();
}

Result<CellSeries> CellSeries::read(const Metric& metric, std::string_view text) {
  CellSeries series(metric);
  while (!text.empty()) {
    const std::string_view track = text.substr(0, text.find(';'));
    text.remove_prefix(track.size());
    bool good = series.read_track(track) && series.tracks_.size() <= kMostUnits + 1;
    if (good && text.starts_with(';')) {
      text.remove_prefix(1);
      good = !text.empty();
    }
    if (!good) return corrupt("not the text of cells");
  }
  for (const Track& track : series.tracks_)
    if (series.too_late(track.cells.back().bucket)) return corrupt("a bucket outside the window");
  return series;
}

}  // namespace rapport::decide
