// rooms: store benchmark
// Folded state with many contacts: writing a batch, loading it, finding one by e-mail.
//
//   bench_state --records=1000000 --folder=/tmp/bench_state [Google Benchmark's own flags]
//
// The file is made once and kept in the folder; remove the folder to begin anew.
#include "store/state.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>

namespace rapport::store {
namespace {

constexpr size_t kBatch = 8'000;
constexpr size_t kHot = 100'000;  // records that Zipf draws from

struct Settings {
  uint64_t records = 1'000'000;
  std::string folder = "/tmp/bench_state";
  std::string path() const { return fmt::format("{}/{}.db", folder, records); }
} settings;

uint64_t mixed(uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

std::string id_of(uint64_t n) {
  return fmt::format("con_{:013x}{:013x}", mixed(n) >> 12, mixed(~n) >> 12);
}
std::string email_of(uint64_t n) {
  return fmt::format("person.{}@company{}.example", n, n % 977);
}

// A contact of about 600 bytes.
model::Record contact(uint64_t n, uint64_t version) {
  model::Record r;
  r.key = {"contact", id_of(n)};
  r.created = {n + 1};
  r.version = {std::max(version, n + 1)};
  r.fields.set("emails", Json(Json::Array{Json(email_of(n))}))
      .set("name", fmt::format("Person {}", n))
      .set("account", fmt::format("acc_{:026}", n % 977))
      .set("phones", Json(Json::Array{Json(fmt::format("+49301{:07}", n % 10'000'000))}))
      .set("language", "de")
      .set("last_seen", "2026-03-02T09:00:00.000Z")
      .set("messages", static_cast<int64_t>(version))
      .set("note", std::string(200, static_cast<char>('a' + version % 26)));
  const auto v = static_cast<int64_t>(version);
  r.provenance.set("emails", v).set("name", v).set("phones", v).set("language", v);
  return r;
}

Posting posting(uint64_t n, uint64_t sequence) {
  return {fmt::format("subject/{}", n), {sequence}, {(sequence / 60'000) << 32 | sequence * 700}};
}

class Zipf {
 public:
  Zipf() {
    for (size_t i = 1; i <= kHot; ++i) sums_.push_back(sum_ += 1.0 / static_cast<double>(i));
  }
  uint64_t draw() {
    const double at = std::uniform_real_distribution<>(0, sum_)(random_);
    const auto rank = std::ranges::lower_bound(sums_, at) - sums_.begin();
    return mixed(static_cast<uint64_t>(rank)) % settings.records;
  }

 private:
  double sum_ = 0;
  std::vector<double> sums_;
  std::mt19937_64 random_{std::random_device()()};
};

std::unique_ptr<State> open(StateMode mode) {
  return open_sqlite_state(settings.path(), "", mode).value();
}

void fill(State& state) {
  uint64_t sequence = state.cursor().value().sequence.value;
  while (sequence < settings.records) {
    Changes changes;
    for (size_t i = 0; i < kBatch && sequence < settings.records; ++i, ++sequence) {
      PutRecord put;
      put.record = contact(sequence, sequence + 1);
      put.entries_added = model::index_entries(put.record);
      changes.puts.push_back(std::move(put));
      changes.postings.push_back(posting(sequence, sequence + 1));
    }
    changes.cursor.sequence = {sequence};
    state.apply(changes).value();
  }
  state.checkpoint().value();
}

std::unique_ptr<State> filled() {
  if (!std::filesystem::exists(settings.path())) {
    std::filesystem::create_directories(settings.folder);
    fill(*open(StateMode::kBuild));
  }
  return open(StateMode::kWrite);
}

// Records that the next events touch: of kBatch events, or kBatch different ones.
enum class Draw { kEvents, kDistinct };
std::vector<uint64_t> draw(Zipf& zipf, Draw kind) {
  std::set<uint64_t> drawn;
  for (size_t i = 0; kind == Draw::kEvents ? i < kBatch : drawn.size() < kBatch; ++i) {
    drawn.insert(zipf.draw());
  }
  return {drawn.begin(), drawn.end()};
}

Changes next_batch(Zipf& zipf, Draw kind, uint64_t& sequence) {
  Changes changes;
  const std::vector<uint64_t> touched = draw(zipf, kind);
  for (uint64_t n : touched) changes.puts.push_back({contact(n, sequence + n % 97), {}, {}});
  for (size_t i = 0; i < kBatch; ++i) {
    changes.postings.push_back(posting(touched[i % touched.size()], ++sequence));
  }
  changes.cursor.sequence = {sequence};
  return changes;
}

// Bytes this process has handed to write(): log, WAL and file.
double written_megabytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  double bytes = 0;
  while (io >> name >> bytes) {
    if (name == "wchar:") return bytes / 1e6;
  }
  return 0;
}

// Checkpoints run on a thread of their own, as in the server.
void apply_batches(benchmark::State& run, Draw kind) {
  const auto state = filled();
  Zipf zipf;
  uint64_t sequence = state->cursor().value().sequence.value, puts = 0;
  std::atomic<uint64_t> applied{0};
  std::atomic<bool> done{false};
  std::thread checkpoints([&] {
    while (!done) {
      applied.wait(applied.load());
      if (applied % 4 == 0) state->checkpoint().value();
    }
  });
  const double written = written_megabytes();
  for (auto _ : run) {
    run.PauseTiming();
    const Changes changes = next_batch(zipf, kind, sequence);
    puts += changes.puts.size();
    run.ResumeTiming();
    state->apply(changes).value();
    ++applied;
    applied.notify_one();
  }
  done = true;
  ++applied;
  applied.notify_one();
  checkpoints.join();
  constexpr auto kEach = benchmark::Counter::kAvgIterations;
  run.counters["puts"] = benchmark::Counter(static_cast<double>(puts), kEach);
  run.counters["written_MB"] = benchmark::Counter(written_megabytes() - written, kEach);
}
BENCHMARK_CAPTURE(apply_batches, events, Draw::kEvents)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(apply_batches, distinct, Draw::kDistinct)->Unit(benchmark::kMillisecond);

void load_batches(benchmark::State& run, Draw kind) {
  const auto state = filled();
  Zipf zipf;
  for (auto _ : run) {
    run.PauseTiming();
    std::vector<model::RecordKey> keys;
    for (uint64_t n : draw(zipf, kind)) keys.push_back({"contact", id_of(n)});
    run.ResumeTiming();
    benchmark::DoNotOptimize(state->load(keys).value());
  }
}
BENCHMARK_CAPTURE(load_batches, events, Draw::kEvents)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(load_batches, distinct, Draw::kDistinct)->Unit(benchmark::kMillisecond);

void find_by_email(benchmark::State& run) {
  filled();
  const auto state = open(StateMode::kRead);
  std::mt19937_64 random(1);
  for (auto _ : run) {
    const std::string email = email_of(random() % settings.records);
    const auto page = state->list({"contact", "emails", email, "", 1}).value();
    if (page.records.empty()) run.SkipWithError("not found");
  }
}
BENCHMARK(find_by_email)->Unit(benchmark::kMicrosecond);

void digest(benchmark::State& run) {
  const auto state = filled();
  for (auto _ : run) benchmark::DoNotOptimize(state->digest().value());
}
BENCHMARK(digest)->Unit(benchmark::kMillisecond)->Iterations(1);

void read_settings(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag.starts_with("--records="))
      settings.records = std::stoull(std::string(flag.substr(10)));
    if (flag.starts_with("--folder=")) settings.folder = flag.substr(9);
  }
}

}  // namespace
}  // namespace rapport::store

int main(int argc, char** argv) {
  rapport::store::read_settings(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
