#include "decide/pack/sections.h"

#include <array>

#include "decide/read_metric.h"

namespace rapport::decide {

namespace {

void read_metric_section(const YamlNode& section, PackFile& file, PackSpec& pack) {
  for (Metric& metric : read_metrics(section, file.document()))
    pack.metrics.push_back(std::move(metric));
  if (section.kind != YamlNode::Kind::kMap) return;
  for (const auto& [key, value] : section.members)
    pack.places["metrics/" + key.text] = file.place(key);
}

}  // namespace

std::span<const Section> sections() {
  static constexpr std::array<Section, 24> kSections = {{
      {.name = "settings", .read = read_settings},
      {.name = "objects", .read = read_objects},
      {.name = "metrics", .read = read_metric_section},
      {.name = "clocks", .read = read_clocks},
      {.name = "rollups", .read = read_rollups},
      {.name = "scores", .read = read_scores},
      {.name = "signals", .read = read_signals},
      {.name = "segments", .read = read_segments},
      {.name = "lifecycles", .read = read_lifecycles},
      {.name = "pipelines", .read = read_pipelines},
      {.name = "rules", .read = read_rules},
      {.name = "approvals", .read = read_approvals},
      {.name = "programs", .read = read_programs},
      {.name = "workflows", .read = read_workflows},
      {.name = "schedules", .read = read_schedules},
      {.name = "templates", .read = read_templates},
      {.name = "variables", .read = read_variables},
      {.name = "messaging", .read = read_messaging},
      {.name = "surveys", .read = read_surveys},
      {.name = "teams", .read = nullptr},
      {.name = "routing", .read = nullptr},
      {.name = "calendars", .read = nullptr},
      {.name = "sla", .read = nullptr},
      {.name = "text", .read = nullptr, .has_ids = false},
  }};
  return kSections;
}

std::vector<const YamlNode*> ids_of(const YamlNode& section) {
  std::vector<const YamlNode*> ids;
  for (const auto& [key, value] : section.members) ids.push_back(&key);
  for (const YamlNode& item : section.items) {
    for (const std::string_view key : {"id", "policy"}) {
      const YamlNode* id = item.find(key);
      if (id != nullptr && id->kind == YamlNode::Kind::kScalar) ids.push_back(id);
    }
  }
  return ids;
}

std::span<const std::string_view> builtin_objects() {
  static constexpr std::array<std::string_view, 8> kObjects = {
      "contact", "account", "conversation", "ticket", "deal", "task", "user", "team"};
  return kObjects;
}

}  // namespace rapport::decide
