#include "main/packs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/posix_disk.h"

namespace rapport {
namespace {

namespace fs = std::filesystem;

class PackFolders : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("rapport-packs-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    write("shipped/base/pack.yaml", "pack: base\n");
    write("shipped/leads/pack.yaml", "pack: leads\nuses: [base]\n");
    write("shipped/leads/rules/a.yaml", "settings: {hot: {value: 1, type: int, says: x}}\n");
    write("shipped/leads/cases/one.yaml", "- case: x\n");
    write("shipped/leads/README.md", "x");
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  std::string at(const std::string& path) { return (root_ / path).string(); }

  fs::path root_;
  PosixDisk disk_;
};

TEST_F(PackFolders, APackIsItsYamlFilesWithoutItsCases) {
  const auto files = read_pack_folder(disk_, at("shipped/leads")).value();
  EXPECT_EQ(files.name, "leads");
  ASSERT_EQ(files.files.size(), 2u);
  EXPECT_TRUE(files.files.contains("pack.yaml"));
  EXPECT_TRUE(files.files.contains("rules/a.yaml"));
  EXPECT_EQ(read_pack_folder(disk_, at("shipped")).error().code, Code::kNotFound);
}

TEST_F(PackFolders, ANameIsAFolderAShippedPackOrAllOfThem) {
  const std::string shipped = at("shipped");
  EXPECT_EQ(find_packs(disk_, shipped, "leads").value(), std::vector{shipped + "/leads"});
  EXPECT_EQ(find_packs(disk_, shipped, at("shipped/base")).value().size(), 1u);
  EXPECT_EQ(find_packs(disk_, shipped, "all").value().size(), 2u);
  EXPECT_EQ(find_packs(disk_, shipped, shipped).value().size(), 2u);
  EXPECT_NE(find_packs(disk_, shipped, "lead").error().message.find("base, leads"),
            std::string::npos);
}

TEST(PackOrder, WhatIsUsedComesFirst) {
  const auto pack = [](const std::string& name, const std::string& uses) {
    return decide::PackFiles{name, {{"pack.yaml", "pack: " + name + "\nuses: [" + uses + "]\n"}}};
  };
  const auto ordered = in_order_of_use({pack("a", "c"), pack("b", ""), pack("c", "b, other")});
  ASSERT_TRUE(ordered.ok());
  std::string names;
  for (const auto& one : *ordered) names += one.name;
  EXPECT_EQ(names, "bca");
  EXPECT_EQ(in_order_of_use({pack("a", "b"), pack("b", "a")}).error().code, Code::kInvalid);
}

}  // namespace
}  // namespace rapport
