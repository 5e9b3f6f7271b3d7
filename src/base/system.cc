#include "base/system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "base/text.h"

namespace rapport {
namespace {

constexpr int kLowPriority = 10;  // of nice, 0 to 19: about a tenth of the weight of nice 0
constexpr int kKilled = 137;      // what a shell shows for a process that kill -9 ended

Micros read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return Micros{t.tv_sec * 1'000'000LL + t.tv_nsec / 1000};
}

void fill_from_kernel(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = ::getrandom(out.data(), out.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    CHECK(n > 0);
    out = out.subspan(static_cast<size_t>(n));
  }
}

class StderrReporter final : public Reporter {
 public:
  StderrReporter(Level least, const Clock& clock)
      : least_(least),
        clock_(clock),
        lines_("rapport", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    lines_.set_pattern("%v");
    lines_.flush_on(spdlog::level::trace);
  }

 private:
  bool wants(Level level) const override { return level >= least_; }

  void write(Level level, std::string_view event, const Json& fields) override {
    Json line = Json::object();
    line.set("time", format_time(clock_.now())).set("level", name(level)).set("event", event);
    if (fields.is_object()) {
      for (const auto& [key, value] : fields.as_object())
        line.edit_object().emplace_back(key, value);
    }
    lines_.log(spdlog::level::info, spdlog::string_view_t(to_text(line)));
  }

  Level least_;
  const Clock& clock_;
  spdlog::logger lines_;
};

size_t index_of(std::string_view failpoint) {
  return static_cast<size_t>(std::find(std::begin(kFailpoints), std::end(kFailpoints), failpoint) -
                             std::begin(kFailpoints));
}

}  // namespace

void name_this_thread(const char* name, Urgency urgency) {
  pthread_setname_np(pthread_self(), name);
  // Linux keeps the nice value for each thread. Lowering it needs no right; without it all works.
  if (urgency == Urgency::kCanWait)
    setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kLowPriority);
}

Micros SystemClock::now() const {
  return read_clock(CLOCK_REALTIME);
}
Micros SystemClock::monotonic() const {
  return read_clock(CLOCK_MONOTONIC);
}

void SystemClock::sleep(Micros span) {
  if (span.value <= 0) return;
  timespec rest{span.value / 1'000'000, span.value % 1'000'000 * 1000};
  while (::clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, &rest) == EINTR) {
  }
}

void SystemRandom::fill(std::span<uint8_t> out) {
  if (out.size() > sizeof buffer_) return fill_from_kernel(out);
  const std::lock_guard lock(mutex_);
  if (out.size() > sizeof buffer_ - used_) {
    fill_from_kernel(buffer_);
    used_ = 0;
  }
  std::memcpy(out.data(), buffer_.data() + used_, out.size());
  std::memset(buffer_.data() + used_, 0, out.size());
  used_ += out.size();
}

std::unique_ptr<Reporter> make_logger(Level least, const Clock& clock) {
  return std::make_unique<StderrReporter>(least, clock);
}

Result<std::unique_ptr<Failpoints>> EnvironmentFailpoints::parse(std::string_view spec) {
  std::unique_ptr<EnvironmentFailpoints> made(new EnvironmentFailpoints);
  for (std::string_view item : split(spec, ',')) TRY(made->add(trim(item)));
  return std::unique_ptr<Failpoints>(std::move(made));
}

EnvironmentFailpoints::~EnvironmentFailpoints() {
  if (count_file_ >= 0) ::close(count_file_);
}

Result<void> EnvironmentFailpoints::add(std::string_view item) {
  constexpr std::string_view kCount = "count=";
  if (item.substr(0, kCount.size()) == kCount) {
    const std::string path(item.substr(kCount.size()));
    count_file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (count_file_ >= 0) return {};
    return io_error(fmt::format("RAPPORT_FAILPOINTS: cannot open '{}': {}", path,
                                std::generic_category().message(errno)));
  }
  const size_t colon = item.find(':');
  const std::string_view name = item.substr(0, colon);
  const size_t index = index_of(name);
  if (index == std::size(kFailpoints)) {
    const auto hint = nearest(name, kFailpoints);
    return invalid(fmt::format("RAPPORT_FAILPOINTS: there is no failpoint '{}'{}", name,
                               hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
  const std::string_view n = colon == std::string_view::npos ? "1" : item.substr(colon + 1);
  const auto [end, error] = std::from_chars(n.data(), n.data() + n.size(), dies_at_[index]);
  if (error != std::errc{} || end != n.data() + n.size() || dies_at_[index] == 0)
    return invalid(fmt::format("RAPPORT_FAILPOINTS: '{}' must be name:n with n from 1", item));
  return {};
}

void EnvironmentFailpoints::reach(std::string_view name) {
  const size_t index = index_of(name);
  if (index == std::size(kFailpoints)) BUG(fmt::format("failpoint '{}' is not listed", name));
  const uint64_t n = reached_[index].fetch_add(1) + 1;
  if (count_file_ >= 0) {
    const std::string line = std::string(name) + '\n';
    if (::write(count_file_, line.data(), line.size()) < 0) BUG("cannot count a failpoint");
  }
  if (n == dies_at_[index]) ::_exit(kKilled);
}

Result<std::unique_ptr<Failpoints>> failpoints_from_environment() {
  const char* spec = std::getenv("RAPPORT_FAILPOINTS");
  if (spec == nullptr || *spec == '\0') {
    return std::unique_ptr<Failpoints>(std::make_unique<NoFailpoints>());
  }
  return EnvironmentFailpoints::parse(spec);
}

}  // namespace rapport
