// `rapport quarantine`: events that could not be taken.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string status = "waiting", id, corrected, cursor;
  int64_t limit = 50;
};

int list(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto page = api.call("GET", fmt::format("/api/v1/quarantine?status={}&limit={}&cursor={}",
                                                percent_encode(options.status), options.limit,
                                                percent_encode(options.cursor)));
  if (!page.ok()) return shell.fail(page.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& event : page->find("data")->as_array())
    rows.push_back({cell(event, "id"), cell(event, "received_at"), cell(event, "where"),
                    cell(event, "reason")});
  std::string text =
      table({"ID", "RECEIVED", "WHERE", "REASON"}, rows, "Nothing is in quarantine.");
  if (const auto next = page->text("next"); !next.empty())
    text += fmt::format("Go on with --cursor {}\n", next);
  return shell.done(*page, text);
}

int show(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto event = api.call("GET", "/api/v1/quarantine/" + percent_encode(options.id));
  if (!event.ok()) return shell.fail(event.error());
  return shell.done(*event, to_pretty_text(*event));
}

Result<Json> corrected(const std::string& file) {
  if (file.empty()) return Json();
  std::ifstream open(file);
  if (file != "-" && !open) return not_found(fmt::format("cannot read {}", file));
  std::istream& in = file == "-" ? std::cin : open;
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_json(text);
}

int readmit(const Shell& shell, const Options& options) {
  const auto body = corrected(options.corrected);
  if (!body.ok()) return shell.fail(body.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = api.call(
      "POST", fmt::format("/api/v1/quarantine/{}/readmit", percent_encode(options.id)), *body);
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(
      *done, fmt::format("{} is taken, as sequence {}.", options.id, done->integer("sequence")));
}

}  // namespace

void add_quarantine(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto quarantine = app.command("quarantine", "Events that could not be taken");
  quarantine.needs_command();

  auto all = quarantine.command("list", "What waits, and what is wrong with it");
  all.option("--status", options->status, "waiting or readmitted");
  all.option("--limit", options->limit, "How many, up to 1000");
  all.option("--cursor", options->cursor, "Go on where the page before ended");
  all.footer("Example:\n  rapport quarantine list --key $READ_KEY");
  add_server_options(all, shell);
  on(all, shell, [&shell, options] { return list(shell, *options); });

  auto one = quarantine.command("get", "One of them with what was received");
  one.required("id", options->id, "Its id, as `quarantine list` shows it");
  one.footer("Example:\n  rapport quarantine get 00000000000000000012 --key $READ_KEY");
  add_server_options(one, shell);
  on(one, shell, [&shell, options] { return show(shell, *options); });

  auto take = quarantine.command("readmit", "Take one after all");
  take.required("id", options->id, "Its id, as `quarantine list` shows it");
  take.option("--corrected", options->corrected,
              "File with the corrected call, - for standard input; without it: as received");
  take.footer(
      "Example:\n  rapport quarantine readmit 00000000000000000012 --corrected call.json "
      "--key $WRITE_KEY");
  add_server_options(take, shell);
  on(take, shell, [&shell, options] { return readmit(shell, *options); });
}

}  // namespace rapport
