#include "decide/templates/template.h"

#include <algorithm>

#include "decide/templates/template_tree.h"

namespace rapport::decide {
namespace {

using Node = Template::Node;

void add_need(std::vector<TemplateNeed>& needs, const Node& node, TemplateNeed::As as,
              const std::vector<std::string>& within) {
  const auto known = std::find_if(needs.begin(), needs.end(), [&](const TemplateNeed& need) {
    return need.path == node.text && need.as == as && need.within == within;
  });
  if (known == needs.end())
    needs.push_back({.path = node.text, .as = as, .within = within, .where = node.where});
}

void collect_needs(const std::vector<Node>& nodes, std::vector<std::string>& within,
                   std::vector<TemplateNeed>& needs) {
  for (const Node& node : nodes) {
    switch (node.kind) {
      case Node::Kind::kText:
        break;
      case Node::Kind::kValue:
      case Node::Kind::kRaw:
        add_need(needs, node, TemplateNeed::As::kValue, within);
        break;
      case Node::Kind::kSection:
      case Node::Kind::kInverted:
        add_need(needs, node, TemplateNeed::As::kSection, within);
        within.push_back(node.kind == Node::Kind::kInverted ? "^" + node.text : node.text);
        collect_needs(node.children, within, needs);
        within.pop_back();
    }
  }
}

}  // namespace

Result<Template> Template::read(std::string_view text, const TemplateReading& reading) {
  auto content = std::make_shared<Content>();
  content->name = std::string(reading.name);
  TRY_ASSIGN(content->nodes, read_template_tree(text, reading));
  std::vector<std::string> within;
  collect_needs(content->nodes, within, content->needs);
  return Template(std::move(content));
}

const std::vector<TemplateNeed>& Template::needs() const {
  return content_->needs;
}

}  // namespace rapport::decide
