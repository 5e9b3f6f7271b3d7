// `rapport test`: runs the cases of packs.
#include <fmt/format.h>

#include <thread>

#include "base/posix_disk.h"
#include "base/text.h"
#include "expr/zones.h"
#include "main/cases/report.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::vector<std::string> paths, worlds;
  std::string junit, only;
  uint64_t jobs = std::max(1u, std::thread::hardware_concurrency());
};

Result<cases::RunOptions> wanted(const Options& options) {
  cases::RunOptions run;
  run.only = options.only;
  run.jobs = std::max<uint64_t>(1, options.jobs);
  for (const std::string& world : options.worlds) {
    size_t i = 0;
    while (i < std::size(cases::kWorldNames) && cases::kWorldNames[i] != world) ++i;
    if (i == std::size(cases::kWorldNames)) {
      const auto hint = nearest(world, cases::kWorldNames);
      return invalid(fmt::format("there is no world '{}'{}; there are plain, restart and twice",
                                 world, hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
    }
    run.worlds.push_back(static_cast<cases::WorldKind>(i));
  }
  return run;
}

// Errors of packs and cases, each with its place.
int refuse(const Shell& shell, const std::vector<Error>& errors) {
  Json list = Json::array();
  std::string text;
  for (const Error& error : errors) {
    list.push_back(Json::object().set("message", error.message));
    text += error.message + "\n";
  }
  text += fmt::format("{} {}; no case was run.", errors.size(),
                      errors.size() == 1 ? "error" : "errors");
  shell.done(Json::object().set("errors", std::move(list)), text);
  return kFindings;
}

int test(const Shell& shell, const Options& options) {
  auto run = wanted(options);
  if (!run.ok()) return shell.fail(run.error());
  const auto zones = expr::open_system_zones();
  if (!zones.ok()) return shell.fail(zones.error());
  PosixDisk disk;
  cases::PackShelf shelf(disk, zones->get());
  for (const std::string& path : options.paths)
    if (const auto added = shelf.add(path); !added.ok()) return shell.fail(added.error());
  shelf.read();
  if (!shelf.errors().empty()) return refuse(shell, shelf.errors());

  const decide::Engine engine(decide::first_basics(), zones->get());
  ProgressLine progress("testing", shell.json);
  run->progress = [&](uint64_t done, uint64_t all) { progress.show(done, all, "cases"); };
  const auto all = cases::run_all(shelf.sets(), engine, *run);
  if (!all.ok()) return shell.fail(all.error());
  if (!options.junit.empty())
    if (const auto written = write_file(disk, options.junit, cases::as_junit(*all)); !written.ok())
      return shell.fail(written.error());
  shell.done(cases::as_json(*all), cases::as_text(*all));
  return cases::totals(*all).failed == 0 ? 0 : kFindings;
}

}  // namespace

void add_test(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command = app.command("test", "Run the cases of packs; 3 when one fails");
  command.footer("Example:\n  rapport test packs/cost-support --only refund");
  command.required("path", options->paths, "Packs, folders of packs, or files of cases");
  command.option("--only", options->only, "Cases with this in their name, file or spec ids");
  command.option("--world", options->worlds, "plain, restart or twice, repeatable; else all three");
  command.option("--junit", options->junit, "File to write the results to, as JUnit XML");
  command.option("--jobs", options->jobs, "Cases at a time; else as many as there are cores");
  on(command, shell, [&shell, options] { return test(shell, *options); });
}

}  // namespace rapport
