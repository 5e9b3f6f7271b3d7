// A disk in memory that loses power, fills up and breaks on demand, always the same way for the
// same seed and calls.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/disk.h"
#include "simulation/file_content.h"
#include "testing/fakes.h"

namespace rapport::simulation {

// Promises what base/disk.h says and takes away all that it does not say. Paths are absolute.
// Thread-safe. Must outlive the files it opened.
class SimDisk final : public Disk {
 public:
  explicit SimDisk(uint64_t seed);
  ~SimDisk() override;

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> make_folders(const std::string& path) override;
  Result<std::vector<std::string>> list(const std::string& folder) override;
  bool exists(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_folder(const std::string& folder) override;
  Result<uint64_t> free_space(const std::string& folder) override;

  // Unsynced bytes of each file survive in part (FileContent), of each folder's unsynced changes
  // a random prefix. Files opened before fail from now on. While the power is off everything
  // fails, so that what was running can be taken down without touching the disk.
  void power_off();
  void power_on();
  void power_cut();  // off and on
  // The power goes off in place of the n-th change from now (write, size, sync, name); 1 = next.
  void power_off_at(uint64_t change);
  bool is_off() const;
  uint64_t changes() const;  // so far

  void set_capacity(uint64_t bytes);  // over it: kDiskFull, part of the bytes written
  void fail_sync(uint64_t n);         // the n-th sync of a file from now fails: kIo, bytes lost
  void flip_bit(const std::string& path, uint64_t byte, unsigned bit = 0);
  std::vector<std::string> files() const;  // all paths, sorted
  uint64_t syncs() const;                  // of files, so far

 private:
  friend class SimFile;
  using Content = std::shared_ptr<FileContent>;
  struct Names {
    std::map<std::string, Content> files;
    std::set<std::string> folders = {"/"};
  };
  struct NameChange {
    enum class Kind { kCreate, kRemove, kRename } kind;
    std::string path, to;
    Content content;
    bool touches(const std::set<std::string>& folders) const;
  };
  static void apply(const NameChange& change, Names& names);
  Result<void> begin_change(const std::string& path);  // with the lock held; counts the change
  Result<void> grow(const FileContent& content, uint64_t size, const std::string& path);
  void change_names(NameChange change);
  void commit_names(std::set<std::string> folders);
  void commit_names_below(const std::string& folder);
  void cut();
  uint64_t used() const;

  mutable std::mutex mutex_;
  SeededRandom random_;
  Names live_, durable_;
  std::vector<NameChange> pending_;  // not yet synced, in order
  uint64_t life_ = 0;                // files of an earlier life are dead
  bool off_ = false;
  uint64_t changes_ = 0, off_at_ = 0, syncs_ = 0, failing_sync_ = 0;
  uint64_t capacity_ = uint64_t{1} << 40;
};

}  // namespace rapport::simulation
