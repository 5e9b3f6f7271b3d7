// `rapport contacts`: looks people up, merges them, undoes that, erases them.
#include <fmt/format.h>

#include "base/text.h"
#include "main/api_client.h"
#include "main/commands/commands.h"

namespace rapport {

namespace {

struct Options {
  std::string who, other;
  int64_t merge_sequence = 0;
  bool yes = false;
};

// A contact by its id, e-mail, phone (with +) or, failing those, the sender's id.
Result<Json> find(ApiClient& api, const std::string& who) {
  if (who.starts_with("con_")) return api.call("GET", "/api/v1/contacts/" + percent_encode(who));
  const std::string_view by = who.find('@') != who.npos ? "email"
                              : who.starts_with('+')    ? "phone"
                                                        : "external_id";
  TRY_ASSIGN(const Json page,
             api.call("GET", fmt::format("/api/v1/contacts?{}={}", by, percent_encode(who))));
  const Json* found = page.at_path("data.0");
  if (!found) return not_found(fmt::format("there is no contact with {} {}", by, who));
  return *found;
}

Result<std::string> id_of(ApiClient& api, const std::string& who) {
  TRY_ASSIGN(const Json contact, find(api, who));
  return std::string(contact.text("id"));
}

int get(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto contact = find(api, options.who);
  if (!contact.ok()) return shell.fail(contact.error());
  return shell.done(*contact, to_pretty_text(*contact));
}

Result<Json> erase_now(ApiClient& api, const std::string& who) {
  // An id is passed on as it is: a contact half erased has no record any more.
  std::string id = who;
  if (!who.starts_with("con_")) {
    TRY_ASSIGN(id, id_of(api, who));
  }
  return api.call("DELETE", "/api/v1/contacts/" + percent_encode(id));
}

int erase(const Shell& shell, const Options& options) {
  if (!options.yes)
    return shell.fail(
        invalid(fmt::format("this erases all that is known of {} and cannot be undone; "
                            "add --yes",
                            options.who),
                "--yes"));
  ApiClient api(shell.server_url(), shell.server_key());
  const auto report = erase_now(api, options.who);
  if (!report.ok()) return shell.fail(report.error());
  return shell.done(*report, fmt::format("{} is erased here. Records in connected systems stay: "
                                         "erase them there.",
                                         options.who));
}

Result<Json> merge_now(ApiClient& api, const Options& options) {
  TRY_ASSIGN(const std::string keep, id_of(api, options.who));
  TRY_ASSIGN(const std::string other, id_of(api, options.other));
  return api.call("POST", "/api/v1/contacts/" + percent_encode(keep) + "/merge",
                  Json::object().set("contact", other));
}

int merge(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = merge_now(api, options);
  if (!done.ok()) return shell.fail(done.error());
  const std::string id(done->find("contact")->text("id"));
  return shell.done(*done, fmt::format("Merged into {}. To undo: rapport contacts unmerge {} "
                                       "--merge-sequence {}",
                                       id, id, done->integer("merge_sequence")));
}

Result<Json> unmerge_now(ApiClient& api, const Options& options) {
  TRY_ASSIGN(const std::string id, id_of(api, options.who));
  Json body = Json::object();
  if (options.merge_sequence > 0) body.set("merge_sequence", options.merge_sequence);
  return api.call("POST", "/api/v1/contacts/" + percent_encode(id) + "/unmerge", body);
}

int unmerge(const Shell& shell, const Options& options) {
  ApiClient api(shell.server_url(), shell.server_key());
  const auto done = unmerge_now(api, options);
  if (!done.ok()) return shell.fail(done.error());
  std::string ids;
  for (const Json& contact : done->find("contacts")->as_array())
    ids += fmt::format("  {}\n", contact.text("id"));
  return shell.done(*done, "Split. Now there are:\n" + ids);
}

constexpr const char* kWho = "Its id, e-mail, phone with +, or the sender's id";

}  // namespace

void add_contacts(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto contacts = app.command("contacts", "Look up, merge, split and erase people");
  contacts.needs_command();

  auto one = contacts.command("get", "One contact");
  one.required("who", options->who, kWho);
  one.footer("Example:\n  rapport contacts get ana@acme.example --key $READ_KEY");
  add_server_options(one, shell);
  on(one, shell, [&shell, options] { return get(shell, *options); });

  auto gone = contacts.command("erase", "Erase a person for good");
  gone.required("who", options->who, kWho);
  gone.flag("--yes", options->yes, "Yes, erase");
  gone.footer(
      "Example:\n  rapport contacts erase ana@acme.example --yes --key $ERASE_KEY\n"
      "The key needs the scopes erase and, unless an id is given, read.");
  add_server_options(gone, shell);
  on(gone, shell, [&shell, options] { return erase(shell, *options); });

  auto join = contacts.command("merge", "Make two contacts one");
  join.required("who", options->who, kWho);
  join.required("other", options->other, "The other one");
  join.footer(
      "Example:\n  rapport contacts merge ana@acme.example ana@home.example --key $WRITE_KEY");
  add_server_options(join, shell);
  on(join, shell, [&shell, options] { return merge(shell, *options); });

  auto split = contacts.command("unmerge", "Undo a merge");
  split.required("who", options->who, kWho);
  split.option("--merge-sequence", options->merge_sequence,
               "Which: `sequence` of one of the contact's joins; without it: the latest");
  split.footer("Example:\n  rapport contacts unmerge ana@acme.example --key $WRITE_KEY");
  add_server_options(split, shell);
  on(split, shell, [&shell, options] { return unmerge(shell, *options); });
}

}  // namespace rapport
