// What the parts of Control share. Not for other rooms.
#pragma once

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "access/control.h"
#include "store/sqlite/database.h"

namespace rapport::access {

// A key as authenticate() sees it: everything it needs is in memory.
struct KnownKey {
  ApiKey key;
  Hash stored{};
  std::string workspace_name;
  std::atomic<int64_t> last_used{0};  // 0: not since the file was read
};

struct FirstBytes {
  size_t operator()(const Hash& hash) const {
    size_t n;
    std::memcpy(&n, hash.data(), sizeof n);
    return n;
  }
};
using KnownKeys = std::unordered_map<Hash, std::shared_ptr<KnownKey>, FirstBytes>;

struct Control::State {
  State(Clock& clock_in, Random& random_in) : clock(clock_in), random(random_in) {}

  Clock& clock;
  Random& random;
  Key sealing{};  // grown from the master key, for this file alone
  Key signing{};  // seed of the key pair that signs heads

  std::mutex mutex;  // the connection
  std::unique_ptr<store::Database> db;
  int64_t seen_version = 0;  // of the file, to notice writes of other processes

  std::shared_mutex keys_mutex;
  KnownKeys keys;
  std::atomic<int64_t> next_look{0};  // monotonic time of the next look at the file's version

  // Called with `mutex` held.
  Result<void> load_keys();
  Result<void> save_last_used();
  Result<std::optional<Workspace>> find_workspace(WorkspaceId id);
  Result<std::optional<std::string>> fact(std::string_view name);
  Result<void> put_fact(std::string_view name, std::string_view value);
  Result<NewKey> insert_key(WorkspaceId workspace, std::string_view label, std::set<Scope> scopes,
                            std::optional<Micros> expires_at);

  std::string seal_fact(std::string_view name, std::string_view value) const;
  Result<std::string> unseal_fact(std::string_view name, std::string_view sealed) const;
  // Takes `mutex` when another process may have changed the file.
  Result<void> look_for_changes();
};

}  // namespace rapport::access
