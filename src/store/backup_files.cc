#include "store/backup_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"
#include "base/sha256.h"
#include "base/text.h"

namespace rapport::store {
namespace {

constexpr int64_t kFormat = 1;
constexpr size_t kBlock = 1 << 20;

bool read_hash(const Json& from, std::string_view member, Hash& hash) {
  const auto bytes = from_hex(from.text(member));
  if (!bytes || bytes->size() != hash.size()) return false;
  std::copy(bytes->begin(), bytes->end(), hash.begin());
  return true;
}

// A path of a manifest must stay within the backup.
bool stays_inside(std::string_view path) {
  if (path.empty() || path.front() == '/') return false;
  const auto parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view p) { return p.empty() || p == "." || p == ".."; });
}

bool decode_files(const Json& json, Manifest& manifest) {
  const Json* files = json.find("files");
  if (files == nullptr || !files->is_array()) return false;
  for (const Json& row : files->as_array()) {
    BackupFile file{std::string(row.text("path")), static_cast<uint64_t>(row.integer("bytes")), {}};
    if (!stays_inside(file.path) || !read_hash(row, "sha256", file.sha256)) return false;
    manifest.files.push_back(std::move(file));
  }
  return true;
}

bool decode_heads(const Json& json, Manifest& manifest) {
  const Json* heads = json.find("heads");
  if (heads == nullptr || !heads->is_array()) return false;
  for (const Json& row : heads->as_array()) {
    Head head{{static_cast<uint64_t>(row.integer("sequence"))}, {}, {row.integer("received_at")}};
    if (!read_hash(row, "chain", head.chain)) return false;
    manifest.heads[{static_cast<uint32_t>(row.integer("workspace"))}] = head;
  }
  return true;
}

// Of the manifest itself, without the member that holds it.
std::string checksum_of(const Json& manifest) {
  return to_hex(bytes_of(sha256({to_text(manifest)})));
}

// Every byte counts, white space too: a manifest is written by us alone.
bool is_whole(Json manifest, std::string_view text) {
  if (to_pretty_text(manifest) + "\n" != text) return false;
  const std::string checksum(manifest.text("sha256"));
  manifest.erase("sha256");
  return checksum == checksum_of(manifest);
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  Json heads = Json::array(), files = Json::array();
  for (const auto& [workspace, head] : manifest.heads) {
    heads.push_back(Json::object()
                        .set("workspace", uint64_t{workspace.value})
                        .set("sequence", head.sequence.value)
                        .set("chain", to_hex(bytes_of(head.chain)))
                        .set("received_at", head.received_at.value));
  }
  for (const BackupFile& file : manifest.files) {
    files.push_back(Json::object()
                        .set("path", file.path)
                        .set("bytes", file.bytes)
                        .set("sha256", to_hex(bytes_of(file.sha256))));
  }
  Json all = Json::object()
                 .set("format", kFormat)
                 .set("version", manifest.version)
                 .set("at", format_time_micros(manifest.at))
                 .set("heads", std::move(heads))
                 .set("files", std::move(files));
  const std::string checksum = checksum_of(all);
  return to_pretty_text(all.set("sha256", checksum)) + "\n";
}

Result<Manifest> decode_manifest(std::string_view text, const std::string& path) {
  const auto damaged = [&](std::string_view what) {
    return corrupt(fmt::format("'{}' is damaged ({}): take another backup", path, what), path);
  };
  const auto json = parse_json(text);
  if (!json.ok()) return damaged(json.error().message);
  if (json->integer("format") > kFormat)
    return Error{Code::kUnsupported,
                 fmt::format("'{}' has format {}, this program knows {}: restore with the newer "
                             "version that wrote it",
                             path, json->integer("format"), kFormat)};
  if (!is_whole(*json, text)) return damaged("it was changed after it was written");
  Manifest manifest;
  manifest.version = json->text("version");
  const auto at = parse_time(json->text("at"));
  if (!at.ok()) return damaged("no time");
  manifest.at = *at;
  if (!decode_heads(*json, manifest)) return damaged("no heads");
  if (!decode_files(*json, manifest)) return damaged("no files");
  return manifest;
}

Result<BackupFile> copy_with_hash(Disk& disk, const std::string& from, const std::string& to,
                                  uint64_t bytes, CopyProgress& progress) {
  TRY_ASSIGN(const auto source, disk.open(from, OpenMode::kRead));
  std::unique_ptr<File> target;
  if (!to.empty()) {
    TRY_ASSIGN(target, disk.open(to, OpenMode::kCreate));
  }
  BackupFile copied;
  Sha256 hash;
  std::string block(kBlock, '\0');
  while (copied.bytes < bytes) {
    const size_t want = std::min<uint64_t>(kBlock, bytes - copied.bytes);
    TRY_ASSIGN(const size_t n, source->read(copied.bytes, {block.data(), want}));
    if (n == 0) break;
    const std::string_view part = std::string_view(block).substr(0, n);
    hash.add(part);
    if (target) TRY(target->write(copied.bytes, part));
    copied.bytes += n;
    progress.add(n);
  }
  if (target) TRY(target->sync());
  copied.sha256 = hash.finish();
  return copied;
}

Result<void> expect_empty(Disk& disk, const std::string& folder,
                          std::initializer_list<std::string_view> allowed) {
  TRY(disk.make_folders(folder));
  TRY_ASSIGN(const auto names, disk.list(folder));
  for (const std::string& name : names) {
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      return Error{Code::kConflict,
                   fmt::format("the folder '{}' is not empty ('{}' is in it): name another one or "
                               "empty it",
                               folder, name)};
  }
  return {};
}

}  // namespace rapport::store
