// `rapport events`: sends tracking calls from a file, and lists the log.
#include <fmt/format.h>

#include "base/system.h"
#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/event_sender.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string file;
  int64_t after = 0, limit = 50;
};

int send(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  ProgressLine progress("sending", shell.json);
  SystemClock clock;
  EventSender sender(api, clock,
                     [&](const EventSender::Sums& sums) { progress.show(sums.sent, 0, "events"); });
  const auto sent = sender.send_file(options.file);
  const auto& sums = sender.sums();
  const Json result = Json::object()
                          .set("sent", sums.sent)
                          .set("stored", sums.stored)
                          .set("repeated", sums.repeated)
                          .set("quarantined", sums.quarantined)
                          .set("sequence", sums.sequence);
  std::string text = fmt::format(
      "{} events sent: {} stored, {} repeated, {} quarantined; last "
      "sequence {}",
      sums.sent, sums.stored, sums.repeated, sums.quarantined, sums.sequence);
  if (sums.quarantined > 0)
    text += "\n`rapport quarantine list` (with a key that may read) says what is wrong with them.";
  if (sent.ok()) return shell.done(result, text);
  Error error = sent.error();
  if (sums.sent > 0)
    error.message +=
        fmt::format(" ({}). What was sent is stored; send the file again to go on", text);
  return shell.fail(error);
}

int list(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto page = api.call(
      "GET", fmt::format("/api/v1/events?after={}&limit={}", options.after, options.limit));
  if (!page.ok()) return shell.fail(page.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& event : page->find("data")->as_array()) {
    const Json* who = event.at_path("identities.0.value");
    rows.push_back({cell(event, "sequence"), cell(event, "received_at"), cell(event, "type"),
                    std::string(who && who->is_string() ? who->as_string() : "-")});
  }
  std::string text = table({"SEQUENCE", "RECEIVED", "TYPE", "WHO"}, rows, "No events there.");
  if (const auto next = page->text("next"); !next.empty())
    text += fmt::format("Go on with --after {}\n", next);
  return shell.done(*page, text);
}

}  // namespace

void add_events(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto events = app.command("events", "Send events, list the log");
  events.needs_command();

  auto give = events.command("send", "Send tracking calls from a file, one JSON a line");
  give.required("file", options->file, "NDJSON file, or - for standard input");
  give.footer(
      "Each line is one call with its type: "
      "{\"type\":\"track\",\"userId\":\"u-1\",\"event\":\"…\"}.\n"
      "A line without messageId gets one made of its text and place, so that sending the same "
      "file\n"
      "again stores nothing twice. Refusals for overload are waited out.\n"
      "Example:\n  rapport events send dialogues.ndjson --url http://localhost:8080 --key "
      "$INGEST_KEY");
  add_server_options(give, shell);
  on(give, shell, [&shell, options] { return send(shell, *options); });

  auto show = events.command("list", "Events in the order of the log");
  show.option("--after", options->after, "Only events with a greater sequence");
  show.option("--limit", options->limit, "How many, up to 1000");
  show.footer("Example:\n  rapport events list --after 100 --key $READ_KEY");
  add_server_options(show, shell);
  on(show, shell, [&shell, options] { return list(shell, *options); });
}

}  // namespace rapport
