// The remote's own lists, such as its users, as far as mappings look values up in them. Read when
// they are first needed, and again while something is sought in vain.
//
// What was sought in vain is kept by the folded state (`left_out` of the connection, see Push), as
// a hash: once it is found, also after a restart, all records are looked at again.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "connect/remote.h"

namespace rapport::connect {

class Directories {
 public:
  Directories(const Manifest& manifest, Remote& remote, Clock& clock, const Key& hash_key)
      : manifest_(manifest), remote_(remote), clock_(clock), hash_key_(hash_key) {}

  // Takes over what was sought in vain before a restart: entries of left_out() among others.
  void recall(const Json& left_out);
  // Reads what is due: every five minutes at most while records are planned that seek in vain, else
  // every hour while anything is left out; one that the remote does not give after a minute, then
  // ever more rarely. A failure means that nothing is known yet of a directory that is needed.
  std::optional<Failure> refresh();
  // Reads the directories in which these are sought, if they were not read in the last five
  // minutes. True when there may be values now that were not there before.
  bool seek(const std::vector<model::Unresolved>& wanted, std::optional<Failure>& failure);
  void check_now();  // somebody has put something right

  // "owners" (not given), "owners:1f…" (hash of a value that is not in it); at most a hundred
  // values.
  const std::set<std::string>& left_out() const { return left_out_; }
  // "directories" of the source document, see decide::map_fields.
  const Json& document() const { return document_; }
  std::vector<std::string> problems() const;  // for people

 private:
  struct Standing {
    std::optional<Micros> read_at;
    Micros next;          // not before
    int refused = 0;      // times in a row
    std::string problem;  // empty: it could be read
  };
  std::optional<Failure> read(const DirectorySpec& directory);
  std::optional<Failure> read_pages(const DirectorySpec& directory, Json& ids, Json& groups);
  void forget_found(const DirectorySpec& directory);
  std::string entry_of(std::string_view directory, std::string_view value) const;
  bool is_sought(const DirectorySpec& directory) const;

  const Manifest& manifest_;
  Remote& remote_;
  Clock& clock_;
  const Key& hash_key_;
  Json document_ = Json::object();
  std::map<std::string, Standing> standing_;
  std::set<std::string> left_out_;
  std::map<std::string, std::string> texts_;  // of entries of left_out_, as far as they are known
};

}  // namespace rapport::connect
