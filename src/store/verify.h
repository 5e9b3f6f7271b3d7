// Checking a data folder: that nothing in it was lost, changed or added since it was written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/log.h"

namespace rapport::store {

struct VerifyOptions {
  std::string folder;  // data folder, or a backup
  std::string sqlite_vfs;
  // Without it only the log is checked, not whether its events can be opened.
  std::optional<Key> master;
  // The last heads that were signed, kept outside the log. A log that was cut short or written anew
  // does not hold them.
  std::map<WorkspaceId, Head> signed_heads;
};

struct VerifyReport {
  LogReport log;                     // with findings in the order of the log
  std::vector<LogFinding> findings;  // those of the log, then of keys and bases
  uint64_t opened = 0, erased = 0;   // events whose body opens, and whose key was destroyed
};

// Safe beside a running server: what it writes meanwhile is not reported as damage, at most as
// `at_tail`. Reads everything, changes nothing.
Result<VerifyReport> verify_folder(Disk& disk, const VerifyOptions& options,
                                   const Progress& progress);

}  // namespace rapport::store
