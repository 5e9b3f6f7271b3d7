#include "connect/quota.h"

#include <algorithm>
#include <charconv>

namespace rapport::connect {
namespace {

constexpr int64_t kSlices = 200;             // of a window: what has left it is told this exactly
constexpr int64_t kBlocks = 1000;            // of a long window reserved at a time
constexpr Micros kShort = minutes(1);        // longer windows are kept in the store
constexpr Micros kBusyWait = millis(20);     // while calls under way fill a window
constexpr int64_t kBurst = 10;               // a tenth of a window may leave without pause
constexpr Micros kUndeclared = seconds(10);  // after a refusal by a quota that nobody declared
constexpr Micros kSaveAgain = seconds(1);
constexpr int64_t kPercent = 100;

int64_t number_in(std::string_view text) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

}  // namespace

// Use of one window: slices of time with the calls answered in them, and those under way.
struct QuotaLedger::Count {
  explicit Count(const QuotaWindow* w) : window(w), limit(w->calls) {}

  const QuotaWindow* window;
  int64_t limit;
  int64_t under_way = 0;
  int64_t used = 0;                               // sum of the slices
  std::deque<std::pair<Micros, int64_t>> slices;  // end of the slice, calls
  int64_t reserved = 0;                           // long windows: in the store, not used yet
  Micros even;  // when the next usual call is due if all were spread evenly

  bool is_long() const { return window->per > kShort; }
  int64_t limit_for(model::Urgency urgency, int reserve_percent) const {
    const int64_t kept = limit * reserve_percent / kPercent;
    return urgency == model::Urgency::kUrgent ? limit : std::max<int64_t>(1, limit - kept);
  }
  void add(Micros now, int64_t calls) {
    const int64_t width = std::max<int64_t>(1, window->per.value / kSlices);
    const Micros end{(now.value / width + 1) * width};
    if (slices.empty() || slices.back().first < end) slices.emplace_back(end, 0);
    slices.back().second += calls;
    used += calls;
  }
  void forget(Micros now) {
    while (!slices.empty() && slices.front().first + window->per <= now) {
      used -= slices.front().second;
      slices.pop_front();
    }
  }
  // Until so many of the calls counted have left the window.
  Micros until_gone(int64_t calls, Micros now) const {
    int64_t gone = 0;
    for (const auto& [end, number] : slices) {
      gone += number;
      if (gone >= calls) return std::max(Micros{1}, end + window->per - now);
    }
    return kBusyWait;
  }
};

QuotaLedger::QuotaLedger(QuotaSpec spec, Clock& clock, std::string key, QuotaStore store)
    : spec_(std::move(spec)), clock_(clock), key_(std::move(key)), store_(std::move(store)) {
  for (const QuotaWindow& window : spec_.windows) counts_.emplace_back(&window);
}

QuotaLedger::~QuotaLedger() = default;

// Long windows outlive the process, so they are counted in time of day.
Micros QuotaLedger::time_of(const Count& count) const {
  return count.is_long() ? clock_.now() : clock_.monotonic();
}

bool QuotaLedger::concerns(const Count& count, std::string_view quota) const {
  return count.window->only.empty() || count.window->only == quota;
}

Result<void> QuotaLedger::open() {
  if (!store_.load) return {};
  TRY_ASSIGN(const Json kept, store_.load(key_));
  std::lock_guard lock(mutex_);
  if (kept.is_object()) {
    const Micros closed{kept.integer("closed")};
    const Micros blocked = Micros{kept.integer("blocked_until")} - clock_.now();
    if (blocked > Micros{}) blocked_until_ = clock_.monotonic() + std::min(blocked, hours(1));
    for (Count& count : counts_) {
      const Json* slices = kept.find(count.window->name);
      if (count.is_long() && slices && slices->is_array()) {
        for (const Json& slice : slices->as_array()) {
          count.slices.emplace_back(Micros{slice.integer("end")}, slice.integer("calls"));
          count.used += slice.integer("calls");
        }
      }
      const bool over = closed > Micros{} && closed + count.window->per <= clock_.now();
      if (!count.is_long() && !over) count.add(clock_.monotonic(), count.limit);
    }
  }
  return save(false);
}

Result<void> QuotaLedger::close() {
  std::lock_guard lock(mutex_);
  return save(true);
}

Result<void> QuotaLedger::save(bool closed) {
  if (!store_.save) return {};
  Json use = Json::object();
  use.set("closed", closed ? clock_.now().value : int64_t{0});
  const Micros blocked = blocked_until_ - clock_.monotonic();
  if (blocked > Micros{}) use.set("blocked_until", (clock_.now() + blocked).value);
  for (const Count& count : counts_) {
    if (!count.is_long()) continue;
    Json slices = Json::array();
    for (const auto& [end, calls] : count.slices)
      slices.push_back(Json::object().set("end", end.value).set("calls", calls));
    use.set(count.window->name, std::move(slices));
  }
  return store_.save(key_, use);
}

// A block counts as used from when it is reserved: what a crash leaves of it is lost until the
// window has passed.
Result<void> QuotaLedger::reserve(Count& count) {
  if (!store_.save) return {};
  const int64_t block = std::clamp<int64_t>(count.limit / kBlocks, 1, count.limit - count.used);
  count.add(clock_.now(), block);
  if (auto saved = save(false); !saved.ok()) {
    count.used -= block;
    count.slices.back().second -= block;
    return saved;
  }
  count.reserved += block;
  return {};
}

Micros QuotaLedger::wait_for(Count& count, model::Urgency urgency, Micros now) {
  count.forget(now);
  const int64_t limit = count.limit_for(urgency, spec_.reserve_percent);
  const int64_t taken = count.used - count.reserved + count.under_way;
  if (taken >= limit) return count.until_gone(taken - limit + 1, now);
  if (urgency == model::Urgency::kUrgent || count.is_long()) return {};
  const Micros apart{count.window->per.value / limit};
  const Micros ahead{apart.value * std::max<int64_t>(1, limit / kBurst)};
  return std::max(Micros{}, count.even - ahead - now);
}

Result<Micros> QuotaLedger::take(std::string_view quota, model::Urgency urgency) {
  std::lock_guard lock(mutex_);
  Micros wait = std::max(Micros{}, blocked_until_ - clock_.monotonic());
  for (Count& count : counts_)
    if (concerns(count, quota)) wait = std::max(wait, wait_for(count, urgency, time_of(count)));
  if (wait > Micros{}) return wait;
  for (Count& count : counts_) {
    if (!concerns(count, quota)) continue;
    if (count.is_long() && count.reserved == 0) TRY(reserve(count));
  }
  for (Count& count : counts_) {
    if (!concerns(count, quota)) continue;
    if (count.is_long() && count.reserved > 0) {
      --count.reserved;
      continue;
    }
    ++count.under_way;
    const Micros now = time_of(count);
    const Micros apart{count.window->per.value /
                       count.limit_for(model::Urgency::kUsual, spec_.reserve_percent)};
    count.even = std::max(count.even, now) + apart;
  }
  return Micros{};
}

void QuotaLedger::done(std::string_view quota, const HttpResponse* answer) {
  std::lock_guard lock(mutex_);
  for (Count& count : counts_) {
    if (!concerns(count, quota)) continue;
    const Micros now = time_of(count);
    if (count.under_way > 0) {
      --count.under_way;
      count.add(now, 1);
    }
    count.forget(now);
    if (!answer) continue;
    const int64_t limit = number_in(header(answer->headers, count.window->limit_header));
    const int64_t left = number_in(header(answer->headers, count.window->left_header));
    if (limit > 0) count.limit = limit;
    const int64_t theirs = left < 0 ? 0 : count.limit - left;
    const int64_t ours = count.used - count.reserved + count.under_way;
    if (theirs > ours) count.add(now, theirs - ours);  // somebody else uses the account as well
  }
}

void QuotaLedger::keep() {
  std::lock_guard lock(mutex_);
  keep_locked();
}

// It holds for as long as we run, also where it cannot be saved; but a start after a crash would
// not know of it, so somebody is told, and it is tried until it is saved or over.
void QuotaLedger::keep_locked() {
  const Micros now = clock_.monotonic();
  if (!unsaved_ || now < save_again_) return;
  const Result<void> saved = save(false);
  save_again_ = now + kSaveAgain;
  unsaved_ = !saved.ok() && now < blocked_until_;
  if (store_.told && (!saved.ok() || told_)) store_.told(saved);
  told_ = !saved.ok();
}

void QuotaLedger::refused(std::string_view quota, Micros retry_after, std::string_view policy) {
  std::lock_guard lock(mutex_);
  if (retry_after > Micros{}) {
    blocked_until_ = std::max(blocked_until_, clock_.monotonic() + retry_after);
    unsaved_ = true;
    save_again_ = {};
    keep_locked();
    return;
  }
  Count* spent = nullptr;
  for (Count& count : counts_) {
    if (!concerns(count, quota)) continue;
    if (!policy.empty() && count.window->policy == policy) {
      spent = &count;
      break;
    }
    if (!spent || count.window->per < spent->window->per) spent = &count;
  }
  if (!spent) {  // nothing is declared that could count as spent
    blocked_until_ = std::max(blocked_until_, clock_.monotonic() + kUndeclared);
    return;
  }
  const int64_t taken = spent->used - spent->reserved + spent->under_way;
  if (taken < spent->limit) spent->add(time_of(*spent), spent->limit - taken);
}

Json QuotaLedger::describe() {
  std::lock_guard lock(mutex_);
  Json windows = Json::array();
  for (Count& count : counts_) {
    count.forget(time_of(count));
    Json one = Json::object();
    one.set("window", count.window->name).set("limit", count.limit);
    one.set("used", count.used - count.reserved + count.under_way);
    one.set("per_s", static_cast<double>(count.window->per.value) / 1e6);
    if (!count.window->only.empty()) one.set("only", count.window->only);
    windows.push_back(std::move(one));
  }
  Json all = Json::object();
  all.set("windows", std::move(windows));
  const Micros blocked = blocked_until_ - clock_.monotonic();
  if (blocked > Micros{}) all.set("blocked_until", format_time(clock_.now() + blocked));
  return all;
}

double QuotaLedger::usual_rate() {
  std::lock_guard lock(mutex_);
  double least = 0;
  for (const Count& count : counts_) {
    if (!count.window->only.empty()) continue;
    const double hours_of_window = static_cast<double>(count.window->per.value) / 3.6e9;
    const double rate =
        static_cast<double>(count.limit_for(model::Urgency::kUsual, spec_.reserve_percent)) /
        hours_of_window;
    if (least == 0 || rate < least) least = rate;
  }
  return least;
}

}  // namespace rapport::connect
