// `rapport connections`, `rapport dead-letters`, `rapport sync`: how the connected systems stand.
#include <fmt/format.h>

#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string connection, type, id, cursor, object;
  std::vector<std::string> set, unset;
  int64_t limit = 50;
  bool all = false;
};

int authorize(const Shell& shell, const std::string& connection) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto begun =
      api.call("POST", fmt::format("/api/v1/connections/{}/authorize", percent_encode(connection)));
  if (!begun.ok()) return shell.fail(begun.error());
  return shell.done(*begun, fmt::format("Open this address in a browser within ten minutes and "
                                        "choose the account:\n\n  {}\n\nThen: rapport "
                                        "connections test {}",
                                        begun->text("url"), connection));
}

int test(const Shell& shell, const std::string& connection) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto tested =
      api.call("POST", fmt::format("/api/v1/connections/{}/test", percent_encode(connection)));
  if (!tested.ok()) return shell.fail(tested.error());
  return shell.done(*tested, fmt::format("{} works: account {} of {}.", connection,
                                         tested->text("account"), tested->text("vendor")));
}

std::string path_of(const Options& options, std::string_view rest) {
  return fmt::format("/api/v1/connections/{}{}", percent_encode(options.connection), rest);
}

int list(const Shell& shell) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto all = api.call("GET", "/api/v1/connections");
  if (!all.ok()) return shell.fail(all.error());
  std::vector<std::vector<std::string>> rows, problems;
  for (const Json& one : all->find("data")->as_array()) {
    rows.push_back({cell(one, "id"), cell(one, "vendor"), cell(one, "state"), cell(one, "waiting"),
                    cell(one, "done_at"), cell(one, "why")});
    if (const Json* list = one.find("problems"); list && list->is_array())
      for (const Json& problem : list->as_array())
        problems.push_back({cell(one, "id"), std::string(problem.as_string())});
  }
  std::string text = table({"ID", "VENDOR", "STATE", "WAITING", "DONE AT", "WHY"}, rows,
                           "There is no connection; add one to the settings.");
  if (!problems.empty()) text += "\n" + table({"ID", "PROBLEMS"}, problems, "");
  return shell.done(*all, text);
}

int change(const Shell& shell, const Options& options, std::string_view what) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = api.call("POST", path_of(options, fmt::format("/{}", what)));
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(*done, done->flag("paused")
                               ? fmt::format("{} is paused; what changes waits and is not lost.",
                                             options.connection)
                               : fmt::format("{} goes on.", options.connection));
}

int dead_letters(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto page =
      api.call("GET", path_of(options, fmt::format("/dead-letters?limit={}&cursor={}",
                                                   options.limit, percent_encode(options.cursor))));
  if (!page.ok()) return shell.fail(page.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : page->find("data")->as_array()) {
    std::string why = cell(one, "message"), edited;
    for (const Json& edit : one.find("edits")->as_array())
      edited += (edited.empty() ? " (edited: " : ", ") + std::string(edit.text("property"));
    rows.push_back({cell(one, "type"), cell(one, "record"), cell(one, "class"),
                    cell(one, "refused_at"), why + edited + (edited.empty() ? "" : ")")});
  }
  std::string text =
      table({"TYPE", "RECORD", "CLASS", "REFUSED AT", "WHY"}, rows, "Nothing was refused.");
  if (const auto next = page->text("next"); !next.empty())
    text += fmt::format("Go on with --cursor {}\n", next);
  return shell.done(*page, text);
}

int retry(const Shell& shell, const Options& options) {
  if (options.all == !options.id.empty())
    return shell.fail(invalid("name one record with --type and --id, or say --all", "--all"));
  Json body = Json::object();
  if (!options.all)
    body.set("records",
             Json::Array{Json::object().set("type", options.type).set("id", options.id)});
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = api.call("POST", path_of(options, "/dead-letters/retry"), body);
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(*done, fmt::format("{} records are sent again.", done->integer("retried")));
}

// From --set property=value and --unset property.
Result<Json> edits_from(const Options& options) {
  Json values = Json::object();
  for (const std::string& one : options.set) {
    const size_t equals = one.find('=');
    if (equals == 0 || equals == one.npos)
      return invalid(fmt::format("'{}' is not property=value", one), "--set");
    values.set(one.substr(0, equals), one.substr(equals + 1));
  }
  for (const std::string& property : options.unset) values.set(property, Json());
  if (values.as_object().empty())
    return invalid("say what to send instead: --set property=value, or --unset property", "--set");
  Json body = Json::object().set("set", std::move(values));
  if (!options.object.empty()) body.set("object", options.object);
  return body;
}

int edit(const Shell& shell, const Options& options) {
  const auto body = edits_from(options);
  if (!body.ok()) return shell.fail(body.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done =
      api.call("PATCH",
               path_of(options, fmt::format("/dead-letters/{}/{}", percent_encode(options.type),
                                            percent_encode(options.id))),
               *body);
  if (!done.ok()) return shell.fail(done.error());
  const size_t edits = done->find("edits")->as_array().size();
  return shell.done(*done, fmt::format("{} {} is sent again{}.", options.type, options.id,
                                       edits == 0 ? " as it is mapped"
                                                  : fmt::format(" with {} edited value{}", edits,
                                                                edits == 1 ? "" : "s")));
}

int sync_status(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto status = api.call(
      "GET",
      fmt::format("/api/v1/sync/{}/{}", percent_encode(options.type), percent_encode(options.id)));
  if (!status.ok()) return shell.fail(status.error());
  return shell.done(*status, to_pretty_text(*status));
}

void add_changes(const Command& connections, Shell& shell,
                 const std::shared_ptr<Options>& options) {
  for (const auto& [what, about] :
       {std::pair{"pause", "Send nothing more until it is resumed; nothing is lost"},
        std::pair{"resume", "Go on at once, also where it waits after a failure"}}) {
    auto one = connections.command(what, about);
    one.required("connection", options->connection, "Its id, such as crm");
    one.footer(fmt::format("Example:\n  rapport connections {} crm --key $KEY", what));
    add_server_options(one, shell);
    on(one, shell,
       [&shell, options, word = std::string(what)] { return change(shell, *options, word); });
  }
}

void add_dead_letters(const Command& app, Shell& shell, const std::shared_ptr<Options>& options) {
  auto letters = app.command("dead-letters", "Records that a connected system refused");
  letters.needs_command();
  auto all = letters.command("list", "What was refused, and why");
  all.required("connection", options->connection, "Its id, such as crm");
  all.option("--limit", options->limit, "How many, up to 1000");
  all.option("--cursor", options->cursor, "Go on where the page before ended");
  all.footer("Example:\n  rapport dead-letters list crm --key $READ_KEY");
  add_server_options(all, shell);
  on(all, shell, [&shell, options] { return dead_letters(shell, *options); });

  auto other = letters.command("edit", "Send one with other values than those mapped");
  other.required("connection", options->connection, "Its id, such as crm");
  other.required("--type", options->type, "Type of the record, such as contact");
  other.required("--id", options->id, "Id of the record");
  other.option("--object", options->object, "The CRM's object, where several were refused");
  other.option("--set", options->set, "property=value; an empty value leaves it out");
  other.option("--unset", options->unset, "Take an edit of this property back");
  other.footer(
      "Example:\n  rapport dead-letters edit crm --type contact --id con_0000 --set "
      "jobtitle=Director --key $KEY");
  add_server_options(other, shell);
  on(other, shell, [&shell, options] { return edit(shell, *options); });

  auto again = letters.command("retry", "Send one of them, or all, again");
  again.required("connection", options->connection, "Its id, such as crm");
  again.option("--type", options->type, "contact, account, conversation or ticket");
  again.option("--id", options->id, "Id of the record");
  again.flag("--all", options->all, "All that were refused, up to 1000");
  again.footer("Example:\n  rapport dead-letters retry crm --all --key $KEY");
  add_server_options(again, shell);
  on(again, shell, [&shell, options] { return retry(shell, *options); });
}

}  // namespace

void add_connections(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto connections = app.command("connections", "How the connected systems stand");
  connections.needs_command();
  auto all = connections.command("list", "State, backlog and when it will be done");
  all.footer("Example:\n  rapport connections list --key $READ_KEY");
  add_server_options(all, shell);
  on(all, shell, [&shell] { return list(shell); });
  add_changes(connections, shell, options);
  auto allow = connections.command("authorize", "Let a person grant access (OAuth)");
  allow.required("connection", options->connection, "Its id, such as crm");
  allow.footer("Example:\n  rapport connections authorize crm --key $KEY");
  add_server_options(allow, shell);
  on(allow, shell, [&shell, options] { return authorize(shell, options->connection); });
  auto check = connections.command("test", "Ask the CRM whose account this is");
  check.required("connection", options->connection, "Its id, such as crm");
  check.footer("Example:\n  rapport connections test crm --key $KEY");
  add_server_options(check, shell);
  on(check, shell, [&shell, options] { return test(shell, options->connection); });
  add_dead_letters(app, shell, options);

  auto status = app.command("sync", "How one record stands in each connected system");
  status.required("type", options->type, "contact, account, conversation or ticket");
  status.required("id", options->id, "Id of the record");
  status.footer("Example:\n  rapport sync contact con_0000 --key $READ_KEY");
  add_server_options(status, shell);
  on(status, shell, [&shell, options] { return sync_status(shell, *options); });
}

}  // namespace rapport
