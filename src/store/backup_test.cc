#include "store/backup.h"

#include <atomic>
#include <set>
#include <thread>

#include "simulation/event_log_on_sim_disk.h"
#include "store/base_file.h"
#include "store/log_segment.h"
#include "store/verify.h"

namespace rapport::store {
namespace {

constexpr WorkspaceId kOne = EventLogOnSimDisk::kOne;

struct BackupOnSimDisk : EventLogOnSimDisk {
  explicit BackupOnSimDisk(uint64_t seed = 1) : EventLogOnSimDisk(seed) {
    EXPECT_TRUE(open().ok());
  }

  Result<Manifest> backup(const std::string& to = "/backups/one") {
    const BackupParts parts{.log = *log,
                            .data_folder = "/data",
                            .version = "0.1.0",
                            .copy_control = [this](const std::string& path) {
                              return write_file(disk, path, "credentials");
                            }};
    return write_backup(parts, disk, clock, to, {});
  }
  Result<RestoreReport> restore(RestoreOptions options = {}) {
    if (options.backup.empty()) options.backup = "/backups/one";
    if (options.destination.empty()) options.destination = "/restored";
    options.master = master();
    options.sqlite_vfs = "events";
    return restore_backup(options, disk, clock, random, failpoints, {});
  }
  SubjectId add_person(const std::string& id) {
    const SubjectId subject = *log->keys().allocate(kOne);
    model::Event e = event(id, subject);
    e.bindings.push_back({digest("identifier of " + id), subject, {}});
    EXPECT_TRUE(log->stage(e, digest(id)).ok());
    EXPECT_TRUE(log->commit().ok());
    return subject;
  }
  void erase(SubjectId subject) {
    EXPECT_TRUE(log->keys().destroy(kOne, std::vector{subject}).ok());
    EXPECT_TRUE(
        add_tombstone(disk, "/data/tombstones", master(), {kOne, "con_1", {subject}, clock.now()})
            .ok());
  }
  void take_base() {
    EXPECT_TRUE(disk.make_folders("/data/state").ok());
    const auto state = open_sqlite_state("/data/state/1.db", "events", StateMode::kWrite);
    ASSERT_TRUE(state.ok());
    EXPECT_TRUE(write_base(**state, disk, "events", "/data/bases/1", failpoints).ok());
  }
};

TEST(Backup, RestoresAllEventsAndIndexes) {
  BackupOnSimDisk t;
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(t.append("m" + std::to_string(i)).ok());
  const SubjectId ana = t.add_person("ana");
  t.take_base();
  ASSERT_GT(segment_of(t.log->log().end().position), 1U);
  const Head head = t.log->log().head(kOne);
  const auto manifest = t.backup();
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  EXPECT_EQ(manifest->heads.at(kOne), head);
  ASSERT_TRUE(check_backup(t.disk, "/backups/one", {}).ok());
  const auto restored = t.restore();
  ASSERT_TRUE(restored.ok()) << restored.error().message;
  EXPECT_EQ(*read_file(t.disk, "/restored/control.db"), "credentials");
  EXPECT_EQ(list_bases(t.disk, "/restored/bases/1")->size(), 1U);
  const auto before = t.ids_in_log();
  ASSERT_TRUE(t.open("/restored").ok());
  EXPECT_EQ(t.ids_in_log(), before);
  EXPECT_EQ(t.log->log().head(kOne), head);
  EXPECT_TRUE(t.log->ids().sequence_of(kOne, t.digest("m5"))->has_value());
  EXPECT_EQ((*t.log->ids().bound(kOne, t.digest("identifier of ana")))->subject, ana);
  // The last segment of a backup is short; the log goes on all the same.
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(t.append("n" + std::to_string(i)).ok());
  ASSERT_TRUE(t.open("/restored").ok());
  EXPECT_EQ(t.ids_in_log().size(), before.size() + 300);
  EXPECT_TRUE(check_log(t.disk, "/restored/log", {})->findings.empty());
  const auto note = read_restored(t.disk, "/restored");
  ASSERT_TRUE(note.ok() && note->has_value());
  EXPECT_EQ((*note)->backup, "/backups/one");
  ASSERT_TRUE(clear_restored(t.disk, "/restored").ok());
  EXPECT_FALSE(read_restored(t.disk, "/restored")->has_value());
}

TEST(Backup, RestoresAnEmptyLog) {
  BackupOnSimDisk t;
  ASSERT_TRUE(t.backup().ok());
  ASSERT_TRUE(t.restore().ok());
  ASSERT_TRUE(t.open("/restored").ok());
  ASSERT_TRUE(t.append("m1").ok());
}

TEST(Backup, HoldsWhatWasCommittedBeforeItWhileEventsArrive) {
  BackupOnSimDisk t;
  for (int i = 0; i < 100; ++i) t.add_person("early" + std::to_string(i));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) t.add_person("late" + std::to_string(i));
  });
  const auto manifest = t.backup();
  stop = true;
  writer.join();
  ASSERT_TRUE(manifest.ok()) << manifest.error().message;
  ASSERT_TRUE(t.restore().ok());
  ASSERT_TRUE(t.open("/restored").ok());
  const auto ids = t.ids_in_log();
  const std::set<std::string> held(ids.begin(), ids.end());
  EXPECT_FALSE(held.contains("erased"));  // no event without its key
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(held.contains("early" + std::to_string(i)));
}

TEST(Backup, IsRefusedWhenAnyFileIsDamagedAndNamesIt) {
  BackupOnSimDisk t;
  for (int i = 0; i < 300; ++i) t.add_person("p" + std::to_string(i));
  t.take_base();
  t.erase({3});
  const auto manifest = t.backup();
  ASSERT_TRUE(manifest.ok());
  ASSERT_EQ(manifest->files.size(), 2U + 4U);  // two segments, base, keys, control, tombstones
  SeededRandom random(4);
  for (const BackupFile& file : manifest->files) {
    const std::string path = "/backups/one/" + file.path;
    for (int i = 0; i < 6; ++i) {
      const uint64_t byte = random.below(file.bytes);
      const auto bit = static_cast<unsigned>(random.below(8));
      t.disk.flip_bit(path, byte, bit);
      const auto refused = check_backup(t.disk, "/backups/one", {});
      ASSERT_FALSE(refused.ok());
      EXPECT_EQ(refused.error().code, Code::kCorrupt);
      EXPECT_EQ(refused.error().where, path);
      if (i == 0) EXPECT_EQ(t.restore().error().where, path);
      t.disk.flip_bit(path, byte, bit);
    }
  }
  EXPECT_FALSE(t.disk.exists("/restored/control.db"));
  EXPECT_TRUE(t.restore().ok());
}

TEST(Backup, IsRefusedWhenItsManifestIsDamagedOrMissing) {
  BackupOnSimDisk t;
  t.add_person("ana");
  ASSERT_TRUE(t.backup().ok());
  const std::string path = "/backups/one/manifest.json";
  const std::string text = *read_file(t.disk, path);
  SeededRandom random(4);
  for (int i = 0; i < 200; ++i) {
    const uint64_t byte = random.below(text.size());
    t.disk.flip_bit(path, byte, 2);
    EXPECT_FALSE(check_backup(t.disk, "/backups/one", {}).ok()) << byte;
    t.disk.flip_bit(path, byte, 2);
  }
  ASSERT_TRUE(t.disk.remove(path).ok());
  EXPECT_EQ(t.restore().error().code, Code::kNotFound);
}

TEST(Backup, ChangesNothingInAFolderThatIsInUse) {
  BackupOnSimDisk t;
  ASSERT_TRUE(t.backup().ok());
  EXPECT_EQ(t.backup().error().code, Code::kConflict);
  EXPECT_EQ(t.restore({.destination = "/data"}).error().code, Code::kConflict);
  EXPECT_FALSE(t.disk.exists("/data/restored.json"));
}

// An erased person stays erased when an older backup is restored.
TEST(Restore, ErasesAgainWhatTombstonesName) {
  enum class Source { kGiven, kBackupBeside };
  for (const Source source : {Source::kGiven, Source::kBackupBeside}) {
    BackupOnSimDisk t;
    const SubjectId ana = t.add_person("ana");
    t.add_person("ben");
    ASSERT_TRUE(t.backup("/backups/old").ok());
    t.erase(ana);
    RestoreOptions options{.backup = "/backups/old"};
    if (source == Source::kGiven)
      options.tombstones = {"/data/tombstones"};
    else
      ASSERT_TRUE(t.backup("/backups/new").ok());
    const auto restored = t.restore(options);
    ASSERT_TRUE(restored.ok()) << restored.error().message;
    EXPECT_EQ(restored->reapplied, 1U);
    EXPECT_EQ(restored->tombstones.size(), 1U);
    ASSERT_TRUE(t.open("/restored").ok());
    EXPECT_EQ(t.ids_in_log(), (std::vector<std::string>{"erased", "ben"}));
    EXPECT_FALSE(t.log->ids().bound(kOne, t.digest("identifier of ana"))->has_value());
    // The restored folder knows it too, for the next restore.
    EXPECT_EQ(read_tombstones(t.disk, "/restored/tombstones", t.master())->all.size(), 1U);
  }
}

TEST(Restore, DestroysTheKeysOfADeletedWorkspaceAgain) {
  BackupOnSimDisk t;
  t.add_person("ana");
  ASSERT_TRUE(t.backup().ok());
  ASSERT_TRUE(
      add_tombstone(t.disk, "/data/tombstones", t.master(), {kOne, "", {}, t.clock.now()}).ok());
  const auto restored = t.restore({.tombstones = {"/data/tombstones"}});
  ASSERT_TRUE(restored.ok());
  EXPECT_EQ(restored->reapplied, 1U);
  const auto keys = *Keys::open("/restored/keys.db", "events", t.master(), t.random, t.failpoints);
  EXPECT_EQ(keys->find(kOne, {1}).error().code, Code::kNotFound);
  EXPECT_EQ(keys->hash_key(kOne).error().code, Code::kNotFound);
}

TEST(Restore, TakesKeysFromANewerBackupWhenTheOwnAreGone) {
  BackupOnSimDisk t;
  const SubjectId ana = t.add_person("ana");
  t.add_person("ben");
  ASSERT_TRUE(t.backup("/backups/old").ok());
  t.erase(ana);
  ASSERT_TRUE(t.backup("/backups/new").ok());
  ASSERT_TRUE(t.disk.remove("/backups/old/keys/keys.db").ok());
  EXPECT_TRUE(check_backup(t.disk, "/backups/old", {}).ok());
  EXPECT_EQ(t.restore({.backup = "/backups/old"}).error().code, Code::kNotFound);
  ASSERT_TRUE(t.restore({.backup = "/backups/old", .keys_from = "/backups/new"}).ok());
  ASSERT_TRUE(t.open("/restored").ok());
  EXPECT_EQ(t.ids_in_log(), (std::vector<std::string>{"erased", "ben"}));
}

TEST(Restore, NamesAMissingFileOfTombstones) {
  BackupOnSimDisk t;
  ASSERT_TRUE(t.backup().ok());
  EXPECT_EQ(t.restore({.tombstones = {"/nowhere/tombstones"}}).error().code, Code::kNotFound);
}

// However it is interrupted: a folder that opens shows nothing that was erased.
TEST(Restore, NeverServesTheErasedAfterAPowerCut) {
  int opened = 0, refused = 0;
  for (uint64_t change = 1; change < 90; ++change) {
    BackupOnSimDisk t(change);
    const SubjectId ana = t.add_person("ana");
    t.add_person("ben");
    ASSERT_TRUE(t.backup().ok());
    t.erase(ana);
    t.log.reset();
    t.disk.power_off_at(change);
    t.restore({.tombstones = {"/data/tombstones"}}).ignore("the power goes off");
    if (!t.disk.is_off()) t.disk.power_off();
    t.disk.power_on();
    if (!t.open("/restored").ok()) {
      ++refused;
      continue;
    }
    ++opened;
    const auto ids = t.ids_in_log();
    EXPECT_EQ(std::count(ids.begin(), ids.end(), "ana"), 0) << "change " << change;
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(refused, 0);
}

TEST(Tombstones, AreReadBackAndForgedOnesRefused) {
  BackupOnSimDisk t;
  const Tombstone first{kOne, "con_a", {{1}, {2}}, Micros{5}}, second{kOne, "con_b", {{9}}, {6}};
  ASSERT_TRUE(add_tombstone(t.disk, "/data/tombstones", t.master(), first).ok());
  const std::string one = *read_file(t.disk, "/data/tombstones");
  ASSERT_TRUE(add_tombstone(t.disk, "/data/tombstones", t.master(), second).ok());
  auto found = read_tombstones(t.disk, "/data/tombstones", t.master());
  EXPECT_EQ(found->all, (std::vector{first, second}));
  EXPECT_EQ(found->refused, 0U);
  Key other = t.master();
  other[0] ^= 1;
  EXPECT_EQ(read_tombstones(t.disk, "/data/tombstones", other)->refused, 2U);
  // A line cut off by a crash costs neither those before nor those after it.
  ASSERT_TRUE(write_file(t.disk, "/data/tombstones", one + one.substr(0, 40)).ok());
  ASSERT_TRUE(add_tombstone(t.disk, "/data/tombstones", t.master(), second).ok());
  found = read_tombstones(t.disk, "/data/tombstones", t.master());
  EXPECT_EQ(found->all, (std::vector{first, second}));
  EXPECT_EQ(found->refused, 1U);
  EXPECT_TRUE(read_tombstones(t.disk, "/data/none", t.master())->all.empty());
}

// --- verify

struct VerifyOnSimDisk : BackupOnSimDisk {
  VerifyReport verify(std::map<WorkspaceId, Head> heads = {}) {
    const VerifyOptions options{
        .folder = "/data", .sqlite_vfs = "events", .master = master(), .signed_heads = heads};
    auto report = verify_folder(disk, options, {});
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? *report : VerifyReport();
  }
};

TEST(Verify, OpensEveryEventAndKnowsErasedOnes) {
  VerifyOnSimDisk t;
  for (int i = 0; i < 10; ++i) t.add_person("p" + std::to_string(i));
  t.take_base();
  t.erase({4});
  const VerifyReport report = t.verify({{kOne, t.log->log().head(kOne)}});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.opened, 9U);
  EXPECT_EQ(report.erased, 1U);
}

TEST(Verify, FindsAKeyThatIsGoneWithoutAnErasure) {
  VerifyOnSimDisk t;
  for (int i = 0; i < 10; ++i) t.add_person("p" + std::to_string(i));
  ASSERT_TRUE(t.log->keys().destroy(kOne, std::vector<SubjectId>{{4}}).ok());
  const VerifyReport report = t.verify();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].sequence.value, 4U);
  EXPECT_NE(report.findings[0].what.find("subject 4"), std::string::npos);
}

TEST(Verify, FindsALogThatWasCutShort) {
  VerifyOnSimDisk t;
  for (int i = 0; i < 10; ++i) t.add_person("p" + std::to_string(i));
  const LogPoint before = t.log->log().end();
  t.add_person("last");
  const Head head = t.log->log().head(kOne);
  EXPECT_TRUE(t.verify({{kOne, head}}).findings.empty());
  const std::string path = segment_path("/data/log", 1);
  t.log.reset();
  std::string bytes = *read_file(t.disk, path);
  const size_t from = offset_of(before.position);
  bytes.replace(from, bytes.size() - from, bytes.size() - from, '\0');
  ASSERT_TRUE(write_file(t.disk, path, bytes).ok());
  EXPECT_TRUE(t.verify().findings.empty());
  const VerifyReport report = t.verify({{kOne, head}});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].workspace, kOne);
  EXPECT_EQ(report.findings[0].sequence.value, 11U);
}

// A log that was written anew has a whole chain, but not the one whose head was signed.
TEST(Verify, FindsALogThatWasWrittenAnew) {
  VerifyOnSimDisk t;
  for (int i = 0; i < 5; ++i) t.add_person("p" + std::to_string(i));
  Head head = t.log->log().head(kOne);
  for (int i = 5; i < 10; ++i) t.add_person("p" + std::to_string(i));
  EXPECT_TRUE(t.verify({{kOne, head}}).findings.empty());
  head.chain[0] ^= 1;
  const VerifyReport report = t.verify({{kOne, head}});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].sequence, head.sequence);
}

TEST(Verify, FindsADamagedBaseAndMissingKeys) {
  VerifyOnSimDisk t;
  t.add_person("ana");
  t.take_base();
  t.log.reset();
  const std::string base = (*newest_base(t.disk, "/data/bases/1"))->path;
  t.disk.flip_bit(base, 1234);
  ASSERT_TRUE(t.disk.remove("/data/keys.db").ok());
  const VerifyReport report = t.verify();
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].file, "/data/keys.db");
  EXPECT_EQ(report.findings[1].file, base);
  EXPECT_FALSE(t.disk.exists("/data/keys.db"));
}

TEST(Verify, ReportsNoDamageBesideARunningServer) {
  VerifyOnSimDisk t;
  for (int i = 0; i < 50; ++i) t.add_person("p" + std::to_string(i));
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) t.add_person("late" + std::to_string(i));
  });
  for (int round = 0; round < 10; ++round) {
    const Head head = t.log->log().head(kOne);
    for (const LogFinding& finding : t.verify({{kOne, head}}).findings)
      EXPECT_TRUE(finding.at_tail) << finding.file << " " << finding.what;
  }
  writer.join();
}

TEST(Verify, ChecksABackupToo) {
  VerifyOnSimDisk t;
  t.add_person("ana");
  ASSERT_TRUE(t.backup().ok());
  const auto report = verify_folder(
      t.disk, {.folder = "/backups/one", .sqlite_vfs = "events", .master = t.master()}, {});
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->findings.empty());
  EXPECT_EQ(report->opened, 1U);
}

}  // namespace
}  // namespace rapport::store
