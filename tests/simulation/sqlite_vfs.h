// SQLite on a Disk of ours: the way to cut a database's power.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/disk.h"
#include "base/random.h"

struct sqlite3_vfs;

namespace rapport::simulation {

// A VFS registered under `name` while this lives; open databases with it by
// sqlite3_open_v2(path, &db, flags, name). Paths are absolute. Locks and the WAL's shared memory
// are kept in this object: connections of this process see each other, other processes do not.
// A new file's name is made durable at its first sync. Close all connections before it goes.
class SqliteVfs {
 public:
  SqliteVfs(std::string name, Disk& disk, Clock& clock, Random& random);
  ~SqliteVfs();
  SqliteVfs(const SqliteVfs&) = delete;
  SqliteVfs& operator=(const SqliteVfs&) = delete;
  const std::string& name() const { return name_; }

  struct State;

 private:
  std::string name_;
  std::unique_ptr<State> state_;
  std::unique_ptr<sqlite3_vfs> vfs_;
};

[[nodiscard]] std::unique_ptr<SqliteVfs> register_sqlite_vfs(std::string name, Disk& disk,
                                                             Clock& clock, Random& random);

}  // namespace rapport::simulation
