// `rapport users`: whom work is given to.
#include <fmt/format.h>

#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/table.h"

namespace rapport {

namespace {

struct Options {
  std::string id, name, email, presence, role_filter, team_filter;
  std::vector<std::string> roles, teams, skills, languages, territories;
  int64_t capacity = -1;
};

std::string path_of(const Options& options, std::string_view rest = {}) {
  return fmt::format("/api/v1/users/{}{}", percent_encode(options.id), rest);
}

int list(const Shell& shell, const Options& options) {
  std::string path = "/api/v1/users?limit=1000";
  if (!options.role_filter.empty()) path += "&role=" + percent_encode(options.role_filter);
  if (!options.team_filter.empty()) path += "&team=" + percent_encode(options.team_filter);
  ApiClient api(shell.server_url(), shell.server_key());
  const auto page = api.call("GET", path);
  if (!page.ok()) return shell.fail(page.error());
  std::vector<std::vector<std::string>> rows;
  for (const Json& one : page->find("data")->as_array())
    rows.push_back({cell(one, "id"), cell(one, "name"), cell(one, "email"), cell(one, "roles"),
                    cell(one, "teams"), cell(one, "presence")});
  return shell.done(*page, table({"USER", "NAME", "E-MAIL", "ROLES", "TEAMS", "PRESENCE"}, rows,
                                 "There are no users."));
}

int set(const Shell& shell, const Options& options) {
  Json body = Json::object();
  const auto text = [&](const char* member, const std::string& value) {
    if (!value.empty()) body.set(member, value);
  };
  const auto texts = [&](const char* member, const std::vector<std::string>& values) {
    if (values.empty()) return;
    Json all = Json::array();
    for (const std::string& value : values) all.push_back(value);
    body.set(member, std::move(all));
  };
  text("name", options.name);
  text("email", options.email);
  texts("roles", options.roles);
  texts("teams", options.teams);
  texts("skills", options.skills);
  texts("languages", options.languages);
  texts("territories", options.territories);
  if (options.capacity >= 0) body.set("capacity", options.capacity);
  ApiClient api(shell.server_url(), shell.server_key());
  const auto made = api.call("PUT", path_of(options), body);
  if (!made.ok()) return shell.fail(made.error());
  return shell.done(*made, to_pretty_text(*made));
}

int set_presence(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto made = api.call("PUT", path_of(options, "/presence"),
                             Json::object().set("presence", options.presence));
  if (!made.ok()) return shell.fail(made.error());
  return shell.done(*made, fmt::format("{} is {}.", options.id, options.presence));
}

int remove(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto gone = api.call("DELETE", path_of(options));
  if (!gone.ok()) return shell.fail(gone.error());
  return shell.done(
      Json::object().set("removed", options.id),
      fmt::format("{} is gone; what was given to them stays theirs by name.", options.id));
}

}  // namespace

void add_users(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto users = app.command("users", "Whom work is given to: roles, teams, presence");
  users.needs_command();

  auto all = users.command("list", "The users");
  all.option("--role", options->role_filter, "Only those with this role");
  all.option("--team", options->team_filter, "Only those of this team");
  all.footer("Example:\n  rapport users list --role manager --key $READ_KEY");
  add_server_options(all, shell);
  on(all, shell, [&shell, options] { return list(shell, *options); });

  auto one = users.command("set", "Make a user, or say anew who it is");
  one.required("id", options->id, "Yours");
  one.option("--name", options->name, "Name");
  one.option("--email", options->email, "E-mail, under which events may name the user");
  one.option("--role", options->roles, "Role, such as agent, manager, csm");
  one.option("--team", options->teams, "Team");
  one.option("--skill", options->skills, "Skill");
  one.option("--language", options->languages, "Language, such as en");
  one.option("--territory", options->territories, "Territory");
  one.option("--capacity", options->capacity, "Open records at most");
  one.footer(
      "What is left out is gone.\nExample:\n  rapport users set ana --email ana@we.example --role "
      "agent --team vip --key $WRITE_KEY");
  add_server_options(one, shell);
  on(one, shell, [&shell, options] { return set(shell, *options); });

  auto here = users.command("presence", "Say whether somebody is there");
  here.required("id", options->id, "The user");
  here.required("presence", options->presence, "available, away or offline");
  here.footer("Example:\n  rapport users presence ana away --key $WRITE_KEY");
  add_server_options(here, shell);
  on(here, shell, [&shell, options] { return set_presence(shell, *options); });

  auto gone = users.command("remove", "Remove a user");
  gone.required("id", options->id, "The user");
  gone.footer("Example:\n  rapport users remove ana --key $WRITE_KEY");
  add_server_options(gone, shell);
  on(gone, shell, [&shell, options] { return remove(shell, *options); });
}

}  // namespace rapport
