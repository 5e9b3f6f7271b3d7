// Each wrong pack of wrong_packs.txt, wrong_workflows.txt and wrong_messages.txt is refused with
// exactly these words, at exactly these places. The format stands at the head of the first; in the
// others the findings of a pack that can be read are told too.
#include <gtest/gtest.h>

#include <fstream>

#include "base/text.h"
#include "decide/pack/read_pack.h"
#include "decide/pack/static_findings.h"

namespace rapport::decide {
namespace {

struct WrongPack {
  size_t line = 0;
  PackFiles files = {.name = "p", .files = {{"pack.yaml", "pack: p\n"}}};
  std::string told;
};

std::vector<WrongPack> read_table(const std::string& name) {
  std::ifstream file(std::string(RAPPORT_SOURCE_DIR) + "/src/decide/pack/" + name);
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
  const std::vector<WrongPack> table = read_table("wrong_packs.txt");
  for (const WrongPack& wrong : table) {
    std::string told;
    for (const Error& error : read_pack(wrong.files).errors) told += error.message + "\n";
    EXPECT_EQ(told, wrong.told) << "wrong_packs.txt:" << wrong.line;
  }
  EXPECT_GE(table.size(), 50u);
}

std::string told_of(const PackFiles& files) {
  std::string told;
  const PackRead read = read_pack(files);
  for (const Error& error : read.errors) told += error.message + "\n";
  if (!read.errors.empty()) return told;
  Elsewhere elsewhere;
  add_elsewhere(read, elsewhere);
  for (const Finding& finding : static_findings({&read.pack, 1}, elsewhere)) {
    told += to_text(finding) + "\n";
  }
  return told.empty() ? "fine\n" : told;
}

TEST(WrongPack, OfWorkflowsAndMessagesIsRefusedOrFoundInTheWordsOfItsTable) {
  size_t count = 0;
  for (const char* name : {"wrong_workflows.txt", "wrong_messages.txt"}) {
    for (const WrongPack& wrong : read_table(name)) {
      EXPECT_EQ(told_of(wrong.files), wrong.told) << name << ":" << wrong.line;
      count++;
    }
  }
  EXPECT_GE(count, 25u);
}

}  // namespace
}  // namespace rapport::decide
