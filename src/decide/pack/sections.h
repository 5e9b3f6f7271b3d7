// The sections a pack may have, and who reads each.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "decide/pack/pack_file.h"
#include "decide/pack/spec.h"

namespace rapport::decide {

struct Section {
  std::string_view name;
  // Appends what the section, in one file, declares. Null: its parts stay in PackRead::unread.
  void (*read)(const YamlNode& section, PackFile& file, PackSpec& pack);
  bool has_ids = true;  // each of its ids may stand once in a pack
};
std::span<const Section> sections();
// The nodes of a section's ids: its keys or, when it is a list, each item's `id` or `policy`.
std::vector<const YamlNode*> ids_of(const YamlNode& section);

// Objects that are there without being declared.
std::span<const std::string_view> builtin_objects();

void read_settings(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_objects(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_clocks(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_rollups(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_scores(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_signals(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_segments(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_lifecycles(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_pipelines(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_rules(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_approvals(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_programs(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_workflows(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_schedules(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_templates(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_variables(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_messaging(const YamlNode& section, PackFile& file, PackSpec& pack);
void read_surveys(const YamlNode& section, PackFile& file, PackSpec& pack);

// The value a setting of this type has when `node` says so; null when it cannot be. And what a
// right one looks like: "a number such as 0.5".
Json setting_value(const YamlNode& node, SettingType type);
std::string_view example_of(SettingType type);

// A list of actions, each a mapping of one action's name to its arguments.
std::vector<ActionSpec> read_actions(const YamlNode& list, PackFile& file);

// What a whole pack must be, beyond its parts: stages that can be reached and left. Appends what is
// wrong.
void check_lifecycles(const PackSpec& pack, std::vector<Error>& errors);
// Steps that can be taken, outcomes that are there, migrations that lead somewhere, no workflow
// that runs itself.
void check_workflows(const PackSpec& pack, std::vector<Error>& errors);
// What a `send` of a template of the same pack must bring.
void check_sends(const PackSpec& pack, std::vector<Error>& errors);
// The form of every expression in workflows, schedules, templates and what belongs to them.
void check_forms(const PackSpec& pack, std::vector<Error>& errors);

}  // namespace rapport::decide
