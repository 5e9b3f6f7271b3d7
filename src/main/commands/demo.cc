// `rapport demo`: a server with a made-up company on it and a CRM sandbox beside it.
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/posix_disk.h"
#include "base/system.h"
#include "main/api_client.h"
#include "main/commands/commands.h"
#include "main/commands/demo_talk.h"
#include "main/commands/demo_trouble.h"
#include "main/offline.h"
#include "main/packs.h"
#include "main/sandbox_server.h"
#include "main/server.h"
#include "main/signals.h"

namespace rapport {

namespace {

using access::Scope;

constexpr const char* kWorkspace = "demo";
constexpr const char* kToken = "demo-token";
constexpr const char* kTokenVariable = "RAPPORT_DEMO_TOKEN";

struct Options {
  uint16_t sandbox_port = 8091;
  uint64_t seed = 1;
};

struct Keys {
  std::string ingest, use, page;
};

std::string default_folder(const Environment& environment) {
  if (const auto base = environment("XDG_DATA_HOME"); base && !base->empty())
    return *base + "/rapport-demo";
  if (const auto home = environment("HOME")) return *home + "/.local/share/rapport-demo";
  return "./rapport-demo";
}

Result<Settings> demo_settings(const Shell& shell) {
  TRY_ASSIGN(Settings settings, shell.settings());
  const bool named =
      !shell.data.empty() || shell.environment("RAPPORT_DATA") || settings.data != Settings().data;
  if (!named) settings.data = default_folder(shell.environment);
  if (!settings.connections.empty())
    return invalid("the demo makes its own connection: leave out --config, or use `rapport serve`",
                   "connections");
  return settings;
}

// Every start begins anew: the sandbox forgets too. A folder with other workspaces is no demo's.
Result<Keys> begin_anew(const Settings& settings, const Environment& environment) {
  TRY_ASSIGN(auto folder, Offline::make(settings, environment));
  TRY_ASSIGN(const auto known, folder->workspaces(""));
  for (const auto& one : known) {
    if (one.name != kWorkspace)
      return Error{Code::kConflict,
                   fmt::format("{} holds workspace '{}', so it is not the demo's: name another "
                               "folder with --data",
                               settings.data, one.name)};
    TRY(folder->delete_workspace(one.name));
  }
  TRY_ASSIGN(const auto workspace, folder->create_workspace(kWorkspace));
  auto& control = folder->control();
  TRY_ASSIGN(auto ingest,
             control.create_key(workspace.id, "demo ingest", {Scope::kIngest}, std::nullopt));
  TRY_ASSIGN(auto use,
             control.create_key(workspace.id, "demo", {Scope::kRead, Scope::kWrite, Scope::kErase},
                                std::nullopt));
  TRY_ASSIGN(auto page,
             control.create_key(workspace.id, "demo page", {Scope::kRead}, std::nullopt));
  return Keys{std::move(ingest.secret), std::move(use.secret), std::move(page.secret)};
}

// With the limits and the lag of the real one, so that the page shows how they are lived with.
Result<std::unique_ptr<SandboxServer>> open_sandbox(uint16_t port) {
  const std::string vendor(sandbox::sandbox_vendors().front());
  sandbox::SandboxOptions options;
  options.tokens.push_back({kToken});
  TRY_ASSIGN(options.quotas, sandbox::plan_quotas(vendor, "professional"));
  return SandboxServer::open(vendor, options, "127.0.0.1", port);
}

class RunningSandbox {
 public:
  explicit RunningSandbox(SandboxServer& sandbox)
      : sandbox_(sandbox), thread_([this] { sandbox_.run(); }) {}
  ~RunningSandbox() {
    sandbox_.stop();
    thread_.join();
  }

 private:
  SandboxServer& sandbox_;
  std::thread thread_;
};

// Every pack that is shipped, where the folder of packs is found.
void take_packs(Settings& settings) {
  PosixDisk disk;
  const auto found = find_packs(disk, packs_folder(disk, settings), "all");
  if (found.ok() && !found->empty()) settings.packs.push_back({kWorkspace, {"all"}});
}

void connect_sandbox(Settings& settings, const SandboxServer& sandbox) {
  ConnectionSettings crm;
  crm.id = "crm";
  crm.workspace = kWorkspace;
  crm.vendor = sandbox::sandbox_vendors().front();
  crm.base_url = fmt::format("http://127.0.0.1:{}", sandbox.port());
  crm.token_env = kTokenVariable;
  settings.connections.push_back(std::move(crm));
  settings.allowed_networks.push_back("127.0.0.0/8");
}

// Sends the made-up conversations through the server's own API, each call when its time comes.
class Talking {
 public:
  Talking(std::string url, std::string key, uint64_t seed)
      : api_(std::move(url), std::move(key)), talk_(seed), thread_([this] { run(); }) {}
  ~Talking() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
    }
    stopped_.notify_all();
    thread_.join();
  }

 private:
  void run() {
    const Micros start = clock_.monotonic();
    for (;;) {
      const DemoCall call = talk_.next();
      if (!rest(start + call.after - clock_.monotonic())) return;
      Json batch = Json::array();
      batch.push_back(call.call);
      const Json body = Json::object().set("batch", batch);
      // Sent again until it is taken: its message id counts once.
      for (auto sent = api_.call("POST", "/v1/batch", body); !sent.ok();
           sent = api_.call("POST", "/v1/batch", body)) {
        if (!rest(seconds(1))) return;
        fmt::print(stderr, "demo: {}\n", sent.error().message);
      }
    }
  }

  // False when it is time to stop.
  bool rest(Micros span) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, std::chrono::microseconds(std::max<int64_t>(0, span.value)),
                              [&] { return stop_; });
  }

  ApiClient api_;
  SystemClock clock_;
  DemoTalk talk_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::thread thread_;  // last: starts when the rest is ready
};

std::string what_to_look_at(const std::string& url, const std::string& crm, const Keys& keys) {
  std::string out = fmt::format("\nRapport is on {}, a CRM sandbox on {}.\n", url, crm);
  out += fmt::format("\n  Look: {}\n\n", url);
  out += "Made-up customers chat there in English, Spanish and Indonesian, and the CRM fills.\n";
  out += "The page can bring the CRM down, and one sees the backlog grow and drain.\n\n";
  out += fmt::format("  export KEY={}\n  export INGEST_KEY={}\n\n", keys.use, keys.ingest);
  out += "People, conversations, escalations:\n";
  for (const char* what : {"contacts", "conversations", "tickets"})
    out += fmt::format("  curl -s -H \"Authorization: Bearer $KEY\" {}/api/v1/{}\n", url, what);
  out +=
      "What has arrived in the CRM (companies, contacts, a note per conversation, a ticket per\n"
      "escalation):\n";
  out += fmt::format("  curl -s {}/__sandbox/state | jq '.objects.notes, .objects.tickets'\n", crm);
  out += "Say something yourself (docs/tutorial/first-events.md):\n";
  out += fmt::format(
      "  curl -s -u \"$INGEST_KEY:\" -H 'Content-Type: application/json' {}/v1/track -d "
      "'{{\"userId\":\"you\",\"event\":\"message.sent\",\"properties\":{{\"conversation_id\":"
      "\"mine\",\"author\":\"customer\",\"text\":\"Hello\",\"email\":\"you@acme.example\"}}}}'\n\n",
      url);
  return out + "Ctrl-C ends it. Every start begins anew.\n\n";
}

int demo(const Shell& shell, const Options& options) {
  Signals signals;
  SystemClock clock;
  auto reporter = make_logger(Level::kWarning, clock);
  auto failpoints = failpoints_from_environment();
  if (!failpoints.ok()) return shell.fail(failpoints.error());
  auto settings = demo_settings(shell);
  if (!settings.ok()) return shell.fail(settings.error());
  const auto keys = begin_anew(*settings, shell.environment);
  if (!keys.ok()) return shell.fail(keys.error());
  auto sandbox = open_sandbox(options.sandbox_port);
  if (!sandbox.ok()) return shell.fail(sandbox.error());
  const std::string crm = fmt::format("http://127.0.0.1:{}", (*sandbox)->port());
  const RunningSandbox running(**sandbox);
  connect_sandbox(*settings, **sandbox);
  take_packs(*settings);
  const Environment environment = [&](const std::string& name) {
    return name == kTokenVariable ? std::optional<std::string>(kToken) : shell.environment(name);
  };
  DemoTrouble trouble(crm, keys->page);
  auto server =
      Server::open(std::move(*settings), environment, **failpoints, *reporter, trouble.routes());
  if (!server.ok()) return shell.fail(server.error());

  const std::string url = fmt::format("http://localhost:{}", (*server)->port());
  shell.done(Json::object()
                 .set("url", url)
                 .set("sandbox_url", crm)
                 .set("key", keys->use)
                 .set("read_key", keys->page)
                 .set("ingest_key", keys->ingest),
             what_to_look_at(url, crm, *keys));
  std::fflush(stdout);
  signals.start([&] { (*server)->stop(); });
  Result<void> ran;
  {
    Talking talking(url, keys->ingest, options.seed);
    ran = (*server)->run();
  }
  return ran.ok() ? 0 : shell.fail(ran.error());
}

}  // namespace

void add_demo(const Command& app, Shell& shell) {
  auto options = std::make_shared<Options>();
  auto command =
      app.command("demo", "A server with made-up customers, and a CRM sandbox beside it");
  command.option("--sandbox-port", options->sandbox_port, "Port of the sandbox, 0 for any");
  command.option("--seed", options->seed, "Other numbers give other customers");
  command.footer(
      "The data folder is $XDG_DATA_HOME/rapport-demo unless --data names one; every "
      "start begins anew.\nExample:\n  rapport demo --listen 127.0.0.1:8080");
  on(command, shell, [&shell, options] { return demo(shell, *options); });
}

}  // namespace rapport
