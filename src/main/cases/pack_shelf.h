// Packs on disk: those a path names, what they use, and their cases.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/disk.h"
#include "decide/compile.h"
#include "decide/pack/read_pack.h"
#include "main/cases/case.h"

namespace rapport::cases {

struct ShelvedPack {
  std::string folder;  // as it was named
  decide::PackFiles files;
  std::string name, version;
  std::vector<std::string> uses;
  std::shared_ptr<const decide::PackSpec> spec;
};

// Packs that run together: one and, before it, all that it uses.
struct PackSet {
  std::vector<const ShelvedPack*> packs;  // what is used comes first
  std::shared_ptr<const decide::Definitions> definitions;
  std::string folder;  // of the last: whose cases these are
  std::vector<std::string> files;
  std::vector<Case> cases;
};

class PackShelf {
 public:
  PackShelf(Disk& disk, const expr::Zones* zones) : disk_(disk), zones_(zones) {}

  // A pack's folder, a folder of packs, or a file of cases. kNotFound when it is none of them.
  Result<void> add(const std::string& path);
  // Reads packs and cases of all that was added. What is wrong is in errors().
  void read();

  const std::vector<PackSet>& sets() const { return sets_; }
  const std::vector<Error>& errors() const { return errors_; }

 private:
  Result<void> add_pack(const std::string& folder, std::vector<std::string> cases);
  const ShelvedPack* pack(const std::string& folder);
  std::string find_used(const std::string& beside, const std::string& name);
  bool collect(const std::string& folder, std::vector<const ShelvedPack*>& out,
               std::vector<std::string>& under_way);
  void compile(PackSet& set);
  void read_cases_of(PackSet& set);

  Disk& disk_;
  const expr::Zones* zones_;
  std::map<std::string, std::unique_ptr<ShelvedPack>> packs_;  // by folder
  std::vector<PackSet> sets_;
  std::vector<Error> errors_;
};

}  // namespace rapport::cases
