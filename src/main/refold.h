// Folding a workspace's state again and putting it in place of the old file.
#pragma once

#include <functional>
#include <string>

#include "base/disk.h"
#include "flow/rebuild.h"
#include "main/data_folder.h"

namespace rapport {

enum class FoldFrom { kNewestBase, kFirstEvent };

// Folds into `target` + ".new" and renames it to `target`, which nobody may have open. A damaged
// base is passed over in favour of the one before it. `progress` as in RebuildOptions.
Result<flow::RebuildReport> fold_again(Disk& disk, store::EventLog& log,
                                       const decide::Engine& engine, const DataFolder& folder,
                                       WorkspaceId workspace, FoldFrom from,
                                       const std::string& target,
                                       std::function<void(uint64_t, uint64_t)> progress);

}  // namespace rapport
