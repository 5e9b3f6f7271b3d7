#include "simulation/sqlite_vfs.h"

#include <sqlite3.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "simulation/file_content.h"

namespace rapport::simulation {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

int code_of(const Error& error, int otherwise) {
  return error.code == Code::kDiskFull ? SQLITE_FULL : otherwise;
}

// SQLite's unnamed temporary files never need to survive anything.
class MemoryFile final : public File {
 public:
  Result<size_t> read(uint64_t offset, std::span<char> out) const override {
    return bytes_.read(offset, out);
  }
  Result<void> write(uint64_t offset, std::string_view bytes) override {
    bytes_.write(offset, bytes);
    return {};
  }
  Result<void> sync() override { return {}; }
  Result<void> allocate(uint64_t size) override { return truncate(size); }
  Result<void> truncate(uint64_t size) override {
    bytes_.resize(size);
    return {};
  }
  Result<uint64_t> size() const override { return bytes_.size(); }

 private:
  SparseBytes bytes_;
};

// What all connections to one file share.
struct Shared {
  int openers = 0;
  // Database locks: any number of readers, at most one writer on its way through the levels.
  int readers = 0;
  const void* reserved = nullptr;
  const void* pending = nullptr;
  const void* exclusive = nullptr;
  // WAL index.
  int mappers = 0;
  std::vector<std::unique_ptr<char[]>> regions;
  std::array<int, SQLITE_SHM_NLOCK> shm_readers{};
  std::array<const void*, SQLITE_SHM_NLOCK> shm_writer{};
};

enum class Named { kDurable, kNotYet };

struct OpenFile {
  SqliteVfs::State* state = nullptr;
  std::unique_ptr<File> file;
  std::string path;  // empty: temporary
  bool removes_at_close = false;
  Named name = Named::kDurable;
  Shared* shared = nullptr;
  int lock = SQLITE_LOCK_NONE;
  bool maps = false;
  std::array<bool, SQLITE_SHM_NLOCK> shm_shared{};
};

// What SQLite allocates for a file: its own head, then a pointer to ours.
struct Handle {
  sqlite3_file head;
  OpenFile* open;
};

OpenFile& opened(sqlite3_file* file) {
  return *reinterpret_cast<Handle*>(file)->open;
}

}  // namespace

struct SqliteVfs::State {
  Disk& disk;
  Clock& clock;
  Random& random;
  std::mutex mutex;
  std::map<std::string, Shared> shared;
};

namespace {

SqliteVfs::State& state_of(sqlite3_vfs* vfs) {
  return *static_cast<SqliteVfs::State*>(vfs->pAppData);
}

int read_at(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const std::span<char> span(static_cast<char*>(out), static_cast<size_t>(size));
  const auto n = opened(file).file->read(static_cast<uint64_t>(offset), span);
  if (!n.ok()) return SQLITE_IOERR_READ;
  if (*n == span.size()) return SQLITE_OK;
  std::memset(span.data() + *n, 0, span.size() - *n);
  return SQLITE_IOERR_SHORT_READ;
}

int write_at(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const std::string_view text(static_cast<const char*>(bytes), static_cast<size_t>(size));
  const auto done = opened(file).file->write(static_cast<uint64_t>(offset), text);
  return done.ok() ? SQLITE_OK : code_of(done.error(), SQLITE_IOERR_WRITE);
}

int truncate_to(sqlite3_file* file, sqlite3_int64 size) {
  const auto done = opened(file).file->truncate(static_cast<uint64_t>(size));
  return done.ok() ? SQLITE_OK : code_of(done.error(), SQLITE_IOERR_TRUNCATE);
}

int sync_file(sqlite3_file* file, int) {
  OpenFile& open = opened(file);
  if (!open.file->sync().ok()) return SQLITE_IOERR_FSYNC;
  if (open.name == Named::kNotYet) {
    if (!open.state->disk.sync_folder(folder_of(open.path)).ok()) return SQLITE_IOERR_DIR_FSYNC;
    open.name = Named::kDurable;
  }
  return SQLITE_OK;
}

int file_size(sqlite3_file* file, sqlite3_int64* out) {
  const auto size = opened(file).file->size();
  if (!size.ok()) return SQLITE_IOERR_FSTAT;
  *out = static_cast<sqlite3_int64>(*size);
  return SQLITE_OK;
}

void lower_lock(OpenFile& open, int level) {
  Shared& shared = *open.shared;
  for (const void** holder : {&shared.reserved, &shared.pending, &shared.exclusive}) {
    if (*holder == &open) *holder = nullptr;
  }
  if (level == SQLITE_LOCK_NONE && open.lock > SQLITE_LOCK_NONE) --shared.readers;
  open.lock = level;
}

// The levels of SQLite's locking protocol, as its documentation of xLock gives them.
int raise_lock(OpenFile& open, int level) {
  Shared& shared = *open.shared;
  const auto by_other = [&](const void* holder) { return holder != nullptr && holder != &open; };
  if (level == SQLITE_LOCK_SHARED) {
    if (by_other(shared.pending) || by_other(shared.exclusive)) return SQLITE_BUSY;
    ++shared.readers;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (by_other(shared.reserved) || by_other(shared.pending) || by_other(shared.exclusive))
      return SQLITE_BUSY;
    shared.reserved = &open;
  } else {
    if (by_other(shared.reserved) || by_other(shared.pending) || by_other(shared.exclusive))
      return SQLITE_BUSY;
    shared.pending = &open;
    if (shared.readers > 1) {
      open.lock = SQLITE_LOCK_PENDING;
      return SQLITE_BUSY;
    }
    shared.exclusive = &open;
  }
  open.lock = level;
  return SQLITE_OK;
}

int lock_file(sqlite3_file* file, int level) {
  OpenFile& open = opened(file);
  if (open.shared == nullptr || open.lock >= level) return SQLITE_OK;
  const std::lock_guard guard(open.state->mutex);
  return raise_lock(open, level);
}

int unlock_file(sqlite3_file* file, int level) {
  OpenFile& open = opened(file);
  if (open.shared == nullptr || open.lock <= level) return SQLITE_OK;
  const std::lock_guard guard(open.state->mutex);
  lower_lock(open, level);
  return SQLITE_OK;
}

int is_reserved(sqlite3_file* file, int* out) {
  OpenFile& open = opened(file);
  *out = 0;
  if (open.shared == nullptr) return SQLITE_OK;
  const std::lock_guard guard(open.state->mutex);
  const Shared& shared = *open.shared;
  *out = shared.reserved != nullptr || shared.pending != nullptr || shared.exclusive != nullptr;
  return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) {
  return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
  return static_cast<int>(FileContent::kSector);
}
// A cut sector of FileContent keeps the bytes that no write was for.
int characteristics(sqlite3_file*) {
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  OpenFile& open = opened(file);
  *out = nullptr;
  if (open.shared == nullptr) return SQLITE_IOERR_SHMMAP;
  const std::lock_guard guard(open.state->mutex);
  Shared& shared = *open.shared;
  if (!open.maps) {
    open.maps = true;
    ++shared.mappers;
  }
  const auto index = static_cast<size_t>(region);
  if (index >= shared.regions.size() && extend == 0) return SQLITE_OK;
  while (index >= shared.regions.size())
    shared.regions.push_back(std::make_unique<char[]>(static_cast<size_t>(size)));
  *out = shared.regions[index].get();
  return SQLITE_OK;
}

void release_shm(OpenFile& open, size_t slot) {
  Shared& shared = *open.shared;
  if (shared.shm_writer[slot] == &open) shared.shm_writer[slot] = nullptr;
  if (open.shm_shared[slot]) {
    open.shm_shared[slot] = false;
    --shared.shm_readers[slot];
  }
}

int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  OpenFile& open = opened(file);
  if (open.shared == nullptr) return SQLITE_IOERR_SHMLOCK;
  const std::lock_guard guard(open.state->mutex);
  Shared& shared = *open.shared;
  const auto first = static_cast<size_t>(offset), end = first + static_cast<size_t>(n);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (size_t slot = first; slot < end; ++slot) release_shm(open, slot);
    return SQLITE_OK;
  }
  const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  for (size_t slot = first; slot < end; ++slot) {
    const void* writer = shared.shm_writer[slot];
    if (writer != nullptr && writer != &open) return SQLITE_BUSY;
    const int others = shared.shm_readers[slot] - (open.shm_shared[slot] ? 1 : 0);
    if (exclusive && others > 0) return SQLITE_BUSY;
  }
  for (size_t slot = first; slot < end; ++slot) {
    if (exclusive) {
      shared.shm_writer[slot] = &open;
    } else if (!open.shm_shared[slot]) {
      open.shm_shared[slot] = true;
      ++shared.shm_readers[slot];
    }
  }
  return SQLITE_OK;
}

void shm_barrier(sqlite3_file* file) {
  const std::lock_guard guard(opened(file).state->mutex);
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

void leave_shm(OpenFile& open) {
  if (!open.maps) return;
  for (size_t slot = 0; slot < SQLITE_SHM_NLOCK; ++slot) release_shm(open, slot);
  open.maps = false;
  if (--open.shared->mappers == 0) open.shared->regions.clear();
}

int shm_unmap(sqlite3_file* file, int) {
  OpenFile& open = opened(file);
  if (open.shared == nullptr) return SQLITE_OK;
  const std::lock_guard guard(open.state->mutex);
  leave_shm(open);
  return SQLITE_OK;
}

int close_file(sqlite3_file* file) {
  auto* handle = reinterpret_cast<Handle*>(file);
  const std::unique_ptr<OpenFile> open(handle->open);
  handle->open = nullptr;
  if (open->shared != nullptr) {
    const std::lock_guard guard(open->state->mutex);
    lower_lock(*open, SQLITE_LOCK_NONE);
    leave_shm(*open);
    if (--open->shared->openers == 0) open->state->shared.erase(open->path);
  }
  open->file.reset();
  if (open->removes_at_close)
    open->state->disk.remove(open->path).ignore("a left-over temporary file harms nobody");
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {
    2,         close_file,  read_at,     write_at, truncate_to, sync_file,       file_size,
    lock_file, unlock_file, is_reserved, control,  sector_size, characteristics, shm_map,
    shm_lock,  shm_barrier, shm_unmap,   nullptr,  nullptr};

int open_on_disk(OpenFile& open, const char* path, int flags) {
  open.path = path;
  Disk& disk = open.state->disk;
  const OpenMode mode = (flags & SQLITE_OPEN_CREATE) != 0      ? OpenMode::kCreate
                        : (flags & SQLITE_OPEN_READWRITE) != 0 ? OpenMode::kReadWrite
                                                               : OpenMode::kRead;
  const bool is_new = mode == OpenMode::kCreate && !disk.exists(open.path);
  auto file = disk.open(open.path, mode);
  if (!file.ok()) return code_of(file.error(), SQLITE_CANTOPEN);
  open.file = std::move(file).value();
  if (is_new) open.name = Named::kNotYet;
  open.removes_at_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) {
    const std::lock_guard guard(open.state->mutex);
    open.shared = &open.state->shared[open.path];
    ++open.shared->openers;
  }
  return SQLITE_OK;
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  auto* handle = reinterpret_cast<Handle*>(file);
  handle->head.pMethods = nullptr;
  auto open = std::make_unique<OpenFile>();
  open->state = &state_of(vfs);
  if (path == nullptr) {
    open->file = std::make_unique<MemoryFile>();
  } else {
    const int code = open_on_disk(*open, path, flags);
    if (code != SQLITE_OK) return code;
  }
  if (flags_out != nullptr) *flags_out = flags;
  handle->open = open.release();
  handle->head.pMethods = &kMethods;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  Disk& disk = state_of(vfs).disk;
  const auto done = disk.remove(path);
  if (!done.ok())
    return done.error().code == Code::kNotFound ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
  if (sync_folder != 0 && !disk.sync_folder(folder_of(path)).ok()) return SQLITE_IOERR_DIR_FSYNC;
  return SQLITE_OK;
}

int access_file(sqlite3_vfs* vfs, const char* path, int, int* out) {
  *out = state_of(vfs).disk.exists(path) ? 1 : 0;
  return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  if (std::strlen(path) >= static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  std::strcpy(out, path);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  state_of(vfs).random.fill({reinterpret_cast<uint8_t*>(out), static_cast<size_t>(size)});
  return size;
}

int sleep_for(sqlite3_vfs* vfs, int micros) {
  state_of(vfs).clock.sleep(Micros{micros});
  // Where a test has several threads, whoever holds the lock gets a chance to let it go.
  std::this_thread::sleep_for(std::chrono::microseconds(20));
  return micros;
}

int current_time(sqlite3_vfs* vfs, sqlite3_int64* out) {
  constexpr sqlite3_int64 kJulianOf1970 = 210'866'760'000'000;  // in milliseconds
  *out = kJulianOf1970 + state_of(vfs).clock.now().value / 1000;
  return SQLITE_OK;
}

int current_day(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 millis = 0;
  current_time(vfs, &millis);
  *out = static_cast<double>(millis) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs*, int, char*) {
  return 0;
}

}  // namespace

SqliteVfs::SqliteVfs(std::string name, Disk& disk, Clock& clock, Random& random)
    : name_(std::move(name)),
      state_(new State{disk, clock, random, {}, {}}),
      vfs_(std::make_unique<sqlite3_vfs>()) {
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(Handle);
  vfs_->mxPathname = 512;
  vfs_->zName = name_.c_str();
  vfs_->pAppData = state_.get();
  vfs_->xOpen = open_file;
  vfs_->xDelete = delete_file;
  vfs_->xAccess = access_file;
  vfs_->xFullPathname = full_path;
  vfs_->xRandomness = randomness;
  vfs_->xSleep = sleep_for;
  vfs_->xCurrentTime = current_day;
  vfs_->xGetLastError = last_error;
  vfs_->xCurrentTimeInt64 = current_time;
  CHECK(sqlite3_vfs_find(name_.c_str()) == nullptr);
  CHECK(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

SqliteVfs::~SqliteVfs() {
  CHECK(state_->shared.empty());
  sqlite3_vfs_unregister(vfs_.get());
}

std::unique_ptr<SqliteVfs> register_sqlite_vfs(std::string name, Disk& disk, Clock& clock,
                                               Random& random) {
  return std::make_unique<SqliteVfs>(std::move(name), disk, clock, random);
}

}  // namespace rapport::simulation
