// Every expression of the conformance suite, for tests that hold of all of them.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"

namespace rapport::expr {

// The folder of case files: RAPPORT_CEL_CASES, else beside the source tree. May be absent.
inline std::filesystem::path case_folder() {
  if (const char* named = std::getenv("RAPPORT_CEL_CASES")) return named;
  return std::filesystem::path(RAPPORT_SOURCE_DIR) / ".." / "shared" / "cel";
}

struct CaseFile {
  std::string name;
  Json::Array cases;
};

inline std::vector<CaseFile> read_case_files() {
  std::vector<CaseFile> files;
  if (!std::filesystem::is_directory(case_folder())) return files;
  for (const auto& entry : std::filesystem::directory_iterator(case_folder())) {
    if (entry.path().extension() != ".json") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    auto json = parse_json(text.str());
    if (!json.ok()) BUG(entry.path().string() + ": " + json.error().message);
    files.push_back({entry.path().filename().string(), json->as_array()});
  }
  return files;
}

}  // namespace rapport::expr
