#include "decide/series_distinct.h"

#include <algorithm>
#include <limits>

#include "base/crypto.h"
#include "decide/buckets.h"
#include "decide/series_text.h"
#include "expr/functions/money.h"

namespace rapport::decide {
namespace {

constexpr uint64_t kAll = uint64_t{1} << 48;
constexpr size_t kHashLetters = 8;
constexpr size_t kAgeLetters = 2;
constexpr int64_t kAlways = std::numeric_limits<int64_t>::max() / 4;
constexpr int kMostAges = kMostDailyBuckets + 1;
constexpr size_t kMaskLetters = (kMostAges + 5) / 6;

uint64_t hash_of(std::string_view kind, std::string_view text) {
  const Hash hash = sha256({kind, text});
  uint64_t first = 0;
  for (size_t i = 0; i < 6; ++i) first = first << 8 | hash[i];
  return first;
}

std::optional<uint64_t> hash_of(const Given& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return hash_of("=", *text);
  if (const auto* number = std::get_if<Decimal>(&value))
    return hash_of("#", std::to_string(number->millionths));
  if (const auto* money = std::get_if<expr::Money>(&value); money && is_currency(money->currency))
    return hash_of(expr::currency_letters(money->currency), std::to_string(money->minor));
  return std::nullopt;
}

int first_age(unsigned __int128 ages) {
  const auto low = static_cast<uint64_t>(ages);
  return low != 0 ? __builtin_ctzll(low) : 64 + __builtin_ctzll(static_cast<uint64_t>(ages >> 64));
}

// Calls back with each age of the set, smallest first.
template <class Visit>
void for_each_age(unsigned __int128 ages, Visit visit) {
  for (; ages != 0; ages &= ages - 1) visit(first_age(ages));
}

}  // namespace

DistinctSeries::DistinctSeries(const Metric& metric)
    : figure_(metric.figure),
      window_(metric.buckets),
      kept_(window_ == 0 ? kAlways : window_ + 1) {}

uint64_t DistinctSeries::threshold(int64_t bucket) const {
  const auto cut = cuts_.find(bucket);
  return cut == cuts_.end() ? kAll : cut->second;
}

bool DistinctSeries::occurs(const Member& member) const {
  return daily() ? member.ages != 0 : kept(member.latest);
}

void DistinctSeries::advance(int64_t bucket) {
  if (empty()) newest_ = bucket;
  if (bucket <= newest_) return;
  const int64_t step = bucket - newest_;
  newest_ = bucket;
  if (daily()) {
    const Ages all = (Ages{1} << kept_) - 1;
    for (Member& member : members_) member.ages = step < kept_ ? member.ages << step & all : 0;
  }
  std::erase_if(members_, [&](const Member& member) { return !occurs(member); });
  std::erase_if(cuts_, [&](const auto& cut) { return !kept(cut.first); });
}

void DistinctSeries::see(uint64_t hash, int64_t bucket) {
  if (hash >= threshold(bucket)) return;
  auto found = std::lower_bound(members_.begin(), members_.end(), hash,
                                [](const Member& member, uint64_t h) { return member.hash < h; });
  if (found == members_.end() || found->hash != hash)
    found = members_.insert(found, Member{hash, 0, bucket});
  found->latest = std::max(found->latest, bucket);
  if (daily()) found->ages |= Ages{1} << (newest_ - bucket);
}

Added DistinctSeries::add(int64_t bucket, const Given& value) {
  const auto hash = hash_of(value);
  if (!hash) return Added::kUnfit;
  advance(bucket);
  if (!kept(bucket)) return Added::kTooLate;
  see(*hash, bucket);
  keep_within_room();
  return Added::kYes;
}

int64_t DistinctSeries::fullest() const {
  std::map<int64_t, size_t> sizes;
  for (const Member& member : members_) {
    if (!daily()) ++sizes[member.latest];
    for_each_age(member.ages, [&](int age) { ++sizes[newest_ - age]; });
  }
  return std::max_element(sizes.begin(), sizes.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

void DistinctSeries::drop_cut(Member& member) const {
  if (!daily()) {
    if (member.hash >= threshold(member.latest)) member.latest = newest_ - kept_;
    return;
  }
  for (const auto& [bucket, threshold] : cuts_)
    if (member.hash >= threshold) member.ages &= ~(Ages{1} << (newest_ - bucket));
}

bool DistinctSeries::is_cut(const Member& member) const {
  if (cuts_.empty()) return false;
  Member whole = member;
  drop_cut(whole);
  return whole.ages != member.ages || whole.latest != member.latest;
}

void DistinctSeries::halve(int64_t bucket) {
  std::vector<uint64_t> hashes;
  for (const Member& member : members_)
    if (daily() ? (member.ages >> (newest_ - bucket) & 1) != 0 : member.latest == bucket)
      hashes.push_back(member.hash);
  cuts_[bucket] = hashes[hashes.size() / 2];
}

void DistinctSeries::keep_within_room() {
  if (members_.size() <= kRoom) return;
  while (members_.size() > kEnough) {
    halve(fullest());
    for (Member& member : members_) drop_cut(member);
    std::erase_if(members_, [&](const Member& member) { return !occurs(member); });
  }
}

Reading DistinctSeries::in_window(int64_t now) const {
  const int64_t after = window_ == 0 ? -kAlways : now - window_;
  uint64_t least = kAll;
  for (auto cut = cuts_.upper_bound(after); cut != cuts_.end(); ++cut)
    least = std::min(least, cut->second);
  Reading reading{.kind = Reading::Kind::kInt, .estimate = least < kAll};
  for (const Member& member : members_)
    if (member.latest > after && member.hash < least) ++reading.sample;
  reading.amount =
      divide(static_cast<__int128>(reading.sample) * kAll, static_cast<int64_t>(least));
  return reading;
}

Reading DistinctSeries::mean_of_days(int64_t now) const {
  const int64_t after = now - window_;
  const int64_t ages = std::clamp<int64_t>(newest_ - after, 0, kept_);
  const Ages in_window = (Ages{1} << ages) - 1;
  std::vector<int64_t> sizes(static_cast<size_t>(kept_));
  Reading reading{.kind = Reading::Kind::kDecimal,
                  .estimate = cuts_.upper_bound(after) != cuts_.end()};
  for (const Member& member : members_) {
    if ((member.ages & in_window) != 0) ++reading.sample;
    for_each_age(member.ages & in_window, [&](int age) { ++sizes[static_cast<size_t>(age)]; });
  }
  __int128 total = 0;
  for (int64_t age = 0; age < ages; ++age)
    total += divide(static_cast<__int128>(sizes[static_cast<size_t>(age)]) * 1'000'000 * kAll,
                    static_cast<int64_t>(threshold(newest_ - age)));
  reading.amount = divide(total, window_);
  return reading;
}

Reading DistinctSeries::value(int64_t now) const {
  return daily() ? mean_of_days(now) : in_window(now);
}

std::optional<int64_t> DistinctSeries::next_change(int64_t now) const {
  std::optional<int64_t> next;
  if (window_ == 0) return next;
  const auto leaves = [&](int64_t bucket) {
    const int64_t at = bucket + window_;
    if (at > now && at < next.value_or(kAlways)) next = at;
  };
  Ages ages = 0;
  for (const Member& member : members_) {
    if (!daily()) leaves(member.latest);
    ages |= member.ages;
  }
  for_each_age(ages, [&](int age) { leaves(newest_ - age); });
  for (const auto& [bucket, threshold] : cuts_) leaves(bucket);
  return next;
}

void DistinctSeries::merge(const DistinctSeries& other) {
  if (other.empty()) return;
  advance(other.newest_);
  for (const auto& [bucket, theirs] : other.cuts_)
    if (kept(bucket)) cuts_[bucket] = std::min(theirs, threshold(bucket));
  for (Member& member : members_) drop_cut(member);
  for (const Member& member : other.members_) {
    if (!daily() && kept(member.latest)) see(member.hash, member.latest);
    for_each_age(member.ages, [&](int age) {
      if (kept(other.newest_ - age)) see(member.hash, other.newest_ - age);
    });
  }
  for (Member& member : members_) drop_cut(member);
  std::erase_if(members_, [&](const Member& member) { return !occurs(member); });
  keep_within_room();
}

size_t DistinctSeries::age_letters() const {
  return (static_cast<size_t>(kept_) + 5) / 6;
}

void DistinctSeries::append(std::string& out, const Member& member) const {
  append_base64(out, member.hash, kHashLetters);
  if (!daily()) {
    append_base64(out, static_cast<uint64_t>(newest_ - member.latest), kAgeLetters);
    return;
  }
  for (size_t left = age_letters(); left > 0;) {
    const size_t width = std::min<size_t>(left, 8);
    left -= width;
    append_base64(out, static_cast<uint64_t>(member.ages >> (6 * left)), width);
  }
}

// "newest:age.threshold,…:members": a member is its hash and its age, or the ages it was seen at.
std::string DistinctSeries::text() const {
  std::string out;
  if (empty()) return out;
  append_base36(out, newest_);
  out += ':';
  for (auto cut = cuts_.begin(); cut != cuts_.end(); ++cut) {
    if (cut != cuts_.begin()) out += ',';
    append_base36(out, newest_ - cut->first);
    out += '.';
    append_base64(out, cut->second, kHashLetters);
  }
  out += ':';
  out.reserve(out.size() + members_.size() * (kHashLetters + kMaskLetters));
  for (const Member& member : members_) append(out, member);
  return out;
}

bool DistinctSeries::read_cuts(std::string_view text) {
  SeriesReader reader(text);
  int64_t before = kMostBuckets + 1;
  while (!reader.done()) {
    if (!cuts_.empty()) reader.expect(',');
    const int64_t age = reader.base36(0, std::min(kept_, before) - 1);
    reader.expect('.');
    const uint64_t threshold = reader.base64(kHashLetters);
    if (threshold == 0) reader.fail();
    cuts_[newest_ - age] = threshold;
    before = age;
    if (age == 0) break;
  }
  return !reader.failed() && reader.done();
}

bool DistinctSeries::read_members(std::string_view text) {
  SeriesReader reader(text);
  members_.reserve(std::min(text.size() / (kHashLetters + kAgeLetters) + 1, kRoom + 1));
  while (!reader.done()) {
    Member member{reader.base64(kHashLetters), 0, newest_};
    if (daily()) {
      for (size_t left = age_letters(); left > 0;) {
        const size_t width = std::min<size_t>(left, 8);
        member.ages = member.ages << (6 * width) | reader.base64(width);
        left -= width;
      }
      if (member.ages >> kept_ != 0) reader.fail();
    } else {
      member.latest -= static_cast<int64_t>(reader.base64(kAgeLetters));
    }
    if (!occurs(member) || is_cut(member)) reader.fail();
    if (!members_.empty() && members_.back().hash >= member.hash) reader.fail();
    members_.push_back(member);
  }
  return !reader.failed() && members_.size() <= kRoom;
}

Result<DistinctSeries> DistinctSeries::read(const Metric& metric, std::string_view text) {
  DistinctSeries series(metric);
  if (text.empty()) return series;
  SeriesReader reader(text);
  series.newest_ = reader.base36(-farthest_bucket(metric), farthest_bucket(metric));
  reader.expect(':');
  const std::string_view cuts = reader.until(':');
  reader.expect(':');
  const std::string_view members = reader.until(':');
  if (reader.failed() || !reader.done() || !series.read_cuts(cuts) ||
      !series.read_members(members) || series.empty())
    return corrupt("not the text of distinct values");
  return series;
}

}  // namespace rapport::decide
