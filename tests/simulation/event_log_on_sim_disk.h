// For tests: an event log with keys and indexes on a simulated disk.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "store/event_log.h"
#include "testing/fakes.h"

namespace rapport::store {

struct EventLogOnSimDisk {
  explicit EventLogOnSimDisk(uint64_t seed = 1) : disk(seed), random(seed) {
    vfs = simulation::register_sqlite_vfs("events", disk, clock, random);
  }
  ~EventLogOnSimDisk() { log.reset(); }

  static constexpr WorkspaceId kOne{1};
  static Key master() {
    Key key;
    key.fill(3);
    return key;
  }

  Result<void> open(const std::string& folder = "/data") {
    log.reset();
    const EventLogOptions options{
        .folder = folder, .sqlite_vfs = "events", .master = master(), .segment_bytes = 64 << 10};
    auto opened = EventLog::open(options, disk, clock, random, failpoints, metrics, reporter);
    if (!opened.ok()) return opened.error();
    log = std::move(*opened);
    return log->keys().add_workspace(kOne);
  }
  void restart() {
    if (!disk.is_off()) disk.power_off();
    log.reset();
    disk.power_on();
  }
  Digest16 digest(std::string_view text) { return keyed_hash(*log->keys().hash_key(kOne), {text}); }

  model::Event event(const std::string& id, SubjectId subject = {}) {
    model::Event e;
    e.workspace = kOne;
    e.subject = subject;
    e.type = "test.happened";
    e.message_id = id;
    e.at = clock.now();
    e.properties.set("text", "canary " + id);
    return e;
  }
  Result<Sequence> append(const std::string& id, SubjectId subject = {}) {
    model::Event e = event(id, subject);
    TRY(log->stage(e, digest(id)));
    TRY(log->commit());
    return e.sequence;
  }
  std::vector<std::string> ids_in_log() {
    std::vector<std::string> ids;
    const auto follower = log->follow({});
    for (;;) {
      auto item = follower->next();
      EXPECT_TRUE(item.ok()) << item.error().message;
      if (!item.ok() || !*item) return ids;
      ids.push_back((*item)->erased ? "erased" : (*item)->event.message_id);
    }
  }

  simulation::SimDisk disk;
  ManualClock clock;
  SeededRandom random;
  NoFailpoints failpoints;
  Metrics metrics;
  KeepingReporter reporter;
  std::unique_ptr<simulation::SqliteVfs> vfs;
  std::unique_ptr<EventLog> log;
};

}  // namespace rapport::store
