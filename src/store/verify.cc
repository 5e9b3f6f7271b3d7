#include "store/verify.h"

#include <fmt/format.h>

#include <set>

#include "base/random.h"
#include "store/base_file.h"
#include "store/keys.h"
#include "store/sqlite/database.h"
#include "store/tombstones.h"

namespace rapport::store {
namespace {

// Verifying seals nothing.
class NoRandom final : public Random {
  void fill(std::span<uint8_t>) override { BUG("verify makes no keys"); }
};

class Verification {
 public:
  Verification(Disk& disk, const VerifyOptions& options) : disk_(disk), options_(options) {}
  Result<VerifyReport> run(const Progress& progress);

 private:
  Result<void> open_keys();
  Result<void> read_erased();
  void open_body(const Envelope& envelope, std::string_view sealed);
  void miss_key(const Envelope& envelope);
  Result<void> check_bases();
  void note(const std::string& file, const Envelope& envelope, std::string what);

  Disk& disk_;
  const VerifyOptions& options_;
  NoRandom random_;
  NoFailpoints failpoints_;
  std::unique_ptr<Keys> keys_;
  std::set<std::pair<WorkspaceId, SubjectId>> erased_, missing_;
  std::vector<LogFinding> findings_;  // of keys and bases
  VerifyReport report_;
};

Result<VerifyReport> Verification::run(const Progress& progress) {
  if (options_.master) {
    TRY(read_erased());
    TRY(open_keys());
  }
  Visit visit;
  if (keys_) visit = [this](const Envelope& e, std::string_view sealed) { open_body(e, sealed); };
  TRY_ASSIGN(report_.log,
             check_log(disk_, options_.folder + "/log", progress, options_.signed_heads, visit));
  TRY(check_bases());
  report_.findings = report_.log.findings;
  report_.findings.insert(report_.findings.end(), findings_.begin(), findings_.end());
  return std::move(report_);
}

Result<void> Verification::open_keys() {
  std::string path = options_.folder + "/keys.db";
  if (!disk_.exists(path)) path = options_.folder + "/keys/keys.db";
  if (!disk_.exists(path)) {
    findings_.push_back({options_.folder + "/keys.db", 0, {}, {}, "the file is missing"});
    return {};
  }
  const auto damaged = [&](const Error& error) -> Result<void> {
    if (error.code != Code::kCorrupt) return error;
    findings_.push_back({path, 0, {}, {}, error.message});
    return {};
  };
  {
    const auto database = Database::open(path, options_.sqlite_vfs, {});
    if (!database.ok()) return damaged(database.error());
    const auto intact = (*database)->check_integrity();
    if (!intact.ok()) return damaged(intact.error());
    const auto format = (*database)->integer("PRAGMA user_version");
    if (!format.ok() || *format == 0) return damaged(corrupt("the file holds no keys"));
  }
  auto keys = Keys::open(path, options_.sqlite_vfs, *options_.master, random_, failpoints_);
  if (!keys.ok()) return damaged(keys.error());
  keys_ = std::move(*keys);
  return {};
}

Result<void> Verification::read_erased() {
  TRY_ASSIGN(const Tombstones found,
             read_tombstones(disk_, options_.folder + "/tombstones", *options_.master));
  for (const Tombstone& tombstone : found.all)
    for (SubjectId subject : tombstone.subjects) erased_.insert({tombstone.workspace, subject});
  return {};
}

void Verification::open_body(const Envelope& envelope, std::string_view sealed) {
  const Result<Key> key = keys_->find(envelope.workspace, envelope.subject);
  if (!key.ok() && key.error().code == Code::kNotFound) {
    ++report_.erased;
    return miss_key(envelope);
  }
  const Result<std::string> body =
      key.ok() ? unseal(*key, sealed, context_of(envelope)) : key.error();
  if (body.ok())
    ++report_.opened;
  else
    note(options_.folder + "/log", envelope, body.error().message);
}

// A key that is gone is right after an erasure and when its workspace was deleted.
void Verification::miss_key(const Envelope& envelope) {
  const std::pair name{envelope.workspace, envelope.subject};
  if (erased_.contains(name) || !keys_->hash_key(envelope.workspace).ok()) return;
  if (missing_.insert(name).second)
    note(options_.folder + "/keys.db", envelope,
         fmt::format("the key of subject {} is gone, but no erasure of it is on record",
                     envelope.subject.value));
}

Result<void> Verification::check_bases() {
  const std::string folder = options_.folder + "/bases";
  if (!disk_.exists(folder)) return {};
  TRY_ASSIGN(const auto names, disk_.list(folder));
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto bases, list_bases(disk_, folder + "/" + name));
    for (const Base& base : bases) {
      const Result<void> checked = check_base(disk_, base);
      if (checked.ok() || checked.error().code == Code::kNotFound) continue;
      Envelope at;
      at.workspace = {static_cast<uint32_t>(std::strtoul(name.c_str(), nullptr, 10))};
      at.sequence = base.sequence;
      note(base.path, at, checked.error().message);
    }
  }
  return {};
}

void Verification::note(const std::string& file, const Envelope& envelope, std::string what) {
  findings_.push_back({file, envelope.position.value & 0xffffffff, envelope.workspace,
                       envelope.sequence, std::move(what)});
}

}  // namespace

Result<VerifyReport> verify_folder(Disk& disk, const VerifyOptions& options,
                                   const Progress& progress) {
  return Verification(disk, options).run(progress);
}

}  // namespace rapport::store
