// From the files of a pack to what it declares. Pure: the texts are handed in.
// The grammar: docs/spec/packs.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/yaml.h"
#include "decide/pack/spec.h"

namespace rapport::decide {

// A pack's folder: path within it → text. `name` is how the folder is called in messages.
struct PackFiles {
  std::string name;
  std::map<std::string, std::string> files;
};

// A section, in one file, that is not read here but by who carries it out.
struct UnreadSection {
  std::string file;  // as in Place
  YamlNode node;
};

struct PackRead {
  PackSpec pack;
  std::map<std::string, std::vector<UnreadSection>> unread;  // section → its parts, by file
  // All that is wrong, by file and place: "cost-support/rules.yaml:12:7: …; did you mean 'x'?".
  // When there is one, `pack` holds what could be read and is only good for further messages.
  std::vector<Error> errors;
};

// Reads `pack.yaml`, which must be there, and every other *.yaml; `cases/` and what
// does not end in .yaml is left alone (but .yml is refused: it was meant). Bounded by YamlLimits
// per file, kMostFiles and kMostErrors.
inline constexpr size_t kMostFiles = 500;
inline constexpr size_t kMostErrors = 500;
PackRead read_pack(const PackFiles& files);

// The first 16 hexadecimal digits of the SHA-256 over every file but the cases, by path: the path
// and the text, each after its length (8 bytes, least first). Equal for equal contents, whatever
// the folder is called.
std::string pack_version(const PackFiles& files);

}  // namespace rapport::decide
