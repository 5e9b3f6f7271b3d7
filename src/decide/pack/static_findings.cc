#include "decide/pack/static_findings.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "decide/pack/findings_parts.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

void add_texts(const YamlNode& node, std::vector<std::string>& texts) {
  if (node.kind == YamlNode::Kind::kScalar) texts.push_back(node.text);
  for (const YamlNode& item : node.items) add_texts(item, texts);
  for (const auto& [key, value] : node.members) {
    texts.push_back(key.text);
    add_texts(value, texts);
  }
}

}  // namespace

std::string to_text(const Finding& finding) {
  const bool error = finding.level == Finding::Level::kError;
  return fmt::format("{}: {}: {}", to_text(finding.place), error ? "error" : "warning",
                     finding.message);
}

void add_elsewhere(const PackRead& read, Elsewhere& elsewhere) {
  for (const Section& section : sections()) {
    if (section.read == nullptr && section.has_ids) elsewhere.ids[std::string(section.name)];
  }
  for (const auto& [section, parts] : read.unread) {
    for (const UnreadSection& part : parts) {
      add_texts(part.node, elsewhere.texts);
      const auto known = elsewhere.ids.find(section);
      if (known == elsewhere.ids.end()) continue;
      for (const YamlNode* id : ids_of(part.node)) {
        known->second.emplace(id->text, read.pack.name);
      }
    }
  }
}

void Findings::error(std::string_view code, const Place& place, std::string message) {
  found_.push_back({Finding::Level::kError, std::string(code), std::move(message), place});
}

void Findings::warning(std::string_view code, const Place& place, std::string message) {
  found_.push_back({Finding::Level::kWarning, std::string(code), std::move(message), place});
}

std::vector<Finding> Findings::take() {
  const auto order = [](const Finding& finding) {
    return std::tie(finding.place.file, finding.place.line, finding.place.column, finding.message);
  };
  std::stable_sort(found_.begin(), found_.end(),
                   [&](const Finding& a, const Finding& b) { return order(a) < order(b); });
  const auto same = [&](const Finding& a, const Finding& b) { return order(a) == order(b); };
  found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  return std::move(found_);
}

std::vector<Finding> static_findings(std::span<const PackSpec> packs, const Elsewhere& elsewhere) {
  Findings findings(packs, elsewhere);
  collect_names(findings);
  check_references(findings);
  check_loops(findings);
  check_flows(findings);
  check_fields(findings);
  return findings.take();
}

}  // namespace rapport::decide
