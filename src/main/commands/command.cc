#include "main/commands/command.h"

#include <CLI/CLI.hpp>
#include <map>

namespace rapport {

Command Command::command(const std::string& name, const std::string& description) const {
  return Command(*app_->add_subcommand(name, description));
}

void Command::needs_command() const {
  app_->require_subcommand(1);
}

void Command::footer(const std::string& text) const {
  app_->footer(text);
}

void Command::run(std::function<void()> parsed) const {
  app_->callback(std::move(parsed));
}

void Command::option(const char* name, std::string& target, const char* description) const {
  app_->add_option(name, target, description);
}

void Command::option(const char* name, uint16_t& target, const char* description) const {
  app_->add_option(name, target, description);
}

void Command::option(const char* name, int64_t& target, const char* description) const {
  app_->add_option(name, target, description);
}

void Command::option(const char* name, uint64_t& target, const char* description) const {
  app_->add_option(name, target, description);
}

void Command::option(const char* name, std::vector<std::string>& target,
                     const char* description) const {
  app_->add_option(name, target, description);
}

void Command::option(const char* name, double& target, double least, double most,
                     const char* description) const {
  app_->add_option(name, target, description)->check(CLI::Range(least, most));
}

void Command::required(const char* name, std::string& target, const char* description) const {
  app_->add_option(name, target, description)->required();
}

void Command::required(const char* name, std::vector<std::string>& target,
                       const char* description) const {
  app_->add_option(name, target, description)->required()->delimiter(',');
}

void Command::flag(const char* name, bool& target, const char* description) const {
  app_->add_flag(name, target, description);
}

void Command::span(const char* name, int64_t& target, const char* description) const {
  static const std::map<std::string, int64_t> kUnits = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  app_->add_option(name, target, description)
      ->transform(CLI::AsNumberWithUnit(kUnits, CLI::AsNumberWithUnit::UNIT_REQUIRED));
}

}  // namespace rapport
