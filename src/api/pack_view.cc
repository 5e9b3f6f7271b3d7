#include "api/pack_view.h"

#include "base/yaml.h"
#include "decide/pack/sections.h"

namespace rapport::api {

using decide::PackFiles;

namespace {

// Each entry with what stands under it; sections without ids count as one entry.
struct EntryAt {
  std::string file;
  const YamlNode* key = nullptr;
  const YamlNode* value = nullptr;
};

class Document {
 public:
  explicit Document(const PackFiles& files) {
    for (const auto& [path, text] : files.files) {
      if (!path.ends_with(".yaml") || path.starts_with("cases/")) continue;
      auto node = parse_yaml(text, path);
      if (node.ok()) roots_.emplace_back(path, std::move(*node));
    }
  }
  const std::vector<std::pair<std::string, YamlNode>>& roots() const { return roots_; }

  std::vector<EntryAt> entries(const decide::Section& section) const {
    std::vector<EntryAt> found;
    for (const auto& [file, root] : roots_) {
      const YamlNode* node = root.find(section.name);
      if (!node) continue;
      if (!section.has_ids) {
        found.push_back({file, node, node});
      } else {
        for (const auto& [key, value] : node->members) found.push_back({file, &key, &value});
      }
    }
    return found;
  }

 private:
  std::vector<std::pair<std::string, YamlNode>> roots_;
};

Json plain(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kList) {
    Json all = Json::array();
    for (const YamlNode& item : node.items) all.push_back(plain(item));
    return all;
  }
  if (node.kind == YamlNode::Kind::kMap) {
    Json all = Json::object();
    for (const auto& [key, value] : node.members) all.set(key.text, plain(value));
    return all;
  }
  return node.kind == YamlNode::Kind::kNull ? Json() : Json(node.text);
}

Json show_entry(const decide::Section& section, const EntryAt& entry) {
  Json one = Json::object();
  one.set("id", section.has_ids ? entry.key->text : std::string(section.name));
  if (const YamlNode* says = entry.value->find("says")) one.set("says", says->text);
  if (const YamlNode* spec = entry.value->find("spec")) one.set("spec", plain(*spec));
  return one.set("file", entry.file).set("line", entry.key->line);
}

}  // namespace

Json show_pack(const PackFiles& files) {
  const Document document(files);
  Json out = Json::object().set("says", "").set("uses", Json::array());
  for (const auto& [file, root] : document.roots()) {
    if (file != "pack.yaml") continue;
    if (const YamlNode* says = root.find("says")) out.set("says", says->text);
    if (const YamlNode* uses = root.find("uses")) out.set("uses", plain(*uses));
  }
  Json sections = Json::object();
  for (const decide::Section& section : decide::sections()) {
    Json all = Json::array();
    for (const EntryAt& entry : document.entries(section))
      all.push_back(show_entry(section, entry));
    if (!all.as_array().empty()) sections.set(section.name, std::move(all));
  }
  return out.set("sections", std::move(sections));
}

}  // namespace rapport::api
