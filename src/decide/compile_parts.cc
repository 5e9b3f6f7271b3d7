#include "decide/compile_parts.h"

#include <functional>

#include "decide/pack/sections.h"
#include "learn/read_text_signals.h"

namespace rapport::decide {

namespace {

// All that packs declare in a section, as one mapping.
YamlNode joined(const Definitions& definitions, const std::string& section) {
  YamlNode all;
  all.kind = YamlNode::Kind::kMap;
  for (const auto& pack : definitions.packs) {
    const auto parts = pack->parts.find(section);
    if (parts == pack->parts.end()) continue;
    for (const auto& part : parts->second)
      for (const auto& member : part.node.members) all.members.push_back(member);
  }
  return all;
}

using ReadPart = std::function<void(const YamlNode& node, YamlDocument& document)>;

void each_part(const Definitions& definitions, const std::string& section,
               std::vector<Error>& errors, const ReadPart& read) {
  for (const auto& pack : definitions.packs) {
    const auto parts = pack->parts.find(section);
    if (parts == pack->parts.end()) continue;
    for (const auto& part : parts->second) {
      YamlDocument document{.name = part.file};
      read(part.node, document);
      errors.insert(errors.end(), document.errors.begin(), document.errors.end());
    }
  }
}

void read_all_sla(Definitions& definitions, std::vector<Error>& errors) {
  const size_t before = errors.size();
  const auto read = [&](const YamlNode* calendars, const YamlNode* sla, YamlDocument& document) {
    return read_sla(calendars, sla, definitions.zone_name, definitions.zones, document);
  };
  each_part(definitions, "calendars", errors, [&](const YamlNode& node, YamlDocument& document) {
    for (auto& [name, calendar] : read(&node, nullptr, document).calendars)
      if (!definitions.sla.calendars.emplace(name, calendar).second)
        document.refuse(node, "there is a calendar '" + name + "' in another pack already");
  });
  if (errors.size() != before) return;
  const YamlNode calendars = joined(definitions, "calendars");
  each_part(definitions, "sla", errors, [&](const YamlNode& node, YamlDocument& document) {
    SlaDefinitions made = read(&calendars, &node, document);
    for (SlaPolicy& policy : made.policies) {
      for (const SlaPolicy& known : definitions.sla.policies)
        if (known.name == policy.name)
          document.refuse(node, "there is a policy '" + policy.name + "' in another pack already");
      definitions.sla.policies.push_back(std::move(policy));
    }
  });
}

void read_all_routing(Definitions& definitions, std::vector<Error>& errors) {
  const YamlNode teams = joined(definitions, "teams");
  YamlDocument document{.name = "teams"};
  definitions.routing.teams = read_routing(&teams, nullptr, document).teams;
  errors.insert(errors.end(), document.errors.begin(), document.errors.end());
  each_part(definitions, "routing", errors, [&](const YamlNode& node, YamlDocument& part) {
    RoutingDefinitions made = read_routing(&teams, &node, part);
    for (Routing& routing : made.routings) {
      if (definitions.routing.find(routing.id))
        part.refuse(node, "there is a routing '" + routing.id + "' already");
      definitions.routing.routings.push_back(std::move(routing));
    }
  });
}

void read_all_text(Definitions& definitions, std::vector<Error>& errors) {
  learn::TextDefinitions all;
  bool any = false;
  const size_t before = errors.size();
  each_part(definitions, "text", errors, [&](const YamlNode& node, YamlDocument& document) {
    any = true;
    learn::read_text_signals(node, document, all);
  });
  if (!any || errors.size() != before) return;
  auto words = learn::WordSignals::compile(all);
  if (!words.ok()) return errors.push_back(words.error());
  definitions.reader = std::make_shared<const learn::WordSignals>(std::move(*words));
}

}  // namespace

void read_parts(Definitions& definitions, std::vector<Error>& errors) {
  read_all_sla(definitions, errors);
  read_all_routing(definitions, errors);
  read_all_text(definitions, errors);
}

std::vector<ActionSpec> read_inner_actions(const std::vector<YamlNode>& actions,
                                           const std::string& pack, const std::string& file,
                                           std::vector<Error>& errors) {
  YamlNode list;
  list.kind = YamlNode::Kind::kList;
  list.items = actions;
  PackFile reader(pack, file, "");
  auto made = read_actions(list, reader);
  const auto& found = reader.document().errors;
  errors.insert(errors.end(), found.begin(), found.end());
  return made;
}

std::string file_of(const Definitions& definitions, std::string_view section,
                    std::string_view entry, std::string* pack_name) {
  for (const auto& pack : definitions.packs) {
    const auto parts = pack->parts.find(std::string(section));
    if (parts == pack->parts.end()) continue;
    for (const auto& part : parts->second) {
      for (const YamlNode& item : part.node.items) {
        const YamlNode* name = item.find(section == "sla" ? "policy" : "id");
        if (!name || name->text != entry) continue;
        if (pack_name) *pack_name = pack->name;
        return part.file;
      }
    }
  }
  return {};
}

}  // namespace rapport::decide
