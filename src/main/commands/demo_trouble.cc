#include "main/commands/demo_trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "api/problem.h"
#include "api/routes/routes.h"
#include "base/text.h"

namespace rapport {

namespace {

constexpr std::chrono::seconds kUseUpEvery{3};

struct Trouble {
  std::string_view name, label, fault;
};
constexpr Trouble kTroubles[] = {
    {"none", "Nothing: all is well", ""},
    {"down", "The CRM is down", R"({"kind":"no_connection","probability":1})"},
    {"slow", "The CRM answers slowly", R"({"kind":"slow_body","span_ms":4000,"probability":1})"},
    {"quota", "Somebody else uses up the quota", R"({"kind":"quota_used","calls":190})"},
};

const Trouble* trouble_named(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTroubles), std::end(kTroubles),
                                   [&](const auto& one) { return one.name == name; });
  return found == std::end(kTroubles) ? nullptr : found;
}

// A page of another site can have its name lead to this machine (DNS rebinding); the name it was
// asked by gives it away.
bool asked_as_this_machine(const HttpRequest& request) {
  std::string_view host = header(request.headers, "Host");
  if (const size_t colon = host.rfind(':'); colon != host.npos && !host.ends_with(']'))
    host = host.substr(0, colon);
  return api::from_this_machine(request) &&
         (host == "localhost" || host == "127.0.0.1" || host == "[::1]");
}

// What identifies a record in the sandbox; two with the same are one too many.
std::string_view identity_of(std::string_view object) {
  return object == "contacts"    ? "email"
         : object == "companies" ? "domain"
         : object == "notes"     ? "hs_note_body"
                                 : "content";
}

constexpr std::string_view kCounted[] = {"companies", "contacts", "notes", "tickets"};

}  // namespace

void CrmCount::take(const Json& state) {
  for (const std::string_view name : kCounted) {
    const Json* records = state.at_path("objects." + std::string(name));
    Kind& kind = kinds_[std::string(name)];
    for (const Json& record : records ? records->as_array() : Json::Array{}) {
      const std::string id(record.text("id"));
      const Json* properties = record.find("properties");
      const auto identity = properties ? properties->text(identity_of(name)) : "";
      if (const auto known = kind.identities.find(id); known != kind.identities.end()) {
        if (--kind.times[known->second] > 0) --twice_;
        kind.identities.erase(known);
      }
      if (record.flag("archived")) continue;
      // Without an identity it is like no other.
      const size_t hash = std::hash<std::string>()(std::string(identity.empty() ? id : identity));
      kind.identities[id] = hash;
      if (++kind.times[hash] > 1) ++twice_;
    }
  }
}

Json CrmCount::show() const {
  Json answer = Json::object();
  for (const std::string_view name : kCounted) {
    const auto kind = kinds_.find(name);
    answer.set(name, kind == kinds_.end() ? size_t{0} : kind->second.identities.size());
  }
  return answer.set("twice", twice_);
}

DemoTrouble::DemoTrouble(const std::string& sandbox, std::string read_key)
    : read_key_(std::move(read_key)), sandbox_(sandbox, ""), thread_([this] { run(); }) {}

DemoTrouble::~DemoTrouble() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::vector<api::Route> DemoTrouble::routes() {
  using api::Call;
  using api::Where;
  constexpr auto kRead = access::Scope::kRead;
  return {
      {"GET", "/", "demoPage", Where::kOpen, kRead,
       [](Call&) -> Result<HttpResponse> { return api::live_page(api::Shown::kDemo); }},
      {"GET", "/demo", "demo", Where::kOpen, kRead, [this](Call& call) { return describe(call); }},
      {"POST", "/demo/trouble", "demoTrouble", Where::kWorkspace, kRead,
       [this](Call& call) { return change(call); }},
      {"GET", "/demo/crm", "demoCrm", Where::kWorkspace, kRead,
       [this](Call&) { return count_crm(); }},
  };
}

Result<HttpResponse> DemoTrouble::describe(const api::Call& call) {
  if (!asked_as_this_machine(call.request))
    return Error{Code::kForbidden, "the demo gives its key to its own machine only"};
  Json all = Json::array();
  for (const Trouble& one : kTroubles)
    all.push_back(Json::object().set("name", one.name).set("label", one.label));
  const std::lock_guard lock(mutex_);
  auto answer = api::json_answer(
      Json::object().set("key", read_key_).set("trouble", now_).set("troubles", std::move(all)));
  answer.headers.emplace_back("Cache-Control", "no-store");
  return answer;
}

// Needs the key in its header, which no page of another site can send.
Result<HttpResponse> DemoTrouble::change(api::Call& call) {
  const std::string name(call.body.text("trouble"));
  TRY(turn_to(name));
  // A connection that has given up for a while looks again at once.
  if (name == "none" && call.context.operations.try_again)
    call.context.operations.try_again(call.tenant->workspace());
  return api::json_answer(Json::object().set("trouble", name));
}

// Only what has changed since the last count travels.
Result<HttpResponse> DemoTrouble::count_crm() {
  const std::lock_guard lock(sandbox_mutex_);
  const std::string since = counted_at_.empty() ? "" : "?since=" + percent_encode(counted_at_);
  TRY_ASSIGN(const Json state, sandbox_.call("GET", "/__sandbox/state" + since));
  count_.take(state);
  counted_at_ = state.text("at");
  return api::json_answer(count_.show());
}

Result<void> DemoTrouble::turn_to(std::string_view name) {
  if (!trouble_named(name)) {
    std::string known;
    for (const Trouble& one : kTroubles)
      known += fmt::format("{}{}", known.empty() ? "" : ", ", one.name);
    return invalid(fmt::format("trouble must be one of {}", known), "trouble");
  }
  const std::lock_guard lock(sandbox_mutex_);
  TRY(sandbox_.call("DELETE", "/__sandbox/faults"));
  TRY(arm(name));
  const std::lock_guard state(mutex_);
  now_ = name;
  changed_.notify_all();
  return {};
}

Result<void> DemoTrouble::arm(std::string_view name) {
  const Trouble& trouble = *trouble_named(name);
  if (trouble.fault.empty()) return {};
  TRY_ASSIGN(const Json fault, parse_json(trouble.fault));
  TRY(sandbox_.call("POST", "/__sandbox/faults", Json::object().set("faults", Json::Array{fault})));
  return {};
}

void DemoTrouble::run() {
  for (;;) {
    bool quota = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kUseUpEvery, [&] { return stop_; });
      if (stop_) return;
      quota = now_ == "quota";
    }
    if (!quota) continue;
    const std::lock_guard lock(sandbox_mutex_);
    const auto armed = arm("quota");
    if (!armed.ok()) fmt::print(stderr, "demo: {}\n", armed.error().message);
  }
}

}  // namespace rapport
