// API keys and the setup token of Control.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "access/api_key.h"
#include "access/control.h"
#include "access/control_state.h"
#include "base/text.h"

namespace rapport::access {
namespace {

using store::Blob;
using store::Statement;
using store::TransactionKind;

constexpr std::string_view kSetupToken = "setup_token";
constexpr size_t kMaxLabel = 100;
// How late a change of another process is seen. Changes of this process hold at once.
constexpr Micros kLookInterval = millis(50);

constexpr std::pair<Scope, std::string_view> kScopes[] = {{Scope::kIngest, "ingest"},
                                                          {Scope::kRead, "read"},
                                                          {Scope::kWrite, "write"},
                                                          {Scope::kErase, "erase"},
                                                          {Scope::kAdmin, "admin"}};

// One message for all that does not authenticate: it must not tell which keys exist.
Error not_authenticated() {
  return {Code::kUnauthenticated,
          "this API key is not valid: it is unknown, misspelt, expired or revoked. An "
          "administrator can make one with `rapport keys create`"};
}

std::string scopes_text(const std::set<Scope>& scopes) {
  std::string text;
  for (Scope scope : scopes) text += (text.empty() ? "" : " ") + std::string(name(scope));
  return text;
}

std::set<Scope> read_scopes(std::string_view text) {
  std::set<Scope> scopes;
  for (std::string_view word : split(text, ' '))
    if (auto scope = scope_named(word)) scopes.insert(*scope);
  return scopes;
}

std::optional<Micros> instant(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return Micros{row.integer(column)};
}

constexpr const char* kKeyColumns =
    "keys.id, label, workspace, scopes, keys.created_at, expires_at, last_used_at, revoked_at";

ApiKey read_key(const Statement& row) {
  ApiKey key;
  key.id = row.text(0);
  key.label = row.text(1);
  key.workspace = {static_cast<uint32_t>(row.integer(2))};
  key.scopes = read_scopes(row.text(3));
  key.created_at = {row.integer(4)};
  key.expires_at = instant(row, 5);
  key.last_used_at = instant(row, 6);
  key.revoked_at = instant(row, 7);
  return key;
}

Result<void> check_new_key(WorkspaceId workspace, std::string_view label,
                           const std::set<Scope>& scopes, std::optional<Micros> expires_at,
                           Micros now) {
  if (label.size() > kMaxLabel || !is_utf8(label))
    return invalid(fmt::format("a label has at most {} bytes of UTF-8", kMaxLabel), "label");
  if (scopes.empty())
    return invalid("a key needs at least one scope of ingest, read, write, erase, admin", "scopes");
  if (workspace == WorkspaceId{} && scopes != std::set<Scope>{Scope::kAdmin})
    return invalid(
        "a key of the server has the scope admin and no other: name a workspace for "
        "the others",
        "scopes");
  if (expires_at && *expires_at <= now)
    return invalid("the key would have expired already: give a later time", "expires_at");
  return {};
}

}  // namespace

std::string_view name(Scope scope) {
  for (const auto& [value, word] : kScopes)
    if (value == scope) return word;
  BUG("no such scope");
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const auto& [value, word] : kScopes)
    if (word == name) return value;
  return std::nullopt;
}

// Memory

Result<void> Control::State::load_keys() {
  const int64_t version = std::exchange(seen_version, -1);  // after a failure, look again
  KnownKeys loaded;
  Statement ask = db->statement(
      fmt::format("SELECT {}, secret_hash, coalesce(workspaces.name, '') FROM keys "
                  "LEFT JOIN workspaces ON workspaces.id = keys.workspace WHERE revoked_at IS NULL",
                  kKeyColumns));
  while (true) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) break;
    auto known = std::make_shared<KnownKey>();
    known->key = read_key(ask);
    const std::string_view stored = ask.blob(8);
    if (stored.size() != known->stored.size())
      return corrupt(fmt::format("control.db: the key {} is damaged: revoke it", known->key.id));
    std::copy(stored.begin(), stored.end(), known->stored.begin());
    known->workspace_name = ask.text(9);
    loaded.emplace(known->stored, std::move(known));
  }
  const std::unique_lock lock(keys_mutex);
  for (auto& [stored, known] : loaded)
    if (auto it = keys.find(stored); it != keys.end())
      known->last_used.store(it->second->last_used.load());
  keys.swap(loaded);
  seen_version = version;
  return {};
}

Result<void> Control::State::save_last_used() {
  const std::shared_lock lock(keys_mutex);
  for (const auto& [stored, known] : keys) {
    const int64_t used = known->last_used.load(std::memory_order_relaxed);
    if (used == 0) continue;
    TRY(db->run(
        "UPDATE keys SET last_used_at = ?1 WHERE id = ?2 AND coalesce(last_used_at, 0) < ?1", used,
        known->key.id));
  }
  return {};
}

Result<void> Control::State::look_for_changes() {
  const int64_t now = clock.monotonic().value;
  if (now < next_look.load(std::memory_order_relaxed)) return {};
  const std::unique_lock lock(mutex, std::try_to_lock);
  if (!lock) return {};  // a write is under way; the next call looks
  next_look.store(now + kLookInterval.value, std::memory_order_relaxed);
  TRY_ASSIGN(const int64_t version, db->integer("PRAGMA data_version"));
  if (version == seen_version) return {};
  TRY(load_keys());
  seen_version = version;
  return {};
}

// Keys

Result<NewKey> Control::State::insert_key(WorkspaceId workspace, std::string_view label,
                                          std::set<Scope> scopes,
                                          std::optional<Micros> expires_at) {
  NewKey made;
  made.secret = make_secret(kApiKeyPrefix, random);
  made.key = {make_key_id(random), std::string(label), workspace,    std::move(scopes),
              clock.now(),         expires_at,         std::nullopt, std::nullopt};
  const Hash stored = stored_form(made.secret);
  TRY(
      db->run("INSERT INTO keys(id, secret_hash, label, workspace, scopes, created_at, expires_at) "
              "VALUES(?, ?, ?, ?, ?, ?, nullif(?, 0))",
              made.key.id, Blob{bytes_of(stored)}, label, workspace, scopes_text(made.key.scopes),
              made.key.created_at, expires_at.value_or(Micros{0})));
  return made;
}

Result<NewKey> Control::create_key(WorkspaceId workspace, std::string_view label,
                                   std::set<Scope> scopes, std::optional<Micros> expires_at) {
  TRY(check_new_key(workspace, label, scopes, expires_at, state_->clock.now()));
  const std::lock_guard lock(state_->mutex);
  if (workspace != WorkspaceId{}) {
    TRY_ASSIGN(const auto found, state_->find_workspace(workspace));
    if (!found) return not_found(fmt::format("there is no workspace {}", workspace.value));
  }
  TRY_ASSIGN(auto made, state_->insert_key(workspace, label, std::move(scopes), expires_at));
  TRY(state_->load_keys());
  return made;
}

Result<std::vector<ApiKey>> Control::keys(std::optional<WorkspaceId> workspace) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->save_last_used());
  Statement ask = state_->db->statement(
      fmt::format("SELECT {} FROM keys WHERE ?1 < 0 OR workspace = ?1 ORDER BY created_at, id",
                  kKeyColumns),
      workspace ? int64_t{workspace->value} : int64_t{-1});
  std::vector<ApiKey> all;
  while (true) {
    TRY_ASSIGN(const bool more, ask.step());
    if (!more) return all;
    all.push_back(read_key(ask));
  }
}

Result<void> Control::revoke_key(std::string_view id) {
  const std::lock_guard lock(state_->mutex);
  TRY(state_->save_last_used());
  Statement revoke =
      state_->db->statement("UPDATE keys SET revoked_at = coalesce(revoked_at, ?1) WHERE id = ?2",
                            state_->clock.now(), id);
  TRY(revoke.run());
  if (revoke.changes() == 0)
    return not_found(
        fmt::format("there is no key \"{}\": `rapport keys list` shows them", cut_utf8(id, 60)));
  return state_->load_keys();
}

Result<Principal> Control::authenticate(std::string_view secret) {
  if (!is_well_formed(kApiKeyPrefix, secret)) return not_authenticated();
  TRY(state_->look_for_changes());
  const Hash stored = stored_form(secret);
  const Micros now = state_->clock.now();
  const std::shared_lock lock(state_->keys_mutex);
  const auto it = state_->keys.find(stored);
  if (it == state_->keys.end()) return not_authenticated();
  KnownKey& known = *it->second;
  if (!equal_in_constant_time(bytes_of(known.stored), bytes_of(stored))) return not_authenticated();
  if (known.key.expires_at && *known.key.expires_at <= now) return not_authenticated();
  known.last_used.store(now.value, std::memory_order_relaxed);
  return Principal{known.key.id, known.key.workspace, known.workspace_name, known.key.scopes,
                   known.key.label};
}

// Setup token

Result<std::optional<std::string>> Control::setup_token() {
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(const auto sealed, state_->fact(kSetupToken));
  if (!sealed) return std::optional<std::string>();
  TRY_ASSIGN(auto token, state_->unseal_fact(kSetupToken, *sealed));
  return std::optional<std::string>(std::move(token));
}

Result<NewKey> Control::redeem_setup_token(std::string_view token) {
  const Error refused{Code::kUnauthenticated,
                      "this setup token is not valid: it is misspelt or was used. The console of "
                      "a fresh server shows it; later use `rapport keys create`"};
  const std::lock_guard lock(state_->mutex);
  TRY_ASSIGN(auto transaction, state_->db->begin(TransactionKind::kWrite));
  TRY_ASSIGN(const auto sealed, state_->fact(kSetupToken));
  if (!sealed) return refused;
  TRY_ASSIGN(const std::string expected, state_->unseal_fact(kSetupToken, *sealed));
  if (!equal_in_constant_time(expected, token)) return refused;
  TRY(state_->db->run("DELETE FROM facts WHERE name = ?", kSetupToken));
  TRY_ASSIGN(auto made, state_->insert_key({}, "setup", {Scope::kAdmin}, std::nullopt));
  TRY(transaction.commit());
  TRY(state_->load_keys());
  return made;
}

}  // namespace rapport::access
