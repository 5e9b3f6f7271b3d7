// `rapport packs`: what is active in a workspace, and switching it.
#include "main/packs.h"

#include <fmt/format.h>

#include "api/declaring.h"
#include "base/posix_disk.h"
#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string name, version, folder, expected, record, event, properties;
  std::vector<std::string> folders, set, reset;
};

std::string path_of(std::string_view pack, std::string_view rest = {}) {
  return fmt::format("/api/v1/packs/{}{}", percent_encode(pack), rest);
}

// "file:3:5: …", a line each.
std::string lines_of(const Json& problems) {
  std::string text;
  for (const Json& one : problems.as_array()) text += fmt::format("  {}\n", one.text("message"));
  return text;
}

Result<decide::PackFiles> read(const Shell& shell, const std::string& name) {
  PosixDisk disk;
  Settings settings;
  if (auto own = shell.settings(); own.ok()) settings = std::move(*own);
  TRY_ASSIGN(const auto found, find_packs(disk, packs_folder(disk, settings), name));
  if (found.size() != 1)
    return invalid(fmt::format("{} holds {} packs: name one of them", name, found.size()),
                   "folder");
  return read_pack_folder(disk, found.front());
}

int list(const Shell& shell) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto all = api.call("GET", "/api/v1/packs");
  if (!all.ok()) return shell.fail(all.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : all->find("data")->as_array())
    rows.push_back({cell(one, "name"), cell(one, "status"), cell(one, "version"),
                    cell(one, "activated_at"), cell(one, "by"), cell(one, "says")});
  std::string text = table({"PACK", "STATUS", "VERSION", "SINCE", "BY", ""}, rows,
                           "No pack was ever active here.");
  if (const Json& problems = *all->find("problems"); !problems.as_array().empty())
    text += "\nWhat is active cannot be compiled, and no pack decides:\n" + lines_of(problems);
  return shell.done(*all, text);
}

int show(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto pack = api.call("GET", path_of(options.name));
  if (!pack.ok()) return shell.fail(pack.error());
  std::string text = fmt::format("{}: {}\n{} in version {} since {}, by {}\n", pack->text("name"),
                                 pack->text("says"), pack->text("status"), pack->text("version"),
                                 pack->text("activated_at"), pack->text("by"));
  for (const auto& [section, entries] : pack->find("sections")->as_object()) {
    text += fmt::format("\n{}\n", std::string_view(section));
    for (const Json& entry : entries.as_array())
      text += fmt::format("  {:<32} {}\n", entry.text("id"), entry.text("says"));
  }
  text += "\nhistory\n";
  for (const Json& one : pack->find("history")->as_array())
    text += fmt::format("  {}  {}  {}\n", one.text("at"), one.text("version"), one.text("by"));
  return shell.done(*pack, text);
}

int check(const Shell& shell, const Options& options) {
  const auto files = read(shell, options.folder);
  if (!files.ok()) return shell.fail(files.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto checked = api.call("POST", path_of(files->name, "/check"),
                                Json::object().set("files", api::to_json(*files)));
  if (!checked.ok()) return shell.fail(checked.error());
  const bool fits = checked->flag("fits");
  shell.done(*checked,
             fits ? fmt::format("{} {} fits what is active.", files->name, checked->text("version"))
                  : lines_of(*checked->find("problems")));
  return fits ? 0 : kFindings;
}

int plan(const Shell& shell, const Options& options) {
  const auto files = read(shell, options.folder);
  if (!files.ok()) return shell.fail(files.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto plan = api.call("POST", path_of(files->name, "/plan"),
                             Json::object().set("files", api::to_json(*files)));
  if (!plan.ok()) return shell.fail(plan.error());
  std::string text =
      fmt::format("{}: {} -> {}\n", files->name, cell(*plan, "active"), plan->text("version"));
  for (const Json& change : plan->find("changes")->as_array())
    if (change.text("kind") != "changed")
      text += fmt::format("  {} {} {}\n", change.text("kind"), change.text("section"),
                          change.text("id"));
  for (std::string_view line : split(plan->text("words"), '\n'))
    if (!line.empty()) text += fmt::format("  {}\n", line);
  if (const Json& findings = *plan->find("findings"); !findings.as_array().empty())
    text += "\nTo be looked at:\n" + lines_of(findings);
  const bool fits = plan->find("problems")->as_array().empty();
  if (!fits) text += "\nIt cannot be activated:\n" + lines_of(*plan->find("problems"));
  shell.done(*plan, text);
  return fits ? 0 : kFindings;
}

// Every folder is read before the first is sent.
Result<std::vector<decide::PackFiles>> read_all(const Shell& shell,
                                                const std::vector<std::string>& names) {
  PosixDisk disk;
  Settings settings;
  if (auto own = shell.settings(); own.ok()) settings = std::move(*own);
  std::vector<decide::PackFiles> packs;
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto folders, find_packs(disk, packs_folder(disk, settings), name));
    for (const std::string& folder : folders) {
      TRY_ASSIGN(auto files, read_pack_folder(disk, folder));
      packs.push_back(std::move(files));
    }
  }
  return in_order_of_use(std::move(packs));
}

int activate(const Shell& shell, const Options& options) {
  const auto packs = read_all(shell, options.folders);
  if (!packs.ok()) return shell.fail(packs.error());
  if (!options.expected.empty() && packs->size() != 1)
    return shell.fail(invalid("--expected goes with one pack", "--expected"));
  ApiClient api(shell.server_url(), shell.server_key());
  Json rows = Json::array();
  std::string text;
  for (const auto& files : *packs) {
    Json body = Json::object().set("files", api::to_json(files));
    if (!options.expected.empty())
      body.set("expected_version", options.expected == "none" ? Json() : Json(options.expected));
    const auto done = api.call("PUT", path_of(files.name), body);
    if (!done.ok()) {
      if (!text.empty() && !shell.json) fmt::print("{}", text);
      return shell.fail(done.error());
    }
    text += fmt::format("{} {}: {}\n", files.name, done->text("version"),
                        done->flag("changed") ? "active" : "was active already");
    rows.push_back(*done);
  }
  return shell.done(Json::object().set("data", std::move(rows)), text);
}

int roll_back(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = api.call("POST", path_of(options.name, "/rollback"),
                             Json::object().set("version", options.version));
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(*done, fmt::format("{} {} is active again.", options.name, options.version));
}

int deactivate(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = api.call("DELETE", path_of(options.name));
  if (!done.ok()) return shell.fail(done.error());
  return shell.done(*done,
                    fmt::format("{} is not active any more; what it made stays.", options.name));
}

Result<Json> trial_of(const Options& options, const decide::PackFiles& files) {
  const size_t slash = options.record.find('/');
  if (slash == options.record.npos)
    return invalid("--record is TYPE/ID, such as contact/con_…", "--record");
  Json body = Json::object().set("files", api::to_json(files));
  body.set("record", Json::object()
                         .set("type", options.record.substr(0, slash))
                         .set("id", options.record.substr(slash + 1)));
  if (options.event.empty()) return body;
  Json event = Json::object().set("type", options.event);
  if (!options.properties.empty()) {
    TRY_ASSIGN(Json properties, parse_json(options.properties));
    event.set("properties", std::move(properties));
  }
  return body.set("event", std::move(event));
}

int try_out(const Shell& shell, const Options& options) {
  const auto files = read(shell, options.folder);
  if (!files.ok()) return shell.fail(files.error());
  const auto body = trial_of(options, *files);
  if (!body.ok()) return shell.fail(body.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto tried = api.call("POST", path_of(files->name, "/try"), *body);
  if (!tried.ok()) return shell.fail(tried.error());
  return shell.done(*tried, to_pretty_text(*tried));
}

// "hot=15", "names=[\"a\"]": JSON where it is some, else a text.
Result<Json> change_of(const Options& options) {
  Json change = Json::object();
  for (const std::string& one : options.set) {
    const size_t sign = one.find('=');
    if (sign == 0 || sign == one.npos)
      return invalid(fmt::format("--set is NAME=VALUE, not '{}'", one), "--set");
    const auto value = parse_json(one.substr(sign + 1));
    change.set(one.substr(0, sign), value.ok() ? *value : Json(one.substr(sign + 1)));
  }
  for (const std::string& one : options.reset) change.set(one, nullptr);
  return change;
}

int settings(const Shell& shell, const Options& options) {
  const auto change = change_of(options);
  if (!change.ok()) return shell.fail(change.error());
  ApiClient api(shell.server_url(), shell.server_key());
  const auto all = change->as_object().empty() ? api.call("GET", "/api/v1/settings")
                                               : api.call("PATCH", "/api/v1/settings", *change);
  if (!all.ok()) return shell.fail(all.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : all->find("data")->as_array()) {
    const Json& value = *one.find("value");
    const Json& usual = *one.find("default");
    const auto word = [](const Json& of) {
      return of.is_string() ? std::string(of.as_string()) : to_text(of);
    };
    rows.push_back({cell(one, "name"), word(value), one.flag("changed") ? word(usual) : "",
                    cell(one, "pack"), cell(one, "says")});
  }
  return shell.done(*all, table({"SETTING", "VALUE", "DEFAULT", "PACK", ""}, rows,
                                "No active pack has settings."));
}

constexpr const char* kFolder = "Its folder, or the name of a shipped pack";

}  // namespace

void add_packs(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto packs = app.command("packs", "What is declared in a workspace: look, check, plan, switch");
  packs.needs_command();
  const auto add = [&](const char* name, const char* says, const char* example,
                       std::function<void(const Command&)> take, auto run) {
    auto one = packs.command(name, says);
    take(one);
    one.footer(std::string("Example:\n  rapport packs ") + example + " --key $WRITE_KEY");
    add_server_options(one, shell);
    on(one, shell, [&shell, options, run] { return run(shell, *options); });
  };
  const auto by_name = [options](const Command& c) {
    c.required("name", options->name, "Name of the pack");
  };
  const auto by_folder = [options](const Command& c) {
    c.required("folder", options->folder, kFolder);
  };
  add(
      "list", "The packs, and what is wrong with them", "list", [](const Command&) {},
      [](const Shell& s, const Options&) { return list(s); });
  add("show", "One pack: what it declares, its history", "show cost-support", by_name, show);
  add("check", "Whether a folder fits what is active; 3 when it does not",
      "check packs/cost-support", by_folder, check);
  add("plan", "What activating a folder would change; 3 when it cannot be activated",
      "plan packs/cost-support", by_folder, plan);
  add(
      "activate", "Make folders the active versions, those that others use first",
      "activate packs/*",
      [options](const Command& c) {
        c.required("folder", options->folders,
                   "Folders of packs, names of shipped packs, or `all` of these");
        c.option("--expected", options->expected,
                 "Only if this version is active, `none` for none");
      },
      activate);
  add(
      "rollback", "Go back to a version that was active before", "rollback cost-support 1f…",
      [options, by_name](const Command& c) {
        by_name(c);
        c.required("version", options->version, "The version, as `show` lists them");
      },
      roll_back);
  add("deactivate", "No version of the pack decides any more", "deactivate cost-support", by_name,
      deactivate);
  add(
      "try", "What a folder would decide about a record; nothing is stored",
      "try packs/x --record contact/con_… --event subscription.cancelled",
      [options, by_folder](const Command& c) {
        by_folder(c);
        c.required("--record", options->record, "TYPE/ID of the record");
        c.option("--event", options->event,
                 "Type of an event about it; without one: as time passes");
        c.option("--properties", options->properties, "Properties of the event, as JSON");
      },
      try_out);
  add(
      "settings", "The settings of the active packs, and changing them", "settings --set hot=15",
      [options](const Command& c) {
        c.option("--set", options->set, "NAME=VALUE");
        c.option("--reset", options->reset, "NAME: back to the pack's own value");
      },
      settings);
}

}  // namespace rapport
