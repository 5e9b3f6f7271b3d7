#include "store/backup.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "base/json.h"
#include "base/text.h"
#include "store/log_segment.h"

namespace rapport::store {

namespace {

constexpr size_t kChunk = 1 << 20;

std::string hash_of(std::string_view bytes) {
  const Hash hash = sha256({bytes});
  return to_hex(bytes_of(hash));
}

// SHA-256 of a file, in pieces.
Result<std::pair<std::string, uint64_t>> digest_file(Disk& disk, const std::string& path) {
  TRY_ASSIGN(auto file, disk.open(path, OpenMode::kRead));
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  CHECK(EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1);
  std::vector<char> buffer(kChunk);
  uint64_t offset = 0;
  for (;;) {
    TRY_ASSIGN(const size_t n, file->read(offset, buffer));
    if (n == 0) break;
    CHECK(EVP_DigestUpdate(hash.get(), buffer.data(), n) == 1);
    offset += n;
  }
  std::string bytes(32, '\0');
  CHECK(EVP_DigestFinal_ex(hash.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr) == 1);
  return std::pair(to_hex(bytes), offset);
}

// Copies `length` bytes and extends the copy to `size` with zeros.
Result<void> copy_file(Disk& disk, const std::string& from, const std::string& to, uint64_t length,
                       uint64_t size) {
  TRY_ASSIGN(auto in, disk.open(from, OpenMode::kRead));
  TRY_ASSIGN(auto out, disk.open(to, OpenMode::kCreate));
  std::vector<char> buffer(kChunk);
  for (uint64_t offset = 0; offset < length;) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kChunk, length - offset));
    TRY_ASSIGN(const size_t n, in->read(offset, {buffer.data(), wanted}));
    if (n == 0) return corrupt(fmt::format("{} is shorter than the log says", from));
    TRY(out->write(offset, {buffer.data(), n}));
    offset += n;
  }
  if (size > length) TRY(out->allocate(size));
  return out->sync();
}

Result<void> copy_whole(Disk& disk, const std::string& from, const std::string& to) {
  TRY_ASSIGN(auto in, disk.open(from, OpenMode::kRead));
  TRY_ASSIGN(const uint64_t size, in->size());
  return copy_file(disk, from, to, size, size);
}

Result<void> expect_empty(Disk& disk, const std::string& folder) {
  if (!disk.exists(folder)) return {};
  TRY_ASSIGN(const auto names, disk.list(folder));
  if (names.empty()) return {};
  return Error{Code::kConflict, fmt::format("{} is not empty; name a new folder", folder)};
}

Result<void> copy_log(EventLog& log, const std::string& from, const std::string& to, Disk& disk,
                      std::vector<std::string>& files) {
  const Position end = log.log().end().position;
  TRY(disk.make_folders(to + "/log"));
  TRY_ASSIGN(const auto numbers, list_segments(disk, from + "/log"));
  for (uint64_t number : numbers) {
    if (number > segment_of(end)) continue;
    const std::string path = segment_path(from + "/log", number);
    TRY_ASSIGN(auto file, disk.open(path, OpenMode::kRead));
    TRY_ASSIGN(const uint64_t size, file->size());
    const uint64_t used = number == segment_of(end) ? offset_of(end) : size;
    TRY(copy_file(disk, path, segment_path(to + "/log", number), used, size));
    files.push_back(segment_path("log", number));
  }
  return {};
}

Result<void> copy_bases(const std::string& from, const std::string& to, Disk& disk,
                        std::vector<std::string>& files) {
  if (!disk.exists(from + "/bases")) return {};
  TRY_ASSIGN(const auto workspaces, disk.list(from + "/bases"));
  for (const auto& workspace : workspaces) {
    TRY_ASSIGN(const auto names, disk.list(from + "/bases/" + workspace));
    for (const auto& name : names) {
      if (!name.ends_with(".base")) continue;
      const std::string path = "bases/" + workspace + "/" + name;
      TRY(disk.make_folders(to + "/bases/" + workspace));
      const auto copied = copy_whole(disk, from + "/" + path, to + "/" + path);
      // A base can be replaced by a newer one meanwhile: it is a shortcut, not a need.
      if (!copied.ok() && disk.exists(from + "/" + path)) return copied;
      if (copied.ok()) files.push_back(path);
    }
  }
  return {};
}

Result<BackupReport> write_manifest(Disk& disk, const std::string& to, const LogPoint& end,
                                    Micros now, const std::vector<std::string>& files) {
  BackupReport report;
  Json listed = Json::array();
  for (const auto& file : files) {
    TRY_ASSIGN(const auto digest, digest_file(disk, to + "/" + file));
    listed.push_back(Json::object().set("path", file).set("bytes", digest.second)
                         .set("sha256", digest.first));
    ++report.files;
    report.bytes += digest.second;
  }
  Json heads = Json::array();
  for (const auto& [workspace, head] : end.heads) {
    heads.push_back(Json::object().set("workspace", workspace.value)
                        .set("sequence", head.sequence.value)
                        .set("chain", to_hex(bytes_of(head.chain))));
    report.heads.emplace_back(workspace, head.sequence);
  }
  Json manifest = Json::object();
  manifest.set("version", 1).set("taken_at", format_time(now)).set("heads", heads);
  manifest.set("files", listed);
  const std::string text = to_pretty_text(manifest);
  const Json sealed = Json::object().set("manifest", manifest).set("sha256", hash_of(to_text(manifest)));
  TRY(write_file(disk, to + "/manifest.json", to_pretty_text(sealed)));
  return report;
}

Result<Json> read_manifest(Disk& disk, const std::string& backup) {
  auto text = read_file(disk, backup + "/manifest.json");
  if (!text.ok())
    return not_found(fmt::format("{} holds no complete backup: there is no manifest.json", backup));
  auto sealed = parse_json(*text);
  const Json* manifest = sealed.ok() ? sealed->find("manifest") : nullptr;
  if (!manifest || hash_of(to_text(*manifest)) != sealed->text("sha256"))
    return corrupt(fmt::format("{}/manifest.json was changed or damaged", backup));
  return *manifest;
}

Result<std::vector<Tombstone>> all_tombstones(Disk& disk, const std::string& backup,
                                              const Key& master,
                                              const std::vector<std::string>& more) {
  std::vector<std::string> paths = more;
  paths.push_back(backup + "/tombstones");
  const std::string parent = backup.substr(0, backup.rfind('/'));
  if (auto siblings = disk.list(parent); siblings.ok())
    for (const auto& name : *siblings) {
      const std::string path = parent + "/" + name + "/tombstones";
      if (disk.exists(path)) paths.push_back(path);
    }
  std::vector<Tombstone> all;
  for (const auto& path : paths) {
    TRY_ASSIGN(const auto some, read_tombstones(disk, path, master));
    for (const auto& one : some)
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
  return all;
}

}  // namespace

Result<BackupReport> back_up(EventLog& log, const BackupSource& source, Disk& disk, Clock& clock,
                             const std::string& destination) {
  TRY(expect_empty(disk, destination));
  TRY(disk.make_folders(destination));
  TRY(disk.make_folders(destination + "/keys"));
  std::vector<std::string> files;
  // Bases before the log: none may be ahead of it. Keys after it: every event has its key.
  TRY(copy_bases(source.folder, destination, disk, files));
  TRY(log.commit());
  const LogPoint end = log.log().end();
  TRY(copy_log(log, source.folder, destination, disk, files));
  TRY(log.keys().copy_to(destination + "/keys/keys.db"));
  files.push_back("keys/keys.db");
  TRY(source.copy_control(destination + "/control.db"));
  files.push_back("control.db");
  if (disk.exists(source.folder + "/tombstones")) {
    TRY(copy_whole(disk, source.folder + "/tombstones", destination + "/tombstones"));
    files.push_back("tombstones");
  }
  return write_manifest(disk, destination, end, clock.now(), files);
}

Result<BackupReport> check_backup(Disk& disk, const std::string& backup) {
  TRY_ASSIGN(const Json manifest, read_manifest(disk, backup));
  BackupReport report;
  for (const Json& file : manifest.find("files")->as_array()) {
    const std::string path(file.text("path"));
    if (path.find("..") != path.npos) return corrupt("the manifest names a path outside: " + path);
    auto digest = digest_file(disk, backup + "/" + path);
    if (!digest.ok() || digest->first != file.text("sha256"))
      return corrupt(fmt::format("{}/{} is missing or damaged; take another backup", backup, path),
                     path);
    ++report.files;
    report.bytes += digest->second;
  }
  for (const Json& head : manifest.find("heads")->as_array())
    report.heads.emplace_back(WorkspaceId{static_cast<uint32_t>(head.integer("workspace"))},
                              Sequence{static_cast<uint64_t>(head.integer("sequence"))});
  return report;
}

Result<std::vector<Tombstone>> restore(Disk& disk, const std::string& backup,
                                       const std::string& folder, const Key& master,
                                       const std::vector<std::string>& more) {
  TRY_ASSIGN([[maybe_unused]] const auto checked, check_backup(disk, backup));
  TRY_ASSIGN(auto tombstones, all_tombstones(disk, backup, master, more));
  TRY_ASSIGN(const Json manifest, read_manifest(disk, backup));
  for (const Json& file : manifest.find("files")->as_array()) {
    const std::string path(file.text("path"));
    const std::string target = folder + "/" + (path == "keys/keys.db" ? "keys.db" : path);
    if (disk.exists(target))
      return Error{Code::kConflict, fmt::format("{} exists; restore into an empty folder", target)};
    TRY(disk.make_folders(target.substr(0, target.rfind('/'))));
    TRY(copy_whole(disk, backup + "/" + path, target));
    TRY(disk.sync_folder(target.substr(0, target.rfind('/'))));
  }
  return tombstones;
}

}  // namespace rapport::store
