#include "decide/templates/template.h"

#include <algorithm>
#include <charconv>

#include "decide/templates/template_tree.h"

namespace rapport::decide {
namespace {

using Node = Template::Node;

void visit_uses(const std::vector<Node>& nodes, std::vector<std::string>& within,
                const std::function<void(const TemplateUse&)>& visit) {
  using As = TemplateNeed::As;
  for (const Node& node : nodes) {
    if (node.kind == Node::Kind::kText) continue;
    const bool inverted = node.kind == Node::Kind::kInverted;
    const bool section = inverted || node.kind == Node::Kind::kSection;
    visit({.path = node.text,
           .as = section ? As::kSection : As::kValue,
           .within = within,
           .where = node.where});
    if (!section) continue;
    within.push_back(inverted ? "^" + node.text : node.text);
    visit_uses(node.children, within, visit);
    within.pop_back();
  }
}

void add_need(std::vector<TemplateNeed>& needs, const TemplateUse& use) {
  const bool known = std::any_of(needs.begin(), needs.end(), [&](const TemplateNeed& need) {
    return need.path == use.path && need.as == use.as &&
           std::equal(need.within.begin(), need.within.end(), use.within.begin(), use.within.end());
  });
  if (known) return;
  needs.push_back({.path = std::string(use.path),
                   .as = use.as,
                   .within = {use.within.begin(), use.within.end()},
                   .where = std::string(use.where)});
}

}  // namespace

TemplatePlace template_place(std::string_view where) {
  TemplatePlace place;
  if (const size_t space = where.rfind(' '); space != std::string_view::npos) {
    place.partial = where.substr(0, space);
    where.remove_prefix(space + 1);
  }
  const char* const end = where.data() + where.size();
  const auto line = std::from_chars(where.data(), end, place.line);
  CHECK(line.ec == std::errc() && line.ptr != end && *line.ptr == ':');
  CHECK(std::from_chars(line.ptr + 1, end, place.column).ec == std::errc());
  return place;
}

Result<Template> Template::read(std::string_view text, const TemplateReading& reading) {
  auto content = std::make_shared<Content>();
  content->name = std::string(reading.name);
  TRY_ASSIGN(content->nodes, read_template_tree(text, reading));
  std::vector<std::string> within;
  visit_uses(content->nodes, within,
             [&](const TemplateUse& use) { add_need(content->needs, use); });
  return Template(std::move(content));
}

const std::vector<TemplateNeed>& Template::needs() const {
  return content_->needs;
}

void Template::each_use(const std::function<void(const TemplateUse&)>& visit) const {
  std::vector<std::string> within;
  visit_uses(content_->nodes, within, visit);
}

}  // namespace rapport::decide
