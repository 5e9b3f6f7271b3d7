// A workspace that lives with packs, on one thread and from one seed: events of many kinds come,
// some twice; packs are activated, changed and taken away in the middle; persons are joined and set
// apart; time passes, the power goes. In the end the state must be what the log says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/failpoint.h"
#include "base/metrics.h"
#include "expr/zones.h"
#include "flow/runner.h"
#include "intake/intake.h"
#include "simulation/sim_disk.h"
#include "simulation/sqlite_vfs.h"
#include "testing/fakes.h"

namespace rapport::whole {

struct ShippedPack {
  std::string name, version;
  Json files;
};
// Those of a folder of packs, with what each uses before it; without their cases.
std::vector<ShippedPack> shipped_packs(const std::string& folder);

class Deciding {
 public:
  // The engine remembers what it has compiled: one for many seeds.
  Deciding(uint64_t seed, const decide::Engine& engine, const std::vector<ShippedPack>& packs);
  ~Deciding();

  void live();  // one random thing happens
  void settle();
  // Empty, or the first record that is another after a rebuild.
  std::string rebuild_difference();
  int64_t records(std::string_view type);
  uint64_t power_cuts() const { return power_cuts_; }

 private:
  void open();
  void close();
  void crash();
  void somebody_acts();
  void deliver(const std::string& body);
  void declare();
  void own(std::string_view type, Json properties);
  std::string some_contact();

  SeededRandom random_;
  ManualClock clock_;
  simulation::SimDisk disk_;
  std::unique_ptr<simulation::SqliteVfs> vfs_;
  NoFailpoints failpoints_;
  KeepingReporter reporter_;
  const decide::Engine& engine_;
  const std::vector<ShippedPack>& packs_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<store::EventLog> log_;
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<flow::Runner> runner_;
  std::unique_ptr<store::State> reading_;
  std::vector<std::string> sent_;  // bodies, to be sent once more
  uint64_t next_message_ = 1;
  uint64_t power_cuts_ = 0;
  size_t active_ = 0;  // packs, in their order
};

}  // namespace rapport::whole
