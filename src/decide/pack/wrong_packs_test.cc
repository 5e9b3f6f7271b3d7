// Each wrong pack of wrong_packs.txt is refused with exactly these words, at exactly these places.
// The format of the file stands at its head.
#include <gtest/gtest.h>

#include <fstream>

#include "base/text.h"
#include "decide/pack/read_pack.h"

namespace rapport::decide {
namespace {

struct WrongPack {
  size_t line = 0;
  PackFiles files = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}}};
  std::string told;
};

std::vector<WrongPack> read_table() {
  std::ifstream file(std::string(RAPPORT_SOURCE_DIR) + "/src/decide/pack/wrong_packs.txt");
  std::vector<WrongPack> table;
  std::string path;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    number++;
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != '>') {
      table.back().told += std::string(trim(line)) + "\n";
      continue;
    }
    if (table.empty() || !table.back().told.empty()) {
      table.emplace_back().line = number;
      path = "x.yaml";
    }
    if (line.starts_with(">> ")) {
      path = line.substr(3);
      table.back().files.files[path].clear();
    } else {
      table.back().files.files[path] += line.substr(2) + "\n";
    }
  }
  return table;
}

TEST(WrongPack, IsRefusedInTheWordsOfTheTable) {
  const std::vector<WrongPack> table = read_table();
  for (const WrongPack& wrong : table) {
    std::string told;
    for (const Error& error : read_pack(wrong.files).errors) told += error.message + "\n";
    EXPECT_EQ(told, wrong.told) << "wrong_packs.txt:" << wrong.line;
  }
  EXPECT_GE(table.size(), 50u);
}

}  // namespace
}  // namespace rapport::decide
