#include "store/sqlite/scrubbing_vfs.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <string>
#include <vector>

namespace rapport::store {
namespace {

// What SQLite sees as an open file; the file of the VFS below lies behind it in the same memory.
struct ScrubbedFile {
  sqlite3_file base;
  std::vector<unsigned char>* page;  // copy of a page on its way out
  sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

ScrubbedFile* scrubbed(sqlite3_file* file) {
  return reinterpret_cast<ScrubbedFile*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
  return scrubbed(file)->below();
}
const sqlite3_io_methods* methods(sqlite3_file* file) {
  return below(file)->pMethods;
}

bool is_page_write(int amount, sqlite3_int64 offset) {
  return amount >= 512 && (amount & (amount - 1)) == 0 && offset % amount == 0;
}

int close_file(sqlite3_file* file) {
  const int code = methods(file)->xClose(below(file));
  delete scrubbed(file)->page;
  scrubbed(file)->page = nullptr;
  return code;
}
int read_file(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  return methods(file)->xRead(below(file), to, amount, offset);
}
int write_file(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  if (!is_page_write(amount, offset)) {
    return methods(file)->xWrite(below(file), from, amount, offset);
  }
  auto& page = *scrubbed(file)->page;
  const auto* bytes = static_cast<const unsigned char*>(from);
  page.assign(bytes, bytes + amount);
  scrub_page(static_cast<uint64_t>(offset), page);
  return methods(file)->xWrite(below(file), page.data(), amount, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return methods(file)->xTruncate(below(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  return methods(file)->xSync(below(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file)->xFileSize(below(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return methods(file)->xLock(below(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return methods(file)->xUnlock(below(file), level);
}
int check_reserved(sqlite3_file* file, int* result) {
  return methods(file)->xCheckReservedLock(below(file), result);
}
int control_file(sqlite3_file* file, int op, void* argument) {
  return methods(file)->xFileControl(below(file), op, argument);
}
int sector_size(sqlite3_file* file) {
  return methods(file)->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
  return methods(file)->xDeviceCharacteristics(below(file));
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
  return methods(file)->xShmMap(below(file), page, size, extend, to);
}
int lock_shared(sqlite3_file* file, int offset, int n, int flags) {
  return methods(file)->xShmLock(below(file), offset, n, flags);
}
void barrier_shared(sqlite3_file* file) {
  methods(file)->xShmBarrier(below(file));
}
int unmap_shared(sqlite3_file* file, int remove) {
  return methods(file)->xShmUnmap(below(file), remove);
}

constexpr sqlite3_io_methods methods_of(int version) {
  return {version,        close_file,   read_file,       write_file,  truncate_file,
          sync_file,      file_size,    lock_file,       unlock_file, check_reserved,
          control_file,   sector_size,  characteristics, map_shared,  lock_shared,
          barrier_shared, unmap_shared, nullptr,         nullptr};
}
constexpr sqlite3_io_methods kPlainMethods = methods_of(1);
constexpr sqlite3_io_methods kSharedMethods = methods_of(2);

sqlite3_vfs* below(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* base = below(vfs);
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return base->xOpen(base, name, file, flags, out_flags);
  auto* opened = new (file) ScrubbedFile{{nullptr}, nullptr};
  opened->below()->pMethods = nullptr;
  const int code = base->xOpen(base, name, opened->below(), flags, out_flags);
  if (opened->below()->pMethods == nullptr) return code;
  opened->page = new std::vector<unsigned char>();
  opened->base.pMethods =
      opened->below()->pMethods->iVersion < 2 ? &kPlainMethods : &kSharedMethods;
  return code;
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync) {
  return below(vfs)->xDelete(below(vfs), name, sync);
}
int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  return below(vfs)->xAccess(below(vfs), name, flags, result);
}
int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return below(vfs)->xFullPathname(below(vfs), name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) {
  return below(vfs)->xRandomness(below(vfs), size, out);
}
int sleep_micros(sqlite3_vfs* vfs, int micros) {
  return below(vfs)->xSleep(below(vfs), micros);
}
int current_time(sqlite3_vfs* vfs, double* out) {
  return below(vfs)->xCurrentTime(below(vfs), out);
}
int last_error(sqlite3_vfs* vfs, int size, char* out) {
  sqlite3_vfs* base = below(vfs);
  return base->xGetLastError == nullptr ? 0 : base->xGetLastError(base, size, out);
}
int current_time_64(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return below(vfs)->xCurrentTimeInt64(below(vfs), out);
}

size_t number(const unsigned char* at) {
  return static_cast<size_t>(at[0]) << 8 | at[1];
}

}  // namespace

struct ScrubbingVfs::State {
  std::string name;
  sqlite3_vfs vfs{};
};

ScrubbingVfs::ScrubbingVfs(std::unique_ptr<State> state) : state_(std::move(state)) {}
ScrubbingVfs::~ScrubbingVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
}
const char* ScrubbingVfs::name() const {
  return state_->name.c_str();
}

Result<std::unique_ptr<ScrubbingVfs>> ScrubbingVfs::over(const std::string& base_name) {
  sqlite3_vfs* base = sqlite3_vfs_find(base_name.empty() ? nullptr : base_name.c_str());
  if (base == nullptr) return not_found(fmt::format("There is no SQLite VFS \"{}\".", base_name));
  auto state = std::make_unique<State>();
  state->name = fmt::format("scrubbing-{}-{}", base->zName, static_cast<void*>(state.get()));
  sqlite3_vfs& vfs = state->vfs;
  vfs.iVersion = std::min(base->iVersion, 2);
  vfs.szOsFile = static_cast<int>(sizeof(ScrubbedFile)) + base->szOsFile;
  vfs.mxPathname = base->mxPathname;
  vfs.zName = state->name.c_str();
  vfs.pAppData = base;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = sleep_micros;
  vfs.xCurrentTime = current_time;
  vfs.xGetLastError = last_error;
  if (vfs.iVersion >= 2) vfs.xCurrentTimeInt64 = current_time_64;
  const int code = sqlite3_vfs_register(&vfs, 0);
  if (code != SQLITE_OK) return io_error(fmt::format("SQLite: {}.", sqlite3_errstr(code)));
  return std::unique_ptr<ScrubbingVfs>(new ScrubbingVfs(std::move(state)));
}

// Format of a page: https://www.sqlite.org/fileformat2.html#b_tree_pages. Overflow and free pages
// begin with a page number, whose first byte is 0 in files below 128 GiB.
void scrub_page(uint64_t offset, std::span<unsigned char> page) {
  const size_t start = offset == 0 ? 100 : 0;  // the file's header precedes the first page's
  if (page.size() < 512) return;
  const unsigned char* header = page.data() + start;
  const unsigned char type = header[0];
  const bool leaf = type == 10 || type == 13;
  if (!leaf && type != 2 && type != 5) return;
  const size_t gap_begin = start + (leaf ? 8 : 12) + 2 * number(header + 3);
  const size_t gap_end = number(header + 5);
  if (gap_begin >= gap_end || gap_end > page.size()) return;
  std::fill(page.data() + gap_begin, page.data() + gap_end, static_cast<unsigned char>(0));
}

}  // namespace rapport::store
