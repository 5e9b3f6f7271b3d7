// rooms: store testing benchmark
// What the event log costs beside the disk: staging events with sealing, chain and CRC, and
// reading them back. Real disk, so the figures of commits hold for this machine only.
#include <benchmark/benchmark.h>

#include "base/posix_disk.h"
#include "base/system.h"
#include "store/event_log.h"
#include "testing/fakes.h"

namespace rapport::store {
namespace {

constexpr WorkspaceId kWorkspace{1};
constexpr size_t kBody = 400;

struct LogBench {
  LogBench() {
    auto opened = Log::open({.folder = folder / "log"}, disk, clock, failpoints, metrics, {}, {});
    CHECK(opened.ok());
    log = std::move(*opened);
  }

  PosixDisk disk;
  SystemClock clock;
  SystemRandom random;
  NoFailpoints failpoints;
  Metrics metrics;
  TemporaryFolder folder;
  std::unique_ptr<Log> log;
  Key key{};
};

// A group of so many events is staged, then committed outside of the measured time.
void stage_records(benchmark::State& state) {
  LogBench t;
  const std::string body(kBody, 'x');
  const auto seal_body = [&](const Envelope& e, std::span<char> sealed) {
    seal(t.key, body, context_of(e), t.random, sealed);
  };
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i) {
      auto staged = t.log->stage({.workspace = kWorkspace,
                                  .subject = {1},
                                  .sealed_bytes = kBody + kSealOverhead,
                                  .seal = seal_body});
      CHECK(staged.ok());
    }
    state.PauseTiming();
    CHECK(t.log->commit().ok());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(stage_records)->Arg(100)->Unit(benchmark::kMicrosecond);

void stage_and_commit(benchmark::State& state) {
  LogBench t;
  const std::string body(kBody, 'x');
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i) {
      auto staged = t.log->stage({.workspace = kWorkspace,
                                  .subject = {1},
                                  .sealed_bytes = kBody + kSealOverhead,
                                  .seal = [&](const Envelope& e, std::span<char> sealed) {
                                    seal(t.key, body, context_of(e), t.random, sealed);
                                  }});
      CHECK(staged.ok());
    }
    CHECK(t.log->commit().ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(stage_and_commit)
    ->Arg(1)
    ->Arg(32)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

struct EventLogBench {
  EventLogBench() {
    auto opened = EventLog::open({.folder = folder.path()}, disk, clock, random, failpoints,
                                 metrics, reporter);
    CHECK(opened.ok());
    log = std::move(*opened);
    CHECK(log->keys().add_workspace(kWorkspace).ok());
    for (int i = 0; i < 1000; ++i) subjects.push_back(*log->keys().allocate(kWorkspace));
  }

  // A body of about 400 bytes.
  model::Event event(uint64_t n) {
    model::Event e;
    e.workspace = kWorkspace;
    e.subject = subjects[n % subjects.size()];
    e.type = "message.sent";
    e.message_id = "node-1700000000000-" + std::to_string(n);
    e.at = {1'772'442'000'000'000};
    e.identities = {
        {model::IdentifierKind::kExternalId, "customer-" + std::to_string(n % 1000), e.subject}};
    e.properties.set("conversation_id", "conversation-4711")
        .set("message_id", "m-" + std::to_string(n))
        .set("direction", "incoming")
        .set("text", "My order has not arrived and I would like to know where it is by now.");
    e.context.set("library", Json::object().set("name", "analytics-node").set("version", "3.1.0"))
        .set("ip", "203.0.113.7");
    return e;
  }

  PosixDisk disk;
  SystemClock clock;
  SystemRandom random;
  NoFailpoints failpoints;
  Metrics metrics;
  NoReporter reporter;
  TemporaryFolder folder;
  std::unique_ptr<EventLog> log;
  std::vector<SubjectId> subjects;
};

Digest16 digest(uint64_t n) {
  return keyed_hash(Key{}, {{reinterpret_cast<const char*>(&n), 8}});
}

// With body encoding, key look-up and message-id index.
void stage_events(benchmark::State& state) {
  EventLogBench t;
  uint64_t n = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<model::Event> events;
    for (int i = 0; i < 100; ++i) events.push_back(t.event(n + static_cast<uint64_t>(i)));
    state.ResumeTiming();
    for (model::Event& e : events) CHECK(t.log->stage(e, digest(n++)).ok());
    state.PauseTiming();
    CHECK(t.log->commit().ok());
    CHECK(t.log->flush_ids_if_large().ok());
    events.clear();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(static_cast<int64_t>(n));
}
BENCHMARK(stage_events)->Unit(benchmark::kMicrosecond);

// Fills a log once for the reading benchmarks.
EventLogBench& filled() {
  static EventLogBench* const t = [] {
    auto* made = new EventLogBench;
    for (uint64_t n = 0; n < 200'000; ++n) {
      model::Event e = made->event(n);
      CHECK(made->log->stage(e, digest(n)).ok());
      if (n % 1000 == 999) CHECK(made->log->commit().ok());
    }
    return made;
  }();
  return *t;
}

void follow_events(benchmark::State& state) {
  EventLogBench& t = filled();
  int64_t read = 0;
  for (auto _ : state) {
    const auto follower = t.log->follow({});
    for (;;) {
      const auto item = follower->next();
      CHECK(item.ok());
      if (!*item) break;
      ++read;
    }
  }
  state.SetItemsProcessed(read);
}
BENCHMARK(follow_events)->Unit(benchmark::kMillisecond);

// The same without decoding the bodies.
void read_records(benchmark::State& state) {
  EventLogBench& t = filled();
  int64_t read = 0;
  for (auto _ : state) {
    const auto reader = t.log->log().read({});
    for (;;) {
      const auto item = reader->next();
      CHECK(item.ok());
      if (!*item) break;
      ++read;
    }
  }
  state.SetItemsProcessed(read);
}
BENCHMARK(read_records)->Unit(benchmark::kMillisecond);

// New ids against 8 generations in the file.
void look_up_new_ids(benchmark::State& state) {
  TemporaryFolder folder;
  NoFailpoints failpoints;
  auto ids = Ids::open(folder / "ids.db", "", failpoints, {.tail = 100'000, .generation = 100'000});
  CHECK(ids.ok());
  LogPoint point;
  for (uint64_t n = 1; n <= 800'000; ++n) {
    (*ids)->remember(kWorkspace, digest(n), {n});
    if (!(*ids)->wants_flush()) continue;
    point.heads[kWorkspace].sequence = {n};
    CHECK((*ids)->flush(point).ok());
  }
  uint64_t n = 1'000'000;
  for (auto _ : state) {
    const auto found = (*ids)->sequence_of(kWorkspace, digest(++n));
    CHECK(found.ok());
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(look_up_new_ids);

void flush_ids(benchmark::State& state) {
  TemporaryFolder folder;
  NoFailpoints failpoints;
  auto ids = Ids::open(folder / "ids.db", "", failpoints);
  CHECK(ids.ok());
  LogPoint point;
  uint64_t n = 0;
  for (auto _ : state) {
    state.PauseTiming();
    while (!(*ids)->wants_flush()) {
      ++n;
      (*ids)->remember(kWorkspace, digest(n), {n});
    }
    point.heads[kWorkspace].sequence = {n};
    state.ResumeTiming();
    CHECK((*ids)->flush(point).ok());
  }
  state.SetItemsProcessed(static_cast<int64_t>(n));
}
BENCHMARK(flush_ids)->Unit(benchmark::kMillisecond)->Iterations(12);

void allocate_subjects(benchmark::State& state) {
  EventLogBench t;
  for (auto _ : state) CHECK(t.log->keys().allocate(kWorkspace).ok());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(allocate_subjects);

}  // namespace
}  // namespace rapport::store

BENCHMARK_MAIN();
