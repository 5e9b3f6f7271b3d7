#include "simulation/sim_disk.h"

#include <fmt/format.h>

#include <algorithm>

namespace rapport::simulation {
namespace {

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  CHECK(slash != std::string::npos);
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.size() > folder.size() && path.starts_with(folder) &&
         (folder == "/" || path[folder.size()] == '/');
}

Error no_power(const std::string& path) {
  return {Code::kIo, fmt::format("'{}': the simulated power was cut", path)};
}

}  // namespace

class SimFile final : public File {
 public:
  SimFile(SimDisk& disk, SimDisk::Content content, std::string path, OpenMode mode)
      : disk_(disk),
        content_(std::move(content)),
        path_(std::move(path)),
        mode_(mode),
        life_(disk.life_) {}

  Result<size_t> read(uint64_t offset, std::span<char> out) const override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(alive());
    return content_->read(offset, out);
  }

  Result<void> write(uint64_t offset, std::string_view bytes) override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin_change());
    const auto room = disk_.grow(*content_, offset + bytes.size(), path_);
    if (!room.ok()) bytes = bytes.substr(0, disk_.random_.below(bytes.size() + 1));
    if (room.ok() || offset + bytes.size() <= content_->size()) content_->write(offset, bytes);
    return room;
  }

  Result<void> sync() override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(alive());
    TRY(disk_.begin_change(path_));
    if (++disk_.syncs_ == disk_.failing_sync_) {
      content_->lose_unsynced(disk_.random_);
      return Error{Code::kIo, fmt::format("cannot sync '{}': simulated disk error", path_)};
    }
    content_->sync();
    return {};
  }

  Result<void> allocate(uint64_t size) override { return truncate(size); }

  Result<void> truncate(uint64_t size) override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(begin_change());
    TRY(disk_.grow(*content_, size, path_));
    content_->resize(size);
    return {};
  }

  Result<uint64_t> size() const override {
    const std::lock_guard lock(disk_.mutex_);
    TRY(alive());
    return content_->size();
  }

 private:
  Result<void> alive() const {
    if (disk_.off_ || disk_.life_ != life_) return no_power(path_);
    return {};
  }
  Result<void> begin_change() {
    TRY(alive());
    if (mode_ == OpenMode::kRead) return Error{Code::kForbidden, path_ + " is open for reading"};
    return disk_.begin_change(path_);
  }

  SimDisk& disk_;
  SimDisk::Content content_;
  std::string path_;
  OpenMode mode_;
  uint64_t life_;
};

SimDisk::SimDisk(uint64_t seed) : random_(seed) {}
SimDisk::~SimDisk() = default;

bool SimDisk::NameChange::touches(const std::set<std::string>& folders) const {
  return folders.contains(folder_of(path)) || (!to.empty() && folders.contains(folder_of(to)));
}

void SimDisk::apply(const NameChange& change, Names& names) {
  using Kind = NameChange::Kind;
  if (change.kind == Kind::kCreate) {
    names.files[change.path] = change.content;
    return;
  }
  if (change.kind == Kind::kRemove) {
    names.files.erase(change.path);
    names.folders.erase(change.path);
    return;
  }
  const auto moved = [&](const std::string& path) {
    return path == change.path || is_below(path, change.path);
  };
  const auto target = [&](const std::string& path) {
    return change.to + path.substr(change.path.size());
  };
  Names after;
  for (const auto& [path, content] : names.files) {
    if (moved(path))
      after.files[target(path)] = content;
    else
      after.files.try_emplace(path, content);
  }
  for (const auto& path : names.folders) after.folders.insert(moved(path) ? target(path) : path);
  names = std::move(after);
}

Result<void> SimDisk::begin_change(const std::string& path) {
  if (off_) return no_power(path);
  if (++changes_ == off_at_) {
    cut();
    return no_power(path);
  }
  return {};
}

uint64_t SimDisk::used() const {
  uint64_t sum = 0;
  for (const auto& [path, content] : live_.files) sum += content->size();
  return sum;
}

Result<void> SimDisk::grow(const FileContent& content, uint64_t size, const std::string& path) {
  if (size <= content.size() || used() + size - content.size() <= capacity_) return {};
  return Error{Code::kDiskFull, fmt::format("cannot write '{}': the simulated disk is full", path),
               Retryable::kYes};
}

void SimDisk::change_names(NameChange change) {
  apply(change, live_);
  pending_.push_back(std::move(change));
}

// Makes durable what happened in these folders. A change that joins two folders is one, so it
// takes the earlier changes of the other folder with it.
void SimDisk::commit_names(std::set<std::string> folders) {
  std::vector<NameChange> kept, done;
  for (auto change = pending_.rbegin(); change != pending_.rend(); ++change) {
    if (!change->touches(folders)) {
      kept.push_back(std::move(*change));
      continue;
    }
    folders.insert(folder_of(change->path));
    if (!change->to.empty()) folders.insert(folder_of(change->to));
    done.push_back(std::move(*change));
  }
  for (auto change = done.rbegin(); change != done.rend(); ++change) apply(*change, durable_);
  pending_.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

void SimDisk::commit_names_below(const std::string& folder) {
  std::set<std::string> folders = {folder};
  for (const auto& path : live_.folders) {
    if (is_below(path, folder)) folders.insert(path);
  }
  commit_names(std::move(folders));
}

Result<std::unique_ptr<File>> SimDisk::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(path);
  auto at = live_.files.find(path);
  if (at == live_.files.end()) {
    if (mode != OpenMode::kCreate) return not_found(fmt::format("'{}' does not exist", path));
    if (!live_.folders.contains(folder_of(path)))
      return not_found(fmt::format("folder of '{}' does not exist", path));
    if (live_.folders.contains(path)) return Error{Code::kIo, path + " is a folder"};
    TRY(begin_change(path));
    change_names({NameChange::Kind::kCreate, path, "", std::make_shared<FileContent>()});
    at = live_.files.find(path);
  }
  return std::unique_ptr<File>(std::make_unique<SimFile>(*this, at->second, path, mode));
}

Result<void> SimDisk::make_folders(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(path);
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (live_.files.contains(folder)) return Error{Code::kIo, folder + " is a file"};
    live_.folders.insert(folder);
    durable_.folders.insert(folder);
    if (slash == std::string::npos) return {};
  }
}

Result<std::vector<std::string>> SimDisk::list(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(folder);
  if (!live_.folders.contains(folder))
    return not_found(fmt::format("folder '{}' does not exist", folder));
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != "/" && folder_of(path) == folder) names.push_back(path.substr(path.rfind('/') + 1));
  };
  for (const auto& [path, content] : live_.files) add(path);
  for (const auto& path : live_.folders) add(path);
  std::sort(names.begin(), names.end());
  return names;
}

bool SimDisk::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return !off_ && (live_.files.contains(path) || live_.folders.contains(path));
}

Result<void> SimDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(path);
  const bool is_folder = live_.folders.contains(path);
  if (!is_folder && !live_.files.contains(path))
    return not_found(fmt::format("cannot remove '{}': it does not exist", path));
  const auto holds = [&](const auto& name) { return is_below(name, path); };
  const bool empty = std::none_of(live_.folders.begin(), live_.folders.end(), holds) &&
                     std::none_of(live_.files.begin(), live_.files.end(),
                                  [&](const auto& file) { return holds(file.first); });
  if (is_folder && !empty)
    return Error{Code::kIo, fmt::format("cannot remove '{}': it is not empty", path)};
  TRY(begin_change(path));
  if (is_folder) commit_names_below(path);
  change_names({NameChange::Kind::kRemove, path, "", nullptr});
  return {};
}

Result<void> SimDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(from);
  const bool is_folder = live_.folders.contains(from);
  if (!is_folder && !live_.files.contains(from))
    return not_found(fmt::format("cannot rename '{}': it does not exist", from));
  if (live_.folders.contains(to) || !live_.folders.contains(folder_of(to)))
    return Error{Code::kIo, fmt::format("cannot rename '{}' to '{}'", from, to)};
  if (from == to) return {};
  TRY(begin_change(from));
  if (is_folder) commit_names_below(from);  // their paths change with the folder's
  change_names({NameChange::Kind::kRename, from, to, nullptr});
  return {};
}

Result<void> SimDisk::sync_folder(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  TRY(begin_change(folder));
  if (!live_.folders.contains(folder))
    return not_found(fmt::format("folder '{}' does not exist", folder));
  commit_names({folder});
  return {};
}

Result<uint64_t> SimDisk::free_space(const std::string& folder) {
  const std::lock_guard lock(mutex_);
  if (off_) return no_power(folder);
  const uint64_t taken = used();
  return taken < capacity_ ? capacity_ - taken : 0;
}

void SimDisk::cut() {
  off_ = true;
  off_at_ = 0;
  ++life_;
  const uint64_t fate = random_.below(3);  // of the names: all lost, all kept, or a prefix
  std::set<std::string> stopped;
  for (const NameChange& change : pending_) {
    const bool stops = fate == 0 || (fate == 2 && random_.chance(0.3));
    if (!stops && !change.touches(stopped)) {
      apply(change, durable_);
      continue;
    }
    stopped.insert(folder_of(change.path));
    if (!change.to.empty()) stopped.insert(folder_of(change.to));
  }
  pending_.clear();
  for (auto& [path, content] : durable_.files) content->power_cut(random_);
  live_ = durable_;
}

void SimDisk::power_off() {
  const std::lock_guard lock(mutex_);
  if (!off_) cut();
}

void SimDisk::power_on() {
  const std::lock_guard lock(mutex_);
  off_ = false;
}

void SimDisk::power_cut() {
  power_off();
  power_on();
}

void SimDisk::power_off_at(uint64_t change) {
  const std::lock_guard lock(mutex_);
  CHECK(change > 0);
  off_at_ = changes_ + change;
}

bool SimDisk::is_off() const {
  const std::lock_guard lock(mutex_);
  return off_;
}

uint64_t SimDisk::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

void SimDisk::set_capacity(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void SimDisk::fail_sync(uint64_t n) {
  const std::lock_guard lock(mutex_);
  failing_sync_ = syncs_ + n;
}

void SimDisk::flip_bit(const std::string& path, uint64_t byte, unsigned bit) {
  const std::lock_guard lock(mutex_);
  const auto file = live_.files.find(path);
  CHECK(file != live_.files.end() && byte < file->second->size() && bit < 8);
  file->second->flip_bit(byte, bit);
}

std::vector<std::string> SimDisk::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, content] : live_.files) paths.push_back(path);
  return paths;
}

uint64_t SimDisk::syncs() const {
  const std::lock_guard lock(mutex_);
  return syncs_;
}

}  // namespace rapport::simulation
