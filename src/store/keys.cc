#include "store/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "store/recent_map.h"
#include "store/sqlite/database.h"

namespace rapport::store {
namespace {

constexpr uint64_t kChunk = 64;  // keys in a row
constexpr size_t kWrapped = sizeof(Key) + kSealOverhead;
constexpr uint64_t kFirstBlock = 256;
constexpr uint64_t kBlock = 1024;
constexpr uint64_t kLargestBlock = 8192;
constexpr size_t kCached = 200'000;
// Stand for a subject in the wrap's context.
constexpr uint64_t kHashKey = ~uint64_t{0};
constexpr uint64_t kCheckKey = ~uint64_t{0} - 1;
constexpr int64_t kHashKeyChunk = -1;  // `first` of the row that holds the hash key
constexpr int64_t kSchemaVersion = 1;

// Wrapped keys of 64 subjects fill a page.
constexpr const char* kSchema =
    "CREATE TABLE workspaces(id INTEGER PRIMARY KEY, next INTEGER NOT NULL,"
    " made INTEGER NOT NULL);"
    "CREATE TABLE chunks(id INTEGER PRIMARY KEY, workspace INTEGER NOT NULL,"
    " first INTEGER NOT NULL, keys BLOB NOT NULL);"
    "CREATE UNIQUE INDEX chunk_of ON chunks(workspace, first);"
    "CREATE TABLE master(wrapped BLOB NOT NULL);";

std::string context_of(WorkspaceId workspace, uint64_t subject) {
  std::string out = "key";
  out.append(reinterpret_cast<const char*>(&workspace.value), sizeof workspace.value);
  out.append(reinterpret_cast<const char*>(&subject), sizeof subject);
  return out;
}

std::string_view bytes_of_key(const Key& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

struct Name {
  WorkspaceId workspace;
  SubjectId subject;
  bool operator==(const Name&) const = default;
};
struct NameHash {
  size_t operator()(const Name& n) const {
    return (n.subject.value + 1) * 0x9E3779B97F4A7C15ULL ^
           n.workspace.value * 0xC2B2AE3D27D4EB4FULL;
  }
};

// Keys that are durable and not given out yet: numbers first, first + 1, …
struct Ahead {
  uint64_t first = 0;
  std::deque<Key> keys;
  uint64_t next_block = kFirstBlock;
  uint64_t low = 0;  // fewer than this: more are wanted
};

}  // namespace

struct Keys::State {
  State(std::string v, const Key& m, Random& r, Failpoints& f)
      : vfs(std::move(v)), master(m), random(r), failpoints(f) {}

  Result<void> prepare();
  Result<void> check_master();
  std::string wrap(WorkspaceId workspace, uint64_t subject, const Key& key);
  Result<Key> unwrap(WorkspaceId workspace, uint64_t subject, std::string_view wrapped);
  Key fresh();

  // `database` is held in those below.
  struct Range {
    uint64_t next = 0, made = 0;
  };
  Result<Range> range(WorkspaceId workspace);
  Result<std::deque<Key>> take_made(WorkspaceId workspace, Range range);
  Result<std::deque<Key>> make(WorkspaceId workspace, uint64_t first, uint64_t count);
  Result<void> set_range(WorkspaceId workspace, Range range);
  Result<void> add_chunk(WorkspaceId workspace, int64_t first, const std::string& wrapped);
  Result<void> refill(WorkspaceId workspace);
  Result<Key> read(WorkspaceId workspace, SubjectId subject);
  Result<std::string> read_wrapped(WorkspaceId workspace, int64_t chunk, uint64_t slot);
  Result<void> wipe(WorkspaceId workspace, SubjectId subject);
  void hand_back();
  Result<void> commit(Transaction& transaction);
  Result<void> empty_wal();

  const std::string vfs;
  const Key master;
  Random& random;
  Failpoints& failpoints;
  std::atomic<bool> broken{false};
  std::atomic<bool> low{false};

  std::mutex copying;   // taken before `database`
  std::mutex database;  // taken before `memory`
  std::unique_ptr<Database> db;

  std::mutex memory;
  RecentMap<Name, Key, NameHash> cache{kCached};
  std::unordered_map<WorkspaceId, Key> hash_keys;
  std::unordered_map<WorkspaceId, Ahead> ahead;
  std::vector<WorkspaceId> low_in;
};

// --- opening

Keys::Keys(std::unique_ptr<State> state) : state_(std::move(state)) {}
Keys::~Keys() {
  state_->hand_back();
}

Result<std::unique_ptr<Keys>> Keys::open(const std::string& path, const std::string& vfs,
                                         const Key& master, Random& random,
                                         Failpoints& failpoints) {
  auto state = std::make_unique<State>(vfs, master, random, failpoints);
  TRY_ASSIGN(state->db, Database::open(path, vfs, {"journal_mode=WAL", "synchronous=FULL"}));
  TRY(state->prepare());
  TRY(state->check_master());
  return std::unique_ptr<Keys>(new Keys(std::move(state)));
}

Result<void> Keys::State::prepare() {
  TRY_ASSIGN(const int64_t version, db->integer("PRAGMA user_version"));
  if (version == kSchemaVersion) return {};
  if (version != 0)
    return Error{Code::kUnsupported,
                 fmt::format("keys.db has format {}, this program knows {}: start the newer "
                             "version that wrote it",
                             version, kSchemaVersion)};
  TRY_ASSIGN(Transaction transaction, db->begin(TransactionKind::kWrite));
  TRY(db->run_script(kSchema));
  TRY(db->run("INSERT INTO master VALUES(?1)", Blob{wrap({}, kCheckKey, Key{})}));
  TRY(db->run_script(fmt::format("PRAGMA user_version = {}", kSchemaVersion)));
  return commit(transaction);
}

Result<void> Keys::State::check_master() {
  Statement statement = db->statement("SELECT wrapped FROM master");
  TRY_ASSIGN(const bool row, statement.step());
  if (row && unwrap({}, kCheckKey, statement.blob(0)).ok()) return {};
  return invalid(
      "the master key does not fit keys.db: give the one that this data folder was "
      "made with",
      "master_key");
}

Result<void> Keys::State::commit(Transaction& transaction) {
  Result<void> done = transaction.commit();
  if (db->broken()) broken = true;
  return done;
}

// Afterwards no earlier content of a page is left in the write-ahead log.
Result<void> Keys::State::empty_wal() {
  const auto moved = db->checkpoint(Database::Checkpoint::kTruncate);
  if (db->broken()) broken = true;
  if (!moved.ok()) return moved.error();
  return {};
}

std::string Keys::State::wrap(WorkspaceId workspace, uint64_t subject, const Key& key) {
  return seal(master, bytes_of_key(key), context_of(workspace, subject), random);
}

Result<Key> Keys::State::unwrap(WorkspaceId workspace, uint64_t subject, std::string_view wrapped) {
  TRY_ASSIGN(const std::string plain, unseal(master, wrapped, context_of(workspace, subject)));
  Key key;
  if (plain.size() != key.size()) return corrupt("a key in keys.db has the wrong length");
  std::memcpy(key.data(), plain.data(), key.size());
  return key;
}

Key Keys::State::fresh() {
  Key key;
  random.fill(key);
  return key;
}

// --- workspaces

Result<void> Keys::add_workspace(WorkspaceId workspace) {
  State& s = *state_;
  const std::lock_guard lock(s.database);
  if (s.range(workspace).ok()) return {};
  TRY_ASSIGN(Transaction transaction, s.db->begin(TransactionKind::kWrite));
  TRY(s.db->run("INSERT INTO workspaces VALUES(?1, 0, 0)", workspace));
  TRY(s.add_chunk(workspace, kHashKeyChunk, s.wrap(workspace, kHashKey, s.fresh())));
  TRY_ASSIGN(const auto keys, s.make(workspace, 0, kChunk));
  // Subject 0 is the workspace itself, it is never given out.
  TRY(s.set_range(workspace, {1, kChunk}));
  return s.commit(transaction);
}

Result<Key> Keys::hash_key(WorkspaceId workspace) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.memory);
    if (const auto it = s.hash_keys.find(workspace); it != s.hash_keys.end()) return it->second;
  }
  const std::lock_guard lock(s.database);
  TRY_ASSIGN(const std::string wrapped, s.read_wrapped(workspace, kHashKeyChunk, 0));
  if (wrapped.empty()) return not_found(fmt::format("workspace {} has no keys", workspace.value));
  TRY_ASSIGN(const Key key, s.unwrap(workspace, kHashKey, wrapped));
  const std::lock_guard memory(s.memory);
  s.hash_keys[workspace] = key;
  return key;
}

Result<void> Keys::destroy_workspace(WorkspaceId workspace) {
  State& s = *state_;
  const std::lock_guard copying(s.copying);
  const std::lock_guard lock(s.database);
  {
    TRY_ASSIGN(Transaction transaction, s.db->begin(TransactionKind::kWrite));
    TRY(s.db->run("DELETE FROM chunks WHERE workspace = ?1", workspace));
    TRY(s.db->run("DELETE FROM workspaces WHERE id = ?1", workspace));
    TRY(s.commit(transaction));
  }
  {
    const std::lock_guard memory(s.memory);
    s.cache.erase_if([&](const Name& name, const Key&) { return name.workspace == workspace; });
    s.hash_keys.erase(workspace);
    s.ahead.erase(workspace);
  }
  return s.empty_wal();
}

// --- making keys ahead

Result<SubjectId> Keys::allocate(WorkspaceId workspace) {
  State& s = *state_;
  for (;;) {
    {
      const std::lock_guard lock(s.memory);
      Ahead& ahead = s.ahead[workspace];
      if (!ahead.keys.empty()) {
        const SubjectId subject{ahead.first++};
        s.cache.put({workspace, subject}, ahead.keys.front());
        ahead.keys.pop_front();
        if (ahead.keys.size() + 1 == ahead.low) {
          s.low_in.push_back(workspace);
          s.low = true;
        }
        return subject;
      }
    }
    const std::lock_guard lock(s.database);
    TRY(s.refill(workspace));
  }
}

bool Keys::wants_refill() const {
  return state_->low;
}

Result<void> Keys::refill() {
  State& s = *state_;
  std::vector<WorkspaceId> wanting;
  {
    const std::lock_guard lock(s.memory);
    wanting.swap(s.low_in);
    s.low = false;
  }
  for (WorkspaceId workspace : wanting) {
    const std::lock_guard lock(s.database);
    const Result<void> done = s.refill(workspace);
    if (!done.ok() && done.error().code != Code::kNotFound) return done;
  }
  return {};
}

// Adds a block, unless another thread just did.
Result<void> Keys::State::refill(WorkspaceId workspace) {
  uint64_t block = 0;
  {
    const std::lock_guard lock(memory);
    Ahead& present = ahead[workspace];
    if (!present.keys.empty() && present.keys.size() >= present.low) return {};
    // A block that was used up before anybody refilled it was too small.
    if (present.keys.empty() && present.low != 0)
      present.next_block = std::min(present.next_block * 2, kLargestBlock);
    block = present.next_block;
  }
  failpoints.reach("keys.before_allocate");
  TRY_ASSIGN(const Range range, this->range(workspace));
  std::deque<Key> keys;
  {
    TRY_ASSIGN(Transaction transaction, db->begin(TransactionKind::kWrite));
    TRY_ASSIGN(keys, take_made(workspace, range));
    uint64_t made = range.made;
    if (keys.size() < block / 4) {
      TRY_ASSIGN(const std::deque<Key> more, make(workspace, made, block));
      keys.insert(keys.end(), more.begin(), more.end());
      made += block;
    }
    TRY(set_range(workspace, {made, made}));
    TRY(commit(transaction));
  }
  failpoints.reach("keys.after_allocate");
  const std::lock_guard lock(memory);
  Ahead& present = ahead[workspace];
  if (present.keys.empty()) present.first = range.next;
  present.keys.insert(present.keys.end(), keys.begin(), keys.end());
  present.low = present.keys.size() / 2;
  present.next_block = std::max(present.next_block, kBlock);
  return {};
}

Result<Keys::State::Range> Keys::State::range(WorkspaceId workspace) {
  Statement find = db->statement("SELECT next, made FROM workspaces WHERE id = ?1", workspace);
  TRY_ASSIGN(const bool row, find.step());
  if (!row) return not_found(fmt::format("workspace {} has no keys", workspace.value));
  return Range{static_cast<uint64_t>(find.integer(0)), static_cast<uint64_t>(find.integer(1))};
}

Result<void> Keys::State::set_range(WorkspaceId workspace, Range range) {
  return db->run("UPDATE workspaces SET next = ?2, made = ?3 WHERE id = ?1", workspace, range.next,
                 range.made);
}

// Keys that were made but not given out when the server was last stopped cleanly.
Result<std::deque<Key>> Keys::State::take_made(WorkspaceId workspace, Range range) {
  std::deque<Key> keys;
  for (uint64_t subject = range.next; subject < range.made; ++subject) {
    TRY_ASSIGN(const Key key, read(workspace, {subject}));
    keys.push_back(key);
  }
  return keys;
}

// `first` and `count` are multiples of kChunk.
Result<std::deque<Key>> Keys::State::make(WorkspaceId workspace, uint64_t first, uint64_t count) {
  std::deque<Key> keys;
  std::string wrapped;
  for (uint64_t subject = first; subject < first + count; ++subject) {
    keys.push_back(fresh());
    wrapped += wrap(workspace, subject, keys.back());
    if ((subject + 1) % kChunk != 0) continue;
    TRY(add_chunk(workspace, static_cast<int64_t>(subject + 1 - kChunk), wrapped));
    wrapped.clear();
  }
  return keys;
}

Result<void> Keys::State::add_chunk(WorkspaceId workspace, int64_t first,
                                    const std::string& wrapped) {
  return db->run("INSERT INTO chunks(workspace, first, keys) VALUES(?1, ?2, ?3)", workspace, first,
                 Blob{wrapped});
}

void Keys::State::hand_back() {
  const std::lock_guard lock(database);
  if (broken) return;
  for (const auto& [workspace, unused] : ahead) {
    const auto present = range(workspace);
    if (unused.keys.empty() || !present.ok()) continue;
    set_range(workspace, {unused.first, present->made})
        .ignore("numbers that are not handed back are skipped");
  }
}

// --- finding and destroying

Result<Key> Keys::find(WorkspaceId workspace, SubjectId subject) {
  State& s = *state_;
  {
    const std::lock_guard lock(s.memory);
    if (const Key* key = s.cache.find({workspace, subject})) return *key;
  }
  const std::lock_guard lock(s.database);
  TRY_ASSIGN(const Key key, s.read(workspace, subject));
  const std::lock_guard memory(s.memory);
  return s.cache.put({workspace, subject}, key);
}

Result<void> Keys::expect(WorkspaceId workspace, std::span<const SubjectId> subjects) {
  State& s = *state_;
  std::vector<SubjectId> unknown;
  {
    const std::lock_guard lock(s.memory);
    for (SubjectId subject : subjects) {
      if (!s.cache.prefetch({workspace, subject})) unknown.push_back(subject);
    }
  }
  if (unknown.empty()) return {};
  const std::lock_guard lock(s.database);
  TRY_ASSIGN(Transaction transaction, s.db->begin(TransactionKind::kRead));
  for (SubjectId subject : unknown) {
    const Result<Key> key = s.read(workspace, subject);
    if (!key.ok() && key.error().code == Code::kNotFound) continue;  // destroyed
    if (!key.ok()) return key.error();
    const std::lock_guard memory(s.memory);
    s.cache.put({workspace, subject}, *key);
  }
  return transaction.commit();
}

Result<Key> Keys::State::read(WorkspaceId workspace, SubjectId subject) {
  const uint64_t slot = subject.value % kChunk;
  TRY_ASSIGN(const std::string wrapped,
             read_wrapped(workspace, static_cast<int64_t>(subject.value - slot), slot));
  if (wrapped.find_first_not_of('\0') == std::string::npos)
    return not_found(fmt::format("the key of subject {} in workspace {} was destroyed",
                                 subject.value, workspace.value));
  return unwrap(workspace, subject.value, wrapped);
}

Result<std::string> Keys::State::read_wrapped(WorkspaceId workspace, int64_t chunk, uint64_t slot) {
  Statement find =
      db->statement("SELECT substr(keys, ?3, ?4) FROM chunks WHERE workspace = ?1 AND first = ?2",
                    workspace, chunk, slot * kWrapped + 1, kWrapped);
  TRY_ASSIGN(const bool row, find.step());
  return std::string(row ? find.blob(0) : std::string_view());
}

Result<void> Keys::destroy(WorkspaceId workspace, std::span<const SubjectId> subjects) {
  State& s = *state_;
  const std::lock_guard copying(s.copying);
  const std::lock_guard lock(s.database);
  {
    TRY_ASSIGN(Transaction transaction, s.db->begin(TransactionKind::kWrite));
    for (SubjectId subject : subjects) TRY(s.wipe(workspace, subject));
    TRY(s.commit(transaction));
  }
  {
    const std::lock_guard memory(s.memory);
    for (SubjectId subject : subjects) s.cache.erase({workspace, subject});
  }
  return s.empty_wal();
}

Result<void> Keys::State::wipe(WorkspaceId workspace, SubjectId subject) {
  CHECK(subject.value != 0);
  const uint64_t slot = subject.value % kChunk;
  Statement find = db->statement("SELECT id, keys FROM chunks WHERE workspace = ?1 AND first = ?2",
                                 workspace, subject.value - slot);
  TRY_ASSIGN(const bool row, find.step());
  if (!row) return {};
  const int64_t id = find.integer(0);
  std::string keys(find.blob(1));
  find.reset();
  keys.replace(slot * kWrapped, kWrapped, kWrapped, '\0');
  return db->run("UPDATE chunks SET keys = ?2 WHERE id = ?1", id, Blob{keys});
}

bool Keys::broken() const {
  return state_->broken;
}

// By a connection of its own, so that look-ups go on.
Result<void> Keys::copy_to(const std::string& path) {
  State& s = *state_;
  const std::lock_guard copying(s.copying);
  TRY_ASSIGN(const auto source, Database::open(s.db->path(), s.vfs, {}));
  return source->copy_to(path);
}

}  // namespace rapport::store
