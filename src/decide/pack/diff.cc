#include "decide/pack/diff.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;
using Entries = std::map<std::pair<std::string, std::string>, YamlNode>;  // (section, id)

// Keys that only hold others: left out where a change is told.
constexpr std::array<std::string_view, 15> kHolders = {
    "weighted",   "metrics", "points", "stages", "steps",    "milestones", "fields",   "set",
    "activities", "branch",  "split",  "paths",  "variants", "texts",      "variables"};
// Keys whose members count in the order they are written.
constexpr std::array<std::string_view, 6> kOrdered = {"stages", "steps", "branch",
                                                      "split",  "paths", "variants"};

bool is_holder(std::string_view key) {
  return std::find(kHolders.begin(), kHolders.end(), key) != kHolders.end();
}

bool is_ordered(std::string_view key) {
  return std::find(kOrdered.begin(), kOrdered.end(), key) != kOrdered.end();
}

// The keys of `node` that `other` has too, in their order.
std::vector<std::string_view> common_keys(const YamlNode& node, const YamlNode& other) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : node.members) {
    if (other.find(key.text) != nullptr) keys.emplace_back(key.text);
  }
  return keys;
}

void add_entries(const YamlNode& root, Entries& entries) {
  for (const auto& [section, node] : root.members) {
    if (node.kind == Kind::kList && !node.items.empty() && node.items[0].kind == Kind::kMap) {
      for (const YamlNode& item : node.items) {
        const YamlNode alone{.kind = Kind::kList, .items = {item}};  // which the ids point into
        const std::vector<const YamlNode*> ids = ids_of(alone);
        if (ids.empty()) continue;
        entries.emplace(std::pair(section.text, ids[0]->text), item);
      }
      continue;
    }
    if (node.kind != Kind::kMap) {
      entries.emplace(std::pair("pack", section.text), node);
      continue;
    }
    for (const auto& [id, entry] : node.members) {
      entries.emplace(std::pair(section.text, id.text), entry);
    }
  }
}

Result<Entries> read_entries(const PackFiles& files) {
  Entries entries;
  for (const auto& [path, text] : files.files) {
    if (path.starts_with("cases/") || !path.ends_with(".yaml")) continue;
    TRY_ASSIGN(const YamlNode root, parse_yaml(text, files.name + "/" + path));
    add_entries(root, entries);
  }
  return entries;
}

// What a value is written as; a list of one is its item.
Json value_of(const YamlNode& node) {
  if (node.kind == Kind::kList && node.items.size() == 1 && node.items[0].kind == Kind::kScalar) {
    return value_of(node.items[0]);
  }
  return node.to_json();
}

// As it is written: 0.20 stays 0.20.
std::string shown(const YamlNode* node) {
  if (node == nullptr) return "(none)";
  if (node->kind == Kind::kScalar) return node->text;
  if (node->kind == Kind::kNull) return "null";
  return to_text(node->to_json());
}

std::string singular(std::string_view plural) {
  if (plural == "sla" || !plural.ends_with('s')) return std::string(plural);
  return std::string(plural.substr(0, plural.size() - 1));
}

class Comparison {
 public:
  explicit Comparison(EntryChange& change) : change_(change) {}

  void compare(const YamlNode* before, const YamlNode* after) {
    if (before != nullptr && after != nullptr) {
      const bool ordered = !path_.empty() && is_ordered(path_.back());
      if (same(*before, *after, ordered)) return;
      if (before->kind == Kind::kMap && after->kind == Kind::kMap) {
        if (ordered) compare_order(*before, *after);
        return compare_members(*before, *after);
      }
      if (is_list_of_maps(*before) && is_list_of_maps(*after)) {
        return compare_items(*before, *after);
      }
    }
    change_.fields.push_back({.path = joined(),
                              .what = described(),
                              .before = before == nullptr ? Json() : Json(shown(before)),
                              .after = after == nullptr ? Json() : Json(shown(after))});
  }

 private:
  static bool same(const YamlNode& before, const YamlNode& after, bool ordered) {
    if (before.kind == Kind::kMap && after.kind == Kind::kMap) {
      if (ordered && common_keys(before, after) != common_keys(after, before)) return false;
      return before.members.size() == after.members.size() &&
             std::all_of(before.members.begin(), before.members.end(), [&](const auto& member) {
               const YamlNode* other = after.find(member.first.text);
               return other != nullptr &&
                      same(member.second, *other, is_ordered(member.first.text));
             });
    }
    if (before.kind == Kind::kList && after.kind == Kind::kList) {
      return std::equal(
          before.items.begin(), before.items.end(), after.items.begin(), after.items.end(),
          [](const YamlNode& one, const YamlNode& other) { return same(one, other, false); });
    }
    return value_of(before) == value_of(after);
  }

  static bool is_list_of_maps(const YamlNode& node) {
    return node.kind == Kind::kList && !node.items.empty() &&
           std::all_of(node.items.begin(), node.items.end(),
                       [](const YamlNode& item) { return item.kind == Kind::kMap; });
  }

  void compare_order(const YamlNode& before, const YamlNode& after) {
    const auto old_order = common_keys(before, after);
    const auto new_order = common_keys(after, before);
    if (old_order == new_order) return;
    const std::string what = described();
    change_.fields.push_back({.path = joined(),
                              .what = "order of " + what,
                              .before = fmt::format("{}", fmt::join(old_order, ", ")),
                              .after = fmt::format("{}", fmt::join(new_order, ", "))});
  }

  void compare_members(const YamlNode& before, const YamlNode& after) {
    for (const auto& [key, value] : before.members) step(key.text, &value, after.find(key.text));
    for (const auto& [key, value] : after.members) {
      if (before.find(key.text) == nullptr) step(key.text, nullptr, &value);
    }
  }

  void compare_items(const YamlNode& before, const YamlNode& after) {
    const size_t count = std::max(before.items.size(), after.items.size());
    for (size_t i = 0; i < count; i++) {
      step(std::to_string(i + 1), i < before.items.size() ? &before.items[i] : nullptr,
           i < after.items.size() ? &after.items[i] : nullptr);
    }
  }

  void step(const std::string& key, const YamlNode* before, const YamlNode* after) {
    path_.push_back(key);
    compare(before, after);
    path_.pop_back();
  }

  std::string joined() const {
    std::string path;
    for (const std::string& key : path_) path += (path.empty() ? "" : ".") + key;
    return path;
  }

  static bool is_number(std::string_view key) {
    return !key.empty() && key.find_first_not_of("0123456789") == std::string_view::npos;
  }

  // Innermost first: "weight of support", "priority of action 2".
  std::string described() const {
    std::vector<std::string> words;
    for (size_t i = 0; i < path_.size(); i++) {
      const bool last = i + 1 == path_.size();
      if (!last && is_number(path_[i + 1])) continue;
      if (is_number(path_[i]) && i > 0) {
        const std::string& list = path_[i - 1];
        words.push_back((list == "do" ? "action" : singular(list)) + " " + path_[i]);
      } else if (last || !is_holder(path_[i])) {
        words.push_back(path_[i]);
      }
    }
    std::string told;
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
      told += (told.empty() ? "" : " of ") + *word;
    }
    return told;
  }

  EntryChange& change_;
  std::vector<std::string> path_;
};

std::string_view word_of(EntryChange::Kind kind) {
  constexpr std::array<std::string_view, 3> kWords = {"added", "removed", "changed"};
  return kWords[static_cast<size_t>(kind)];
}

std::string shown(const Json& value) {
  return value.is_null() ? "(none)" : std::string(value.as_string());
}

}  // namespace

Result<PackDiff> diff_packs(const PackFiles& before, const PackFiles& after) {
  TRY_ASSIGN(const Entries old_entries, read_entries(before));
  TRY_ASSIGN(const Entries new_entries, read_entries(after));
  PackDiff diff{.before = pack_version(before), .after = pack_version(after), .changes = {}};
  const auto add = [&](EntryChange::Kind kind, const std::pair<std::string, std::string>& key) {
    return EntryChange{.kind = kind, .section = key.first, .id = key.second, .fields = {}};
  };
  for (const auto& [key, entry] : old_entries) {
    const auto other = new_entries.find(key);
    if (other == new_entries.end()) {
      diff.changes.push_back(add(EntryChange::Kind::kRemoved, key));
      continue;
    }
    EntryChange change = add(EntryChange::Kind::kChanged, key);
    Comparison(change).compare(&entry, &other->second);
    if (!change.fields.empty()) diff.changes.push_back(std::move(change));
  }
  for (const auto& [key, entry] : new_entries) {
    if (old_entries.count(key) == 0) diff.changes.push_back(add(EntryChange::Kind::kAdded, key));
  }
  std::stable_sort(diff.changes.begin(), diff.changes.end(),
                   [](const EntryChange& a, const EntryChange& b) {
                     return std::tie(a.section, a.id) < std::tie(b.section, b.id);
                   });
  return diff;
}

std::string to_text(const PackDiff& diff) {
  std::string text;
  for (const EntryChange& change : diff.changes) {
    const std::string entry = singular(change.section) + " " + change.id;
    if (change.kind != EntryChange::Kind::kChanged) {
      text += fmt::format("{}: {}\n", entry, word_of(change.kind));
    }
    for (const FieldChange& field : change.fields) {
      text += fmt::format("{}:{}{} {} → {}\n", entry, field.what.empty() ? "" : " ", field.what,
                          shown(field.before), shown(field.after));
    }
  }
  return text;
}

Json to_json(const PackDiff& diff) {
  Json changes = Json::array();
  for (const EntryChange& change : diff.changes) {
    Json entry = Json::object();
    entry.set("kind", word_of(change.kind)).set("section", change.section).set("id", change.id);
    if (change.kind == EntryChange::Kind::kChanged) {
      Json fields = Json::array();
      for (const FieldChange& field : change.fields) {
        Json one = Json::object();
        one.set("path", field.path).set("what", field.what);
        one.set("before", field.before).set("after", field.after);
        fields.push_back(std::move(one));
      }
      entry.set("fields", std::move(fields));
    }
    changes.push_back(std::move(entry));
  }
  Json told = Json::object();
  told.set("before", diff.before).set("after", diff.after).set("changes", std::move(changes));
  return told;
}

}  // namespace rapport::decide
