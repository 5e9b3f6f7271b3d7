// Packs and cases in a temporary folder, read and run as `rapport test` does.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/posix_disk.h"
#include "main/cases/report.h"

namespace rapport::cases {

class CasesTest : public ::testing::Test {
 protected:
  CasesTest() { CHECK(mkdtemp(folder_.data()) != nullptr); }
  ~CasesTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& path, const std::string& text) {
    const std::string whole = folder_ + "/" + path;
    disk_.make_folders(whole.substr(0, whole.rfind('/'))).value();
    write_file(disk_, whole, text).value();
  }
  void pack(const std::string& yaml, const std::string& name = "p", const std::string& uses = "") {
    write(name + "/pack.yaml",
          "pack: " + name + "\n" + (uses.empty() ? "" : "uses: [" + uses + "]\n") + yaml);
  }
  void cases(const std::string& yaml) { write("p/cases/all.yaml", yaml); }

  // Errors of packs and cases, without the folder.
  std::vector<std::string> read(const std::string& path = "") {
    shelf_ = std::make_unique<PackShelf>(disk_, zones_.get());
    if (const auto added = shelf_->add(folder_ + "/" + path); !added.ok())
      return {without_folder(added.error().message)};
    shelf_->read();
    std::vector<std::string> errors;
    for (const Error& error : shelf_->errors()) errors.push_back(without_folder(error.message));
    return errors;
  }
  std::vector<PackOutcome> run_all_of(RunOptions options = {}) {
    for (const std::string& error : read()) ADD_FAILURE() << error;
    return run_all(shelf_->sets(), engine_, options).value();
  }
  // What is not as expected, "world line what: expected / got"; in the plain world alone unless
  // told otherwise.
  std::vector<std::string> run(RunOptions options = {.worlds = {WorldKind::kPlain}}) {
    std::vector<std::string> lines;
    for (const PackOutcome& of : run_all_of(options))
      for (const Outcome& outcome : of.outcomes)
        for (const Finding& finding : outcome.findings)
          lines.push_back(fmt::format("{} {} {}: {} / {}", name(outcome.world),
                                      finding.failure.line, finding.failure.what,
                                      finding.failure.expected, finding.failure.got));
    return lines;
  }
  std::string without_folder(std::string text) const {
    for (size_t at; (at = text.find(folder_ + "/")) != text.npos;)
      text.erase(at, folder_.size() + 1);
    return text;
  }

  std::string folder_ = ::testing::TempDir() + "cases-XXXXXX";
  PosixDisk disk_;
  std::unique_ptr<const expr::Zones> zones_ = expr::open_system_zones().value();
  decide::Engine engine_{decide::first_basics(), zones_.get()};
  std::unique_ptr<PackShelf> shelf_;
};

using Lines = std::vector<std::string>;

}  // namespace rapport::cases
