// `rapport rebuild`: folds the log of a stopped server again and compares with the state it left.
#include "flow/rebuild.h"

#include <fmt/format.h>

#include "base/text.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"
#include "main/offline.h"
#include "main/refold.h"

namespace rapport {

namespace {

struct Options {
  std::string workspace;
  bool from_start = false;
};

struct Seen {
  store::Cursor cursor;
  Hash digest{};
};

Result<Seen> look(const std::string& path) {
  TRY_ASSIGN(auto state, store::open_sqlite_state(path, "", store::StateMode::kWrite));
  Seen seen;
  TRY_ASSIGN(seen.cursor, state->cursor());
  TRY_ASSIGN(seen.digest, state->digest());
  return seen;
}

// The state as the server left it, folded up to the end of the log as its next start would do.
// None when there is none or when it does not fit the log: then only a rebuild helps.
Result<std::optional<Seen>> live(Offline& folder, const decide::Engine& engine, WorkspaceId id) {
  const std::string path = folder.folder().state(id);
  if (!folder.disk().exists(path)) return std::optional<Seen>();
  {
    auto state = store::open_sqlite_state(path, "", store::StateMode::kWrite);
    if (!state.ok() && state.error().code == Code::kCorrupt) return std::optional<Seen>();
    if (!state.ok()) return std::move(state).error();
    TRY_ASSIGN(const auto cursor, (*state)->cursor());
    const auto head = folder.log().log().head(id);
    const bool other_engine =
        cursor.sequence.value != 0 && cursor.fold_version != decide::kFoldVersion;
    const bool other_log = cursor.sequence > head.sequence ||
                           (cursor.sequence == head.sequence && cursor.chain != head.chain);
    if (other_engine || other_log) return std::optional<Seen>();
    flow::RebuildOptions rest;
    rest.from = cursor.next;
    const auto folded = flow::rebuild(folder.log(), id, **state, engine, std::move(rest));
    if (!folded.ok() && folded.error().code == Code::kCorrupt) return std::optional<Seen>();
    if (!folded.ok()) return folded.error();
  }
  TRY_ASSIGN(auto seen, look(path));
  return std::optional(seen);
}

Result<void> remove_state(Disk& disk, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    if (disk.exists(path + suffix)) TRY(disk.remove(path + suffix));
  return {};
}

// Puts the new state in place of the old one unless it was folded from the first event and differs:
// that is told and never applied silently.
Result<Json> rebuild_one(Offline& folder, const access::Workspace& workspace,
                         const expr::Zones& zones, const Options& options, bool silent) {
  const decide::Engine engine(decide::first_basics(), &zones);
  TRY_ASSIGN(const auto before, live(folder, engine, workspace.id));
  const std::string path = folder.folder().state(workspace.id), fresh = path + ".rebuilt";
  flow::RebuildReport report;
  const Micros begin = folder.clock().monotonic();
  {
    ProgressLine progress("rebuilding " + workspace.name, silent);
    TRY_ASSIGN(
        report,
        fold_again(folder.disk(), folder.log(), engine, folder.folder(), workspace.id,
                   options.from_start ? FoldFrom::kFirstEvent : FoldFrom::kNewestBase, fresh,
                   [&](uint64_t done, uint64_t all) { progress.show(done, all, "events"); }));
  }
  const Micros took = folder.clock().monotonic() - begin;
  TRY_ASSIGN(const Seen after, look(fresh));
  const bool equal = before && before->digest == after.digest;
  const bool replace = !options.from_start || equal || !before;
  if (replace) {
    TRY(remove_state(folder.disk(), path));
    TRY(folder.disk().rename(fresh, path));
  }
  TRY(remove_state(folder.disk(), fresh));
  TRY(folder.disk().sync_folder(folder.folder().state_folder()));
  return Json::object()
      .set("workspace", workspace.name)
      .set("events", report.events)
      .set("seconds", static_cast<double>(took.value / 1000) / 1000)
      .set("erased", report.erased)
      .set("sequence", after.cursor.sequence.value)
      .set("live_digest", before ? Json(to_hex(bytes_of(before->digest))) : Json())
      .set("rebuilt_digest", to_hex(bytes_of(after.digest)))
      .set("equal", before ? Json(equal) : Json())
      .set("replaced", replace);
}

std::string words(const Json& row) {
  std::string out = fmt::format(
      "{}: {} events folded in {:.1f} s, up to sequence {}\n  live     {}\n"
      "  rebuilt  {}\n",
      row.text("workspace"), row.integer("events"), row.find("seconds")->as_double(),
      row.integer("sequence"), cell(row, "live_digest"), row.text("rebuilt_digest"));
  if (row.find("equal")->is_null())
    return out + "  There was no state that fits the log; the rebuilt one is in its place.\n";
  if (row.flag("equal")) return out + "  Equal.\n";
  return out + (row.flag("replaced")
                    ? "  DIFFERENT. The rebuilt state has replaced the other one.\n"
                    : "  DIFFERENT. The live state is left as it is; without --from-start the "
                      "rebuilt one replaces it.\n");
}

int rebuild(const Shell& shell, const Options& options) {
  const auto settings = shell.settings();
  if (!settings.ok()) return shell.fail(settings.error());
  auto folder = Offline::open(*settings, shell.environment);
  if (!folder.ok()) return shell.fail(folder.error());
  const auto workspaces = (*folder)->workspaces(options.workspace);
  if (!workspaces.ok()) return shell.fail(workspaces.error());
  const auto zones = expr::open_system_zones();
  if (!zones.ok()) return shell.fail(zones.error());
  Json rows = Json::array();
  std::string text;
  bool all_equal = true;
  for (const auto& workspace : *workspaces) {
    const auto row = rebuild_one(**folder, workspace, **zones, options, shell.json);
    if (!row.ok()) return shell.fail(row.error());
    all_equal = all_equal && row->flag("equal", true);
    text += words(*row);
    rows.push_back(*row);
  }
  shell.done(Json::object().set("workspaces", std::move(rows)).set("equal", all_equal),
             text.empty() ? "There are no workspaces." : text);
  return all_equal ? 0 : kFindings;
}

}  // namespace

void add_rebuild(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command = app.command(
      "rebuild", "Fold the log of a stopped server again, and compare; 3 when the states differ");
  command.option("--workspace", options->workspace, "Only this one");
  command.flag("--from-start", options->from_start,
               "From the first event instead of the newest base; a state that differs is only "
               "told, not applied");
  command.footer("Example:\n  rapport rebuild --data ./data --from-start");
  on(command, shell, [&shell, options] { return rebuild(shell, *options); });
}

}  // namespace rapport
