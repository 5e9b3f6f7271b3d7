#include "main/refold.h"

#include <algorithm>

#include "store/base_file.h"

namespace rapport {

namespace {

Result<void> remove_state(Disk& disk, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    if (disk.exists(path + suffix)) TRY(disk.remove(path + suffix));
  return {};
}

// Puts the newest base that checks at `path`; none leaves it missing.
Result<void> start_from_base(Disk& disk, const std::string& bases, const std::string& path) {
  TRY_ASSIGN(auto all, store::list_bases(disk, bases));
  std::reverse(all.begin(), all.end());
  for (const auto& base : all) {
    auto restored = store::restore_base(disk, base, path);
    if (restored.ok() || restored.error().code != Code::kCorrupt) return restored;
  }
  return {};
}

}  // namespace

Result<flow::RebuildReport> fold_again(Disk& disk, store::EventLog& log,
                                       const decide::Engine& engine, const DataFolder& folder,
                                       WorkspaceId workspace, FoldFrom from,
                                       const std::string& target,
                                       std::function<void(uint64_t, uint64_t)> progress) {
  const std::string fresh = target + ".new";
  TRY(remove_state(disk, fresh));
  if (from == FoldFrom::kNewestBase) TRY(start_from_base(disk, folder.bases(workspace), fresh));
  flow::RebuildReport report;
  {
    auto opened = store::open_sqlite_state(fresh, "", store::StateMode::kBuild);
    const bool older_file = !opened.ok() && opened.error().code == Code::kCorrupt;
    if (!opened.ok() && !(older_file && from == FoldFrom::kNewestBase)) return opened.error();
    auto state = opened.ok() ? std::move(*opened) : nullptr;
    store::Cursor cursor;
    if (state) {
      TRY_ASSIGN(cursor, state->cursor());
    }
    if (!state || (cursor.sequence.value != 0 && cursor.fold_version != decide::kFoldVersion)) {
      state.reset();  // a base of another engine: fold from the first event
      return fold_again(disk, log, engine, folder, workspace, FoldFrom::kFirstEvent, target,
                        std::move(progress));
    }
    flow::RebuildOptions options;
    options.from = cursor.next;
    options.progress = std::move(progress);
    TRY_ASSIGN(report, flow::rebuild(log, workspace, *state, engine, std::move(options)));
    TRY(state->checkpoint());
  }
  TRY(remove_state(disk, target));
  for (const char* suffix : {"-wal", "-shm"})
    if (disk.exists(fresh + suffix)) TRY(disk.remove(fresh + suffix));
  TRY(disk.rename(fresh, target));
  TRY(disk.sync_folder(folder.state_folder()));
  return report;
}

}  // namespace rapport
