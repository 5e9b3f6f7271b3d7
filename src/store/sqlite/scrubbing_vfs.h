// A SQLite VFS over another one that keeps bytes of removed rows out of database files.
//
// secure_delete overwrites a removed cell, but when SQLite moves rows between pages a copy of the
// moved row stays behind in the unused part of its old page, and is not overwritten when the row is
// removed later. Every page of a table or index on its way into the main file gets this gap zeroed.
// The gap is never read by SQLite.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace rapport::store {

class ScrubbingVfs {
 public:
  // Registers a new one over the VFS of this name (empty: the default one) while it lives; it must
  // outlive the connections opened with it.
  static Result<std::unique_ptr<ScrubbingVfs>> over(const std::string& base);
  ~ScrubbingVfs();
  ScrubbingVfs(const ScrubbingVfs&) = delete;

  const char* name() const;

 private:
  struct State;
  explicit ScrubbingVfs(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Zeroes the unused gap of a b-tree page; other pages stay as they are. `offset` is where the page
// begins in the file.
void scrub_page(uint64_t offset, std::span<unsigned char> page);

}  // namespace rapport::store
