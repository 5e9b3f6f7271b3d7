#include "main/cases/run_all.h"

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

namespace rapport::cases {

namespace fs = std::filesystem;

namespace {

// Memory where there is such a folder: nothing of a case has to outlive it.
class Folder {
 public:
  static Result<Folder> make() {
    std::error_code error;
    const bool memory = fs::is_directory("/dev/shm", error);
    std::string name =
        (memory ? "/dev/shm" : fs::temp_directory_path(error).string()) + "/rapport-test-XXXXXX";
    if (!mkdtemp(name.data())) return io_error("cannot make a temporary folder " + name);
    return Folder(std::move(name));
  }
  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~Folder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

bool is_meant(const Case& one, const std::string& only) {
  const auto in = [&](const std::string& text) { return text.find(only) != text.npos; };
  if (only.empty() || in(one.name) || in(one.file)) return true;
  for (const std::string& id : one.spec)
    if (in(id)) return true;
  return false;
}

struct Task {
  const PackSet* packs;
  Outcome* outcome;
};

}  // namespace

Result<std::vector<PackOutcome>> run_all(const std::vector<PackSet>& sets,
                                         const decide::Engine& engine, const RunOptions& options) {
  std::vector<WorldKind> worlds = options.worlds;
  if (worlds.empty()) worlds = {WorldKind::kPlain, WorldKind::kRestart, WorldKind::kTwice};
  std::vector<PackOutcome> all;
  for (const PackSet& set : sets) {
    PackOutcome& of = all.emplace_back(PackOutcome{&set, {}});
    for (const Case& one : set.cases)
      if (is_meant(one, options.only))
        for (const WorldKind world : worlds) of.outcomes.push_back({&one, world, {}, 0});
  }
  std::vector<Task> tasks;
  for (PackOutcome& of : all)
    for (Outcome& outcome : of.outcomes) tasks.push_back({of.packs, &outcome});

  TRY_ASSIGN(const Folder folder, Folder::make());
  std::atomic<size_t> next{0};
  std::mutex mutex;
  uint64_t done = 0;
  const auto work = [&] {
    for (size_t i = next++; i < tasks.size(); i = next++) {
      const std::string own = folder.path() + "/" + std::to_string(i);
      std::error_code error;
      fs::create_directory(own, error);
      Outcome& outcome = *tasks[i].outcome;
      outcome = run_case(*outcome.of, *tasks[i].packs, engine, outcome.world, own);
      fs::remove_all(own, error);
      const std::lock_guard lock(mutex);
      if (options.progress) options.progress(++done, tasks.size());
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(options.jobs, tasks.size()); ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return all;
}

}  // namespace rapport::cases
