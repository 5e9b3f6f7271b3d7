// Credentials and tenants of one server: workspaces, API keys, sealed secrets, signed log heads.
// File control.db (SQLite, WAL, FULL). Nothing in it is read by the engine.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "store/log.h"

namespace rapport::access {

// What a key may do. kAdmin is for the server: workspaces, keys, backup; it opens no workspace's
// data unless the key also belongs to that workspace.
enum class Scope { kIngest, kRead, kWrite, kErase, kAdmin };
std::string_view name(Scope scope);  // "ingest", "read", "write", "erase", "admin"
std::optional<Scope> scope_named(std::string_view name);

struct Workspace {
  WorkspaceId id;
  std::string name;  // [a-z0-9-]{1,40}, unique
  Micros created_at;
};

struct ApiKey {
  std::string id;  // "key_…", not secret
  std::string label;
  WorkspaceId workspace;  // 0: the server
  std::set<Scope> scopes;
  Micros created_at;
  std::optional<Micros> expires_at, last_used_at, revoked_at;
};
struct NewKey {
  ApiKey key;
  std::string secret;  // "rpt_live_" + 43 characters + 6 of checksum; shown once, stored as SHA-256
};

// Who asks: the only way to say so is a key that authenticated.
struct Principal {
  std::string key_id;
  WorkspaceId workspace;
  std::string workspace_name;
  std::set<Scope> scopes;
  std::string key_label = {};
  // As it is written down who did something.
  const std::string& name() const { return key_label.empty() ? key_id : key_label; }
};

class Control {
 public:
  // kInvalid (where "master_key") when the file was made under another master key.
  static Result<std::unique_ptr<Control>> open(const std::string& path, const std::string& vfs,
                                               const Key& master, Clock& clock, Random& random);
  ~Control();

  Result<Workspace> create_workspace(std::string_view name);  // kInvalid name, kConflict taken
  Result<Workspace> workspace(std::string_view name);         // kNotFound
  Result<Workspace> workspace(WorkspaceId id);
  Result<std::vector<Workspace>> workspaces();
  Result<void> remove_workspace(WorkspaceId id);  // with its keys and secrets

  Result<NewKey> create_key(WorkspaceId workspace, std::string_view label, std::set<Scope> scopes,
                            std::optional<Micros> expires_at);
  Result<std::vector<ApiKey>> keys(std::optional<WorkspaceId> workspace);
  Result<void> revoke_key(std::string_view id);
  // kUnauthenticated for unknown, revoked, expired or misspelt (checksum) secrets, with one message
  // for all. Answers from memory; any thread; a few 100 ns when seen before.
  Result<Principal> authenticate(std::string_view secret);

  // One-time token of a fresh server: made at first open, shown by main on the console, exchanged
  // once for an admin key.
  Result<std::optional<std::string>> setup_token();
  Result<NewKey> redeem_setup_token(std::string_view token);

  // Secrets of connections, sealed under the master key.
  Result<void> put_secret(WorkspaceId workspace, std::string_view name, std::string_view value);
  Result<std::optional<std::string>> secret(WorkspaceId workspace, std::string_view name);

  // The last head of each workspace's log, signed: kept outside the log so that a log cut short or
  // rewritten is noticed. verify compares with it.
  struct SignedHead {
    WorkspaceId workspace;
    store::Head head;
    Micros signed_at;
    bool signature_holds = false;
  };
  // kConflict when the head is behind the one signed last: then the log lost records.
  Result<void> sign_head(WorkspaceId workspace, const store::Head& head);
  Result<std::vector<SignedHead>> signed_heads();

  // An erasure all of whose steps are done: `version` is that of its record. Losing this note only
  // makes the steps be done again.
  Result<void> note_erasure_done(WorkspaceId workspace, std::string_view contact, Sequence version);
  Result<bool> erasure_done(WorkspaceId workspace, std::string_view contact, Sequence version);

  // How much of a remote account's quota is used up, as the ledger of that account keeps it; null
  // when nothing was kept.
  Result<Json> quota_use(std::string_view account);
  Result<void> keep_quota_use(std::string_view account, const Json& use);

  // A consistent copy, a single durable file; safe while serving.
  Result<void> copy_to(const std::string& path);

 private:
  struct State;
  explicit Control(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rapport::access
