#include "store/base_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "base/text.h"

namespace rapport::store {
namespace {

constexpr size_t kBlock = 1 << 20;  // part of the digest's definition
constexpr size_t kDigits = 20;
constexpr std::string_view kSuffix = ".base";
constexpr std::string_view kUnfinished = "taking.tmp";
constexpr std::string_view kSideFiles[] = {"-wal", "-shm", "-journal"};

std::string name_of(Sequence sequence, const Hash& digest) {
  return fmt::format("{:020}-{}{}", sequence.value, to_hex(bytes_of(digest)), kSuffix);
}

std::optional<Base> parse_name(const std::string& folder, std::string_view name) {
  Base base;
  const size_t length = kDigits + 1 + 2 * base.bytes_digest.size() + kSuffix.size();
  if (name.size() != length || name[kDigits] != '-' || !name.ends_with(kSuffix)) return {};
  const char* end = name.data() + kDigits;
  const auto parsed = std::from_chars(name.data(), end, base.sequence.value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return {};
  const auto digest = from_hex(name.substr(kDigits + 1, 2 * base.bytes_digest.size()));
  if (!digest) return {};
  std::ranges::copy(*digest, base.bytes_digest.begin());
  base.path = folder + "/" + std::string(name);
  return base;
}

// Digest of a file: SHA-256 over the digest so far and the next block, from block to block.
using Visit = std::function<Result<void>(uint64_t offset, std::string_view block)>;
Result<Hash> read_blocks(const File& file, const Visit& visit) {
  Hash digest{};
  std::string block(kBlock, '\0');
  for (uint64_t offset = 0;; offset += kBlock) {
    TRY_ASSIGN(const size_t n, file.read(offset, block));
    if (n == 0) return digest;
    const std::string_view read = std::string_view(block).substr(0, n);
    digest = sha256({bytes_of(digest), read});
    TRY(visit(offset, read));
    if (n < kBlock) return digest;
  }
}

Result<Hash> digest_of(Disk& disk, const std::string& path) {
  TRY_ASSIGN(const auto file, disk.open(path, OpenMode::kRead));
  return read_blocks(*file, [](uint64_t, std::string_view) -> Result<void> { return {}; });
}

Result<void> remove_if_there(Disk& disk, const std::string& path) {
  return disk.exists(path) ? disk.remove(path) : Result<void>();
}

Result<void> remove_database(Disk& disk, const std::string& path) {
  TRY(remove_if_there(disk, path));
  for (std::string_view suffix : kSideFiles) {
    TRY(remove_if_there(disk, path + std::string(suffix)));
  }
  return {};
}

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

Error damaged(const Base& base) {
  return corrupt(
      fmt::format("{}: this base is damaged. Remove it and run `rapport rebuild`.", base.path));
}

// Copies the base and returns the digest of what was copied; durable but for its name.
Result<Hash> copy_file(Disk& disk, const std::string& from, const std::string& to) {
  TRY_ASSIGN(const auto source, disk.open(from, OpenMode::kRead));
  TRY_ASSIGN(const auto target, disk.open(to, OpenMode::kCreate));
  TRY_ASSIGN(const Hash digest, read_blocks(*source, [&](uint64_t offset, std::string_view block) {
               return target->write(offset, block);
             }));
  TRY(target->sync());
  return digest;
}

}  // namespace

Result<TakenBase> write_base(State& state, Disk& disk, const std::string& vfs,
                             const std::string& folder, Failpoints& failpoints) {
  TRY(disk.make_folders(folder));
  const std::string unfinished = folder + "/" + std::string(kUnfinished);
  TRY(remove_database(disk, unfinished));
  TRY(state.snapshot(unfinished));
  TakenBase taken;
  {
    TRY_ASSIGN(const auto copy, open_sqlite_state(unfinished, vfs, StateMode::kRead));
    TRY_ASSIGN(taken.cursor, copy->cursor());
    TRY_ASSIGN(taken.state_digest, copy->digest());
  }
  taken.base.sequence = taken.cursor.sequence;
  TRY_ASSIGN(taken.base.bytes_digest, digest_of(disk, unfinished));
  taken.base.path = folder + "/" + name_of(taken.base.sequence, taken.base.bytes_digest);
  failpoints.reach("base.before_rename");
  TRY(disk.rename(unfinished, taken.base.path));
  TRY(disk.sync_folder(folder));
  return taken;
}

Result<std::vector<Base>> list_bases(Disk& disk, const std::string& folder) {
  std::vector<Base> bases;
  if (!disk.exists(folder)) return bases;
  TRY_ASSIGN(const auto names, disk.list(folder));
  for (const std::string& name : names) {
    if (auto base = parse_name(folder, name)) bases.push_back(std::move(*base));
  }
  std::ranges::stable_sort(bases, {}, [](const Base& base) { return base.sequence; });
  return bases;
}

Result<std::optional<Base>> newest_base(Disk& disk, const std::string& folder) {
  TRY_ASSIGN(auto bases, list_bases(disk, folder));
  if (bases.empty()) return std::optional<Base>();
  return std::optional<Base>(std::move(bases.back()));
}

Result<void> check_base(Disk& disk, const Base& base) {
  TRY_ASSIGN(const Hash digest, digest_of(disk, base.path));
  return digest == base.bytes_digest ? Result<void>() : damaged(base);
}

Result<void> restore_base(Disk& disk, const Base& base, const std::string& state_path) {
  const std::string fresh = state_path + ".restoring";
  TRY(remove_if_there(disk, fresh));
  TRY_ASSIGN(const Hash digest, copy_file(disk, base.path, fresh));
  if (digest != base.bytes_digest) {
    TRY(disk.remove(fresh));
    return damaged(base);
  }
  // The old file goes first: its WAL must never stand beside the new one.
  TRY(remove_database(disk, state_path));
  TRY(disk.sync_folder(folder_of(state_path)));
  TRY(disk.rename(fresh, state_path));
  return disk.sync_folder(folder_of(state_path));
}

Result<void> remove_bases_before(Disk& disk, const std::string& folder, Sequence sequence) {
  if (!disk.exists(folder)) return {};
  TRY(remove_database(disk, folder + "/" + std::string(kUnfinished)));
  TRY_ASSIGN(const auto bases, list_bases(disk, folder));
  for (const Base& base : bases) {
    if (base.sequence < sequence) TRY(disk.remove(base.path));
  }
  return disk.sync_folder(folder);
}

}  // namespace rapport::store
