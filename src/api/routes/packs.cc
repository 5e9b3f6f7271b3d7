// Packs: what is active, what a draft would change, and switching versions.
#include <fmt/format.h>

#include <algorithm>

#include "api/pack_view.h"
#include "api/problem.h"
#include "api/routes/declared.h"
#include "api/routes/routes.h"
#include "base/text.h"
#include "decide/pack/diff.h"
#include "decide/pack/static_findings.h"

namespace rapport::api {

using access::Scope;

namespace {

Result<std::optional<model::Record>> pack_record(Call& call, const std::string& id) {
  TRY_ASSIGN(auto found, call.tenant->state().load(
                             std::vector{model::RecordKey{std::string(model::kPack), id}}));
  return std::move(found.front());
}

Result<decide::PackFiles> version_files(Call& call, const std::string& name,
                                        std::string_view version) {
  TRY_ASSIGN(const auto content, pack_record(call, name + "@" + std::string(version)));
  if (!content)
    return not_found(fmt::format("{} was never active in version '{}'", cut_utf8(name, 100),
                                 cut_utf8(version, 60)));
  return files_of(*content);
}

Json show_head(const model::Record& pack, const Json& view) {
  const Json& fields = pack.fields;
  return Json::object()
      .set("name", fields.text("name"))
      .set("says", view.text("says"))
      .set("status", fields.text("status"))
      .set("version", fields.text("version"))
      .set("activated_at", fields.text("activated_at"))
      .set("by", fields.text("by"));
}

// By name. The record of names saves reading the contents of every version.
Result<HttpResponse> list_packs(Call& call) {
  store::State& state = call.tenant->state();
  TRY_ASSIGN(const auto known,
             state.load(std::vector{model::RecordKey{std::string(model::kDefinitions), "packs"}}));
  std::vector<model::RecordKey> keys;
  if (known.front())
    for (const auto& [name, status] : known.front()->fields.as_object())
      keys.push_back({std::string(model::kPack), std::string(std::string_view(name))});
  std::sort(keys.begin(), keys.end());
  TRY_ASSIGN(const auto packs, state.load(keys));
  Json::Array rows;
  for (const auto& record : packs) {
    if (!record) continue;
    const auto files = version_files(call, record->key.id, record->fields.text("version"));
    rows.push_back(show_head(*record, files.ok() ? show_pack(*files) : Json::object()));
  }
  TRY_ASSIGN(const auto problems, call.context.declaring.problems(call.tenant->state()));
  return json_answer(
      Json::object().set("data", Json(std::move(rows))).set("problems", to_json(problems)));
}

Result<HttpResponse> get_pack(Call& call) {
  const std::string& name = call.path.at("name");
  TRY_ASSIGN(const auto pack, pack_record(call, name));
  if (!pack || pack->fields.text("status").empty())
    return not_found(fmt::format("there never was a pack '{}' here", cut_utf8(name, 100)));
  TRY_ASSIGN(const auto files, version_files(call, name, pack->fields.text("version")));
  const Json view = show_pack(files);
  Json out = show_head(*pack, view);
  for (const char* part : {"uses", "sections"}) out.set(part, *view.find(part));
  return json_answer(out.set("history", *pack->fields.find("history")));
}

Result<HttpResponse> get_version(Call& call) {
  const std::string &name = call.path.at("name"), &version = call.path.at("version");
  TRY_ASSIGN(const auto files, version_files(call, name, version));
  return json_answer(
      Json::object().set("name", name).set("version", version).set("files", to_json(files)));
}

Result<decide::PackFiles> draft(Call& call) {
  const Json* files = call.body.is_object() ? call.body.find("files") : nullptr;
  return read_files(call.path.at("name"), files ? *files : Json());
}

Result<HttpResponse> check(Call& call) {
  TRY_ASSIGN(const auto files, draft(call));
  TRY_ASSIGN(const auto considered, call.context.declaring.consider(call.tenant->state(), files));
  return json_answer(Json::object()
                         .set("name", files.name)
                         .set("version", decide::pack_version(files))
                         .set("fits", considered.problems.empty())
                         .set("problems", to_json(considered.problems)));
}

// What is odd about the packs that would be active side by side, as far as it stands in this one.
Result<Json> findings_with(Call& call, const decide::PackFiles& files) {
  std::vector<decide::PackSpec> packs;
  decide::Elsewhere elsewhere;
  const auto add = [&](const decide::PackFiles& one) {
    decide::PackRead read = decide::read_pack(one);
    decide::add_elsewhere(read, elsewhere);
    packs.push_back(std::move(read.pack));
  };
  TRY_ASSIGN(const auto active, active_packs(call.tenant->state()));
  for (const model::Record& pack : active)
    if (pack.fields.text("name") != files.name) add(files_of(pack));
  add(files);
  Json all = Json::array();
  for (const decide::Finding& finding : decide::static_findings(packs, elsewhere)) {
    if (!finding.place.file.starts_with(files.name + "/")) continue;
    const bool error = finding.level == decide::Finding::Level::kError;
    all.push_back(Json::object()
                      .set("level", error ? "error" : "warning")
                      .set("code", finding.code)
                      .set("message", finding.message)
                      .set("file", finding.place.file)
                      .set("line", finding.place.line)
                      .set("column", finding.place.column));
  }
  return all;
}

// What would be switched, for the person who is to do so.
Result<HttpResponse> plan(Call& call) {
  TRY_ASSIGN(const auto files, draft(call));
  TRY_ASSIGN(const auto considered, call.context.declaring.consider(call.tenant->state(), files));
  TRY_ASSIGN(const std::string active, active_version(call.tenant->state(), files.name));
  decide::PackFiles before{files.name, {}};
  if (!active.empty()) {
    TRY_ASSIGN(before, version_files(call, files.name, active));
  }
  Json changes = Json::array();
  std::string words;
  if (const auto diff = decide::diff_packs(before, files); diff.ok()) {
    changes = *decide::to_json(*diff).find("changes");
    words = decide::to_text(*diff);
  }  // a file that is no YAML is among the problems
  TRY_ASSIGN(Json findings, findings_with(call, files));
  return json_answer(Json::object()
                         .set("name", files.name)
                         .set("active", active.empty() ? Json() : Json(active))
                         .set("version", decide::pack_version(files))
                         .set("changes", std::move(changes))
                         .set("words", words)
                         .set("findings", std::move(findings))
                         .set("problems", to_json(considered.problems)));
}

Result<HttpResponse> answer(Call& call, const Declaring::Activated& done) {
  if (!done.problems.empty()) return refused(done.problems);
  note_packs(call);
  return json_answer(
      Json::object()
          .set("name", call.path.at("name"))
          .set("version", done.version)
          .set("changed", done.sequence.value != 0)
          .set("sequence", done.sequence.value == 0 ? Json() : Json(done.sequence.value)));
}

Result<HttpResponse> activate(Call& call) {
  TRY_ASSIGN(const auto files, draft(call));
  std::optional<std::string> expected;
  if (const Json* given = call.body.find("expected_version")) {
    if (!given->is_string() && !given->is_null())
      return invalid("expected_version must be a version, or null for none", "expected_version");
    expected = given->is_string() ? std::string(given->as_string()) : std::string();
  }
  TRY_ASSIGN(const auto done, call.context.declaring.activate(declarer(call), files, expected));
  return answer(call, done);
}

Result<HttpResponse> roll_back(Call& call) {
  TRY_ASSIGN(const std::string version, text_of(call, "version"));
  TRY_ASSIGN(const auto done,
             call.context.declaring.roll_back(declarer(call), call.path.at("name"), version));
  return answer(call, done);
}

Result<HttpResponse> deactivate(Call& call) {
  TRY_ASSIGN(const Sequence sequence,
             call.context.declaring.deactivate(declarer(call), call.path.at("name")));
  note_packs(call);
  return json_answer(
      Json::object().set("name", call.path.at("name")).set("sequence", sequence.value));
}

}  // namespace

std::vector<Route> pack_routes() {
  const std::string all = "/api/v1/packs", one = all + "/{name}";
  const auto route = [](const char* method, std::string path, const char* operation, Scope scope,
                        Handler handler) {
    return Route{method, std::move(path), operation, Where::kWorkspace, scope, std::move(handler)};
  };
  return {
      route("GET", all, "listPacks", Scope::kRead, list_packs),
      route("GET", one, "getPack", Scope::kRead, get_pack),
      route("GET", one + "/versions/{version}", "getPackVersion", Scope::kRead, get_version),
      route("POST", one + "/check", "checkPack", Scope::kRead, check),
      route("POST", one + "/plan", "planPack", Scope::kRead, plan),
      route("PUT", one, "activatePack", Scope::kWrite, activate),
      route("POST", one + "/rollback", "rollBackPack", Scope::kWrite, roll_back),
      route("DELETE", one, "deactivatePack", Scope::kWrite, deactivate),
  };
}

}  // namespace rapport::api
