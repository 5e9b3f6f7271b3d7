// The reference pages name what the program has, and the other way round.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <set>

#include "base/posix_disk.h"
#include "base/text.h"
#include "main/commands/commands.h"

namespace rapport {
namespace {

std::string source(const std::string& path) {
  PosixDisk disk;
  return read_file(disk, RAPPORT_SOURCE_DIR "/" + path).value();
}

bool is_word(char c) {
  return c == '_' || c == '.' || (c >= 'a' && c <= 'z');
}

// Words that stand between `before` and a byte that belongs to no word, with that byte `after`.
std::set<std::string> words(const std::string& text, const std::string& before, char after) {
  std::set<std::string> found;
  for (size_t at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
    size_t end = at + before.size();
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at + before.size() && end < text.size() && text[end] == after)
      found.insert(text.substr(at + before.size(), end - at - before.size()));
  }
  return found;
}

void each_source(const std::string& folder, const std::function<void(const std::string&)>& visit) {
  PosixDisk disk;
  for (const auto& name : disk.list(RAPPORT_SOURCE_DIR "/" + folder).value()) {
    const std::string path = folder + "/" + name;
    if (name.find('.') == name.npos) {
      each_source(path, visit);
    } else if (name.ends_with(".cc") && !name.ends_with("_test.cc")) {
      visit(path);
    }
  }
}

TEST(Reference, NamesEveryMetric) {
  std::set<std::string> made;
  each_source("src", [&](const std::string& path) {
    for (const auto& rest : words(source(path), "\"rapport_", '"')) made.insert("rapport_" + rest);
  });
  for (const char* other : {"rapport_openapi_begin", "rapport_openapi_end"}) made.erase(other);
  std::set<std::string> told;
  for (const auto& rest : words(source("docs/reference/metrics.md"), "`rapport_", '`'))
    told.insert("rapport_" + rest);
  EXPECT_GT(made.size(), 15u);
  EXPECT_EQ(made, told);
}

TEST(Reference, NamesEverySetting) {
  const std::string code = source("src/main/settings.cc"),
                    page = source("docs/reference/configuration.md");
  std::set<std::string> keys;
  for (const char* call :
       {"fields.text(\"", "fields.text_or(\"", "fields.texts(\"", "fields.flag(\"",
        "fields.span(\"", "fields.take(\"", "fields.integer(\"", "bytes(\""})
    keys.merge(words(code, call, '"'));
  keys.insert("max_lag_events");  // on a line of its own
  for (const char* group : {"http", "intake"}) keys.erase(group);
  EXPECT_GT(keys.size(), 20u);
  for (const auto& key : keys)
    EXPECT_TRUE(page.find("`" + key + "`") != page.npos || page.find("." + key + "`") != page.npos)
        << key;
  for (const auto& name : words(page, "`http.", '`')) EXPECT_TRUE(keys.contains(name)) << name;
  for (const auto& name : words(page, "`intake.", '`')) EXPECT_TRUE(keys.contains(name)) << name;
}

void look(const CLI::App& command, const std::string& path, const std::string& page) {
  for (const CLI::App* sub : command.get_subcommands({})) {
    const std::string name = path + (path.empty() ? "" : " ") + sub->get_name();
    // "workspaces list" stands as "`list`" in the row of its group.
    EXPECT_TRUE(page.find("`" + name) != page.npos || page.find("`" + sub->get_name()) != page.npos)
        << name;
    EXPECT_FALSE(sub->get_description().empty()) << name;
    look(*sub, name, page);
    if (!sub->get_subcommands({}).empty()) continue;
    EXPECT_NE(sub->get_footer().find("Example:"), std::string::npos) << name;
    for (const CLI::Option* option : sub->get_options()) {
      EXPECT_FALSE(option->get_description().empty()) << name << " " << option->get_name();
      if (!option->get_lnames().empty())
        EXPECT_NE(page.find("--" + option->get_lnames().front()), page.npos)
            << name << " --" << option->get_lnames().front();
    }
  }
}

TEST(Reference, NamesEveryCommandAndOption) {
  CLI::App app{"", "rapport"};
  Shell shell;
  add_commands(Command(app), shell);
  EXPECT_GE(app.get_subcommands({}).size(), 14u);
  look(app, "", source("docs/reference/cli.md"));
}

}  // namespace
}  // namespace rapport
