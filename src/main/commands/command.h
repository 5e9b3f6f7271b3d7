// A command of the program: its options, its sub-commands, its help. The library that parses the
// command line is heavy, so only command.cc and program.cc include it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace rapport {

// Refers to a command; copies refer to the same. Targets must outlive the parsing. A name is
// "--limit", or "file" for what stands by its place.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}

  Command command(const std::string& name, const std::string& description) const;
  void needs_command() const;  // one of its sub-commands must be named
  void footer(const std::string& text) const;
  void run(std::function<void()> parsed) const;  // called when the command was named

  // Left out, the target keeps its value. Numbers are refused when they do not fit their type.
  void option(const char* name, std::string& target, const char* description) const;
  void option(const char* name, uint16_t& target, const char* description) const;
  void option(const char* name, int64_t& target, const char* description) const;
  void option(const char* name, uint64_t& target, const char* description) const;
  void option(const char* name, std::vector<std::string>& target, const char* description) const;
  void option(const char* name, double& target, double least, double most,
              const char* description) const;
  void required(const char* name, std::string& target, const char* description) const;
  // One or more, also as a list with commas.
  void required(const char* name, std::vector<std::string>& target, const char* description) const;
  void flag(const char* name, bool& target, const char* description) const;
  // Milliseconds, given with a unit: 500ms, 5s, 10m, 2h.
  void span(const char* name, int64_t& target, const char* description) const;

 private:
  CLI::App* app_;
};

}  // namespace rapport
