#include "access/control.h"

#include <fmt/format.h>

#include <algorithm>

#include "access/api_key.h"
#include "access/control_state.h"
#include "base/text.h"

namespace rapport::access {
namespace {

using store::Blob;
using store::Database;
using store::Statement;
using store::TransactionKind;

constexpr int64_t kSchema = 1;
constexpr std::string_view kMasterCheck = "master_check";
constexpr std::string_view kSigningSeed = "signing_seed";
constexpr std::string_view kSetupToken = "setup_token";

// AUTOINCREMENT: the number of a removed workspace is not given again, its log records stay.
constexpr const char* kTables = R"(
  CREATE TABLE facts(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE workspaces(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
                          created_at INTEGER NOT NULL);
  CREATE TABLE keys(id TEXT PRIMARY KEY, secret_hash BLOB NOT NULL UNIQUE, label TEXT NOT NULL,
                    workspace INTEGER NOT NULL, scopes TEXT NOT NULL, created_at INTEGER NOT NULL,
                    expires_at INTEGER, last_used_at INTEGER, revoked_at INTEGER);
  CREATE TABLE secrets(workspace INTEGER NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL,
                       PRIMARY KEY(workspace, name)) WITHOUT ROWID;
  CREATE TABLE heads(workspace INTEGER PRIMARY KEY, sequence INTEGER NOT NULL, chain BLOB NOT NULL,
                     received_at INTEGER NOT NULL, signed_at INTEGER NOT NULL,
                     signature BLOB NOT NULL);
  CREATE TABLE erasures(workspace INTEGER NOT NULL, contact TEXT NOT NULL,
                        version INTEGER NOT NULL, PRIMARY KEY(workspace, contact)) WITHOUT ROWID;
  PRAGMA user_version = 1;
)";

Key grow(const Key& master, std::string_view purpose) {
  const std::string bytes =
      hmac_sha256({reinterpret_cast<const char*>(master.data()), master.size()}, purpose);
  Key key;
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

Result<void> migrate(Database& db) {
  TRY_ASSIGN(const int64_t version, db.integer("PRAGMA user_version"));
  if (version == kSchema) return {};
  if (version > kSchema)
    return Error{Code::kUnsupported,
                 "control.db was written by a newer version of Rapport; start that version"};
  return db.run_script(kTables);
}

std::string context_of_secret(WorkspaceId workspace, std::string_view name) {
  return fmt::format("secret/{}/{}", workspace.value, name);
}

bool is_workspace_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !name.empty() && name.size() <= 40 && std::all_of(name.begin(), name.end(), allowed);
}

Workspace read_workspace(const Statement& row) {
  return {WorkspaceId{static_cast<uint32_t>(row.integer(0))}, std::string(row.text(1)),
          Micros{row.integer(2)}};
}

std::string signed_text(WorkspaceId workspace, const store::Head& head, Micros signed_at) {
  return fmt::format("rapport head 1\n{}\n{}\n{}\n{}\n{}", workspace.value, head.sequence.value,
                     to_hex(bytes_of(head.chain)), head.received_at.value, signed_at.value);
}

}  // namespace

// Shared with control_keys.cc

std::string Control::State::seal_fact(std::string_view name, std::string_view value) const {
  return seal(sealing, value, fmt::format("fact/{}", name), random);
}

Result<std::string> Control::State::unseal_fact(std::string_view name,
                                                std::string_view sealed) const {
  return unseal(sealing, sealed, fmt::format("fact/{}", name));
}

Result<std::optional<std::string>> Control::State::fact(std::string_view name) {
  Statement ask = db->statement("SELECT value FROM facts WHERE name = ?", name);
  TRY_ASSIGN(const bool found, ask.step());
  if (!found) return std::optional<std::string>();
  return std::optional<std::string>(ask.blob(0));
}

Result<void> Control::State::put_fact(std::string_view name, std::string_view value) {
  return db->run("INSERT OR REPLACE INTO facts VALUES(?, ?)", name, Blob{value});
}

Result<std::optional<Workspace>> Control::State::find_workspace(WorkspaceId id) {
  Statement ask = db->statement("SELECT id, name, created_at FROM workspaces WHERE id = ?", id);
  TRY_ASSIGN(const bool found, ask.step());
  if (!found) return std::optional<Workspace>();
  return std::optional<Workspace>(read_workspace(ask));
}

// Opening

namespace {

Error other_master_key() {
  return invalid(
      "control.db does not open with this master key. Start with the key that the data folder was "
      "made with (RAPPORT_MASTER_KEY or the key file)",
      "master_key");
}

}  // namespace

Control::Control(std::unique_ptr<State> state) : state_(std::move(state)) {}

Control::~Control() {
  const std::lock_guard lock(state_->mutex);
  state_->save_last_used().ignore("when a key was used last may be lost");
}

Result<std::unique_ptr<Control>> Control::open(const std::string& path, const std::string& vfs,
                                               const Key& master, Clock& clock, Random& random) {
  auto state = std::make_unique<State>(clock, random);
  state->sealing = grow(master, "rapport control.db sealing 1");
  TRY_ASSIGN(state->db, Database::open(path, vfs, {"journal_mode=WAL", "synchronous=FULL"}));
  TRY_ASSIGN(auto transaction, state->db->begin(TransactionKind::kWrite));
  TRY(migrate(*state->db));
  TRY_ASSIGN(const auto check, state->fact(kMasterCheck));
  if (!check) {
    Key seed;
    random.fill(seed);
    const std::string_view seed_bytes(reinterpret_cast<const char*>(seed.data()), seed.size());
    TRY(state->put_fact(kMasterCheck, state->seal_fact(kMasterCheck, "rapport")));
    TRY(state->put_fact(kSigningSeed, state->seal_fact(kSigningSeed, seed_bytes)));
    TRY(state->put_fact(kSetupToken,
                        state->seal_fact(kSetupToken, make_secret(kSetupPrefix, random))));
  } else if (!state->unseal_fact(kMasterCheck, *check).ok()) {
    return other_master_key();
  }
  TRY_ASSIGN(const auto sealed_seed, state->fact(kSigningSeed));
  TRY_ASSIGN(const std::string seed, state->unseal_fact(kSigningSeed, sealed_seed.value_or("")));
  if (seed.size() != state->signing.size())
    return corrupt("control.db: the signing seed is damaged");
  std::copy(seed.begin(), seed.end(), state->signing.begin());
  TRY(transaction.commit());
  TRY_ASSIGN(state->seen_version, state->db->integer("PRAGMA data_version"));
  TRY(state->load_keys());
  return std::unique_ptr<Control>(new Control(std::move(state)));
}

// Workspaces

Result<Workspace> Control::create_workspace(std::string_view name) {
  if (!is_workspace_name(name))
    return invalid(fmt::format("\"{}\" cannot name a workspace: use 1 to 40 of a-z, 0-9 and -",
                               cut_utf8(name, 60)),
                   "name");
  const std::lock_guard lock(state_->mutex);
  Statement insert = state_->db->statement(
      "INSERT INTO workspaces(name, created_at) VALUES(?, ?) ON CONFLICT(name) DO NOTHING "
      "RETURNING id, name, created_at",
      name, state_->clock.now());
  TRY_ASSIGN(const bool made, insert.step());
  if (!made)
    return Error{Code::kConflict,
                 fmt::format("there is a workspace \"{}\" already: choose another name", name),
                 Retryable::kNo, "name"};
  const Workspace workspace = read_workspace(insert);
  TRY(insert.run());  // to its end: only then it is committed
  return workspace;
}

Result<Workspace> Control::workspace(std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  Statement ask =
      state_->db->statement("SELECT id, name, created_at FROM workspaces WHERE name = ?", name);
  TRY_ASSIGN(const bool found, ask.step());
  if (!found) return not_found(fmt::format("there is no workspace \"{}\"", cut_utf8(name, 60)));
  return read_workspace(ask);
}

Result<Workspace> Control::workspace(WorkspaceId id) {
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(auto found, state_->find_workspace(id));
  if (!found) return not_found(fmt::format("there is no workspace {}", id.value));
  return *std::move(found);
}

Result<std::vector<Workspace>> Control::workspaces() {
  const std::lock_guard lock(state_->mutex);
  std::vector<Workspace> all;
  Statement ask = state_->db->statement("SELECT id, name, created_at FROM workspaces ORDER BY id");
  while (true) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return all;
    all.push_back(read_workspace(ask));
  }
}

Result<void> Control::remove_workspace(WorkspaceId id) {
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(const auto found, state_->find_workspace(id));
  if (!found) return not_found(fmt::format("there is no workspace {}", id.value));
  TRY_ASSIGN(auto transaction, state_->db->begin(TransactionKind::kWrite));
  for (const char* table : {"keys", "secrets", "heads", "erasures"})
    TRY(state_->db->run(fmt::format("DELETE FROM {} WHERE workspace = ?", table), id));
  TRY(state_->db->run("DELETE FROM workspaces WHERE id = ?", id));
  TRY(transaction.commit());
  return state_->load_keys();
}

// Secrets

Result<void> Control::put_secret(WorkspaceId workspace, std::string_view name,
                                 std::string_view value) {
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(const auto found, state_->find_workspace(workspace));
  if (!found) return not_found(fmt::format("there is no workspace {}", workspace.value));
  const std::string sealed =
      seal(state_->sealing, value, context_of_secret(workspace, name), state_->random);
  return state_->db->run("INSERT OR REPLACE INTO secrets VALUES(?, ?, ?)", workspace, name,
                         Blob{sealed});
}

Result<std::optional<std::string>> Control::secret(WorkspaceId workspace, std::string_view name) {
  const std::lock_guard lock(state_->mutex);
  Statement ask = state_->db->statement(
      "SELECT sealed FROM secrets WHERE workspace = ? AND name = ?", workspace, name);
  TRY_ASSIGN(const bool found, ask.step());
  if (!found) return std::optional<std::string>();
  auto value = unseal(state_->sealing, ask.blob(0), context_of_secret(workspace, name));
  if (!value.ok())
    return corrupt(fmt::format("control.db: the secret \"{}\" was altered: set it again", name));
  return std::optional<std::string>(*std::move(value));
}

// Heads

Result<void> Control::sign_head(WorkspaceId workspace, const store::Head& head) {
  const std::lock_guard lock(state_->mutex);
  Statement ask =
      state_->db->statement("SELECT sequence, chain FROM heads WHERE workspace = ?", workspace);
  TRY_ASSIGN(const bool found, ask.step());
  if (found) {
    const auto signed_before = static_cast<uint64_t>(ask.integer(0));
    const bool same = signed_before == head.sequence.value;
    if (head.sequence.value < signed_before || (same && ask.blob(1) != bytes_of(head.chain)))
      return Error{Code::kConflict,
                   fmt::format("the log of workspace {} ends at event {}, but event {} was signed "
                               "with another chain: run `rapport verify`",
                               workspace.value, head.sequence.value, signed_before)};
    if (same) return {};
    ask.reset();
  }
  const Micros now = state_->clock.now();
  const std::string signature = sign(state_->signing, signed_text(workspace, head, now));
  return state_->db->run("INSERT OR REPLACE INTO heads VALUES(?, ?, ?, ?, ?, ?)", workspace,
                         head.sequence, Blob{bytes_of(head.chain)}, head.received_at, now,
                         Blob{signature});
}

Result<std::vector<Control::SignedHead>> Control::signed_heads() {
  const std::lock_guard lock(state_->mutex);
  std::vector<SignedHead> all;
  Statement ask = state_->db->statement(
      "SELECT workspace, sequence, chain, received_at, signed_at, signature FROM heads "
      "ORDER BY workspace");
  while (true) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return all;
    SignedHead one;
    one.workspace = {static_cast<uint32_t>(ask.integer(0))};
    one.head.sequence = {static_cast<uint64_t>(ask.integer(1))};
    const std::string_view chain = ask.blob(2);
    std::copy_n(chain.begin(), std::min(chain.size(), one.head.chain.size()),
                one.head.chain.begin());
    one.head.received_at = {ask.integer(3)};
    one.signed_at = {ask.integer(4)};
    one.signature_holds =
        chain.size() == one.head.chain.size() &&
        signature_holds(state_->signing, signed_text(one.workspace, one.head, one.signed_at),
                        ask.blob(5));
    all.push_back(one);
  }
}

// Erasures, copy

Result<void> Control::note_erasure_done(WorkspaceId workspace, std::string_view contact,
                                        Sequence version) {
  const std::lock_guard lock(state_->mutex);
  return state_->db->run("INSERT OR REPLACE INTO erasures VALUES(?, ?, ?)", workspace, contact,
                         version);
}

Result<Json> Control::quota_use(std::string_view account) {
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(const auto kept, state_->fact(fmt::format("quota/{}", account)));
  return kept ? parse_json(*kept) : Result<Json>(Json());
}

Result<void> Control::keep_quota_use(std::string_view account, const Json& use) {
  const std::lock_guard lock(state_->mutex);
  return state_->put_fact(fmt::format("quota/{}", account), to_text(use));
}

Result<bool> Control::erasure_done(WorkspaceId workspace, std::string_view contact,
                                   Sequence version) {
  const std::lock_guard lock(state_->mutex);
  Statement ask = state_->db->statement(
      "SELECT 1 FROM erasures WHERE workspace = ? AND contact = ? AND version >= ?", workspace,
      contact, version);
  return ask.step();
}

Result<void> Control::copy_to(const std::string& path) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->save_last_used());
  return state_->db->copy_to(path);
}

}  // namespace rapport::access
