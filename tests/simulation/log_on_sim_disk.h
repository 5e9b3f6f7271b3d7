// For tests: a log on a simulated disk.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "simulation/sim_disk.h"
#include "store/log.h"
#include "testing/fakes.h"

namespace rapport::store {

struct LogOnSimDisk {
  static constexpr uint64_t kSegment = 16 << 10;

  explicit LogOnSimDisk(uint64_t seed = 1, uint64_t segment_bytes = kSegment)
      : disk(seed), segment_bytes(segment_bytes) {}

  // What was found is kept in `found` as "workspace/sequence/body".
  Result<void> open(const LogPoint& from = {}) {
    log.reset();
    found.clear();
    const auto note = [this](const Envelope& e, std::string_view sealed) -> Result<void> {
      found.push_back(line(e, sealed));
      return {};
    };
    auto opened = Log::open({.folder = "/log", .segment_bytes = segment_bytes}, disk, clock,
                            failpoints, metrics, from, note);
    if (!opened.ok()) return opened.error();
    log = std::move(*opened);
    return {};
  }

  static std::string line(const Envelope& e, std::string_view sealed) {
    return std::to_string(e.workspace.value) + "/" + std::to_string(e.sequence.value) + "/" +
           std::string(sealed);
  }

  Result<Envelope> stage(uint32_t workspace, std::string body) {
    return log->stage({.workspace = {workspace},
                       .subject = {7},
                       .message = Digest16{1, 2, 3},
                       .has_bindings = false,
                       .sealed_bytes = body.size(),
                       .seal = [&](const Envelope&, std::span<char> sealed) {
                         std::copy(body.begin(), body.end(), sealed.begin());
                       }});
  }
  Result<Envelope> append(uint32_t workspace, std::string body) {
    TRY_ASSIGN(const Envelope e, stage(workspace, std::move(body)));
    TRY(log->commit());
    return e;
  }

  std::vector<std::string> read_all(Position from = {}) {
    std::vector<std::string> lines;
    const auto reader = log->read(from);
    for (;;) {
      auto item = reader->next();
      EXPECT_TRUE(item.ok()) << item.error().message;
      if (!item.ok() || !*item) return lines;
      lines.push_back(line((*item)->envelope, (*item)->sealed));
    }
  }

  LogReport check() {
    auto report = check_log(disk, "/log", {});
    EXPECT_TRUE(report.ok());
    return report.ok() ? *report : LogReport();
  }

  simulation::SimDisk disk;
  uint64_t segment_bytes;
  ManualClock clock;
  NoFailpoints failpoints;
  Metrics metrics;
  std::vector<std::string> found;
  std::unique_ptr<Log> log;
};

}  // namespace rapport::store
