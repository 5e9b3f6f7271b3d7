// rooms: intake testing benchmark
// How many events a second one core takes in, everything included that happens before the sync:
// parse, check, normalise, look up, seal, chain, stage. Batches of 100, synced by the log's commit
// outside of the measured time.
#include "intake/intake.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "base/posix_disk.h"
#include "base/system.h"
#include "testing/fakes.h"

namespace rapport::intake {
namespace {

constexpr WorkspaceId kWorkspace{1};
constexpr int kBatch = 100;

// A batch as the node client sends it: half conversation events, a quarter pages, the rest
// identify.
class Traffic {
 public:
  enum class Phones { kNone, kGiven };
  Traffic(uint64_t people, Phones phones) : people_(people), phones_(phones) {}

  std::string batch() {
    std::string body = R"({"batch":[)";
    for (int i = 0; i < kBatch; ++i) body += (i == 0 ? "" : ",") + call();
    return body + R"(],"writeKey":"WK","sentAt":"2026-03-02T09:00:00.000Z"})";
  }

 private:
  std::string call() {
    const uint64_t n = ++sent_;
    const uint64_t person = random_.below(people_);
    const std::string rest = fmt::format(
        R"("userId":"user-{0}","anonymousId":"5b3c1f0e-7d55-4c1f-9f5e-{2:012x}",)"
        R"("timestamp":"2026-03-02T08:59:59.123Z","integrations":{{}},)"
        R"("context":{{"library":{{"name":"@segment/analytics-node","version":"3.1.0"}}}},)"
        R"("messageId":"node-next-1772442000000-8a4be2f4-1111-4222-8333-{1:012x}",)"
        R"("_metadata":{{"nodeVersion":"20.1.0","jsRuntime":"node"}}}})",
        person, n, person * 2 + n % 2);
    switch (n % 4) {
      case 0:
        return R"({"type":"page","name":"Pricing","properties":{"url":"https://acme.example/pricing",)"
               R"("title":"Pricing","referrer":"https://search.example/"},)" +
               rest;
      case 1: {
        const std::string phone =
            phones_ == Phones::kGiven ? fmt::format(R"(,"phone":"+49 151 {:08}")", person) : "";
        return fmt::format(R"({{"type":"identify","traits":{{"email":"User.{}@company-{}.example",)"
                           R"("name":"Ana Smith","plan":"pro"{}}},)",
                           person, person % 1000, phone) +
               rest;
      }
      default:
        return fmt::format(
                   R"({{"type":"track","event":"message.sent","properties":{{"conversation_id":"c-{}",)"
                   R"("text":"Could you tell me what the price of the larger plan is, please?",)"
                   R"("author":"customer"}},)",
                   person) +
               rest;
    }
  }

  SeededRandom random_{1};
  uint64_t people_;
  Phones phones_;
  uint64_t sent_ = 0;
};

struct Server {
  Server() {
    auto opened =
        store::EventLog::open({.folder = folder / "log", .sqlite_vfs = "", .master = Key{7}}, disk,
                              clock, random, failpoints, metrics, reporter);
    log = std::move(opened).value();
    log->keys().add_workspace(kWorkspace).value();
    intake = std::make_unique<Intake>(*log, clock, random, metrics, IntakeOptions());
  }
  TemporaryFolder folder;
  PosixDisk disk;
  SystemClock clock;
  SystemRandom random;
  NoFailpoints failpoints;
  Metrics metrics;
  KeepingReporter reporter;
  std::unique_ptr<store::EventLog> log;
  std::unique_ptr<Intake> intake;
};

enum class People { kKnown, kNew };

void receive(benchmark::State& state, People people, Traffic::Phones phones) {
  Server server;
  Traffic traffic(people == People::kKnown ? 1000 : 100'000'000, phones);
  for (int i = 0; people == People::kKnown && i < 200; ++i) {
    server.intake->receive(kWorkspace, Call::kBatch, traffic.batch()).value();
    server.log->commit().value();
  }
  int64_t events = 0;
  for (auto _ : state) {
    state.PauseTiming();
    server.log->commit().value();
    const std::string body = traffic.batch();
    state.ResumeTiming();
    const Receipt receipt = server.intake->receive(kWorkspace, Call::kBatch, body).value();
    CHECK(receipt.stored == kBatch);
    events += kBatch;
  }
  state.SetItemsProcessed(events);
}

void parse_only(benchmark::State& state) {
  Traffic traffic(1000, Traffic::Phones::kNone);
  const std::string body = traffic.batch();
  for (auto _ : state) benchmark::DoNotOptimize(parse_json(body).value());
  state.SetItemsProcessed(state.iterations() * kBatch);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(body.size()));
}

BENCHMARK_CAPTURE(receive, known_people, People::kKnown, Traffic::Phones::kNone)->Iterations(500);
BENCHMARK_CAPTURE(receive, known_people_with_phones, People::kKnown, Traffic::Phones::kGiven)
    ->Iterations(200);
BENCHMARK_CAPTURE(receive, new_people, People::kNew, Traffic::Phones::kNone)->Iterations(200);
BENCHMARK(parse_only);

}  // namespace
}  // namespace rapport::intake

BENCHMARK_MAIN();
