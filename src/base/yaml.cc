#include "base/yaml.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <sstream>

#include "base/text.h"

namespace rapport {
namespace {

// Leaves the parser at the first thing we do not take; caught in parse_yaml.
struct Refused {
  YAML::Mark mark;
  std::string message;
};

// Builds the tree from the parser's events, so that nothing large is ever made of a small bomb.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(YamlLimits limits) : limits_(limits) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(YamlNode{.line = mark.line + 1, .column = mark.column + 1});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{mark, "aliases are not supported; write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    if (tag != "!" && tag != "?" && !tag.empty()) {
      throw Refused{mark, "tags are not supported; remove " + tag};
    }
    const bool quoted = tag == "!";
    const bool null = !quoted && (value == "null" || value == "~" || value.empty());
    add(YamlNode{.kind = null ? YamlNode::Kind::kNull : YamlNode::Kind::kScalar,
                 .line = mark.line + 1,
                 .column = mark.column + 1,
                 .text = value,
                 .quoted = quoted});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  YamlNode take() { return std::move(root_); }

 private:
  struct Open {
    YamlNode node;
    YamlNode key;
    bool has_key = false;
  };

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) throw Refused{mark, "anchors are not supported"};
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    if (tag != "?" && tag != "!" && !tag.empty()) {
      throw Refused{mark, "tags are not supported; remove " + tag};
    }
    if (open_.size() >= limits_.depth) {
      throw Refused{mark, fmt::format("nested deeper than {} levels", limits_.depth)};
    }
    if (!open_.empty() && wants_key(open_.back())) throw Refused{mark, "a key must be a text"};
    open_.push_back(
        {YamlNode{.kind = kind, .line = mark.line + 1, .column = mark.column + 1}, {}, false});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  static bool wants_key(const Open& open) {
    return open.node.kind == YamlNode::Kind::kMap && !open.has_key;
  }

  void add(YamlNode node) {
    if (++nodes_ > limits_.nodes) {
      throw Refused{mark_of(node), fmt::format("more than {} values", limits_.nodes)};
    }
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Open& parent = open_.back(); parent.node.kind == YamlNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      take_key(parent, std::move(node));
    } else {
      parent.node.members.emplace_back(std::move(parent.key), std::move(node));
      parent.has_key = false;
    }
  }

  static void take_key(Open& parent, YamlNode key) {
    if (key.kind != YamlNode::Kind::kScalar) throw Refused{mark_of(key), "a key must be a text"};
    if (const YamlNode* earlier = parent.node.find(key.text)) {
      throw Refused{mark_of(key),
                    fmt::format("'{}' is there twice, first in line {}", key.text, earlier->line)};
    }
    parent.key = std::move(key);
    parent.has_key = true;
  }

  static YAML::Mark mark_of(const YamlNode& node) {
    YAML::Mark mark;
    mark.line = node.line - 1;
    mark.column = node.column - 1;
    return mark;
  }

  YamlLimits limits_;
  std::vector<Open> open_;
  YamlNode root_;
  size_t nodes_ = 0;
};

Json scalar_to_json(const YamlNode& node) {
  if (node.quoted) return node.text;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  const char* end = node.text.data() + node.text.size();
  int64_t whole = 0;
  if (auto [stop, error] = std::from_chars(node.text.data(), end, whole);
      error == std::errc() && stop == end) {
    return whole;
  }
  double number = 0;
  const bool plain = node.text.find_first_not_of("0123456789+-.eE") == std::string::npos;
  if (auto [stop, error] = std::from_chars(node.text.data(), end, number);
      plain && error == std::errc() && stop == end) {
    return number;
  }
  return node.text;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name.text == key) return &value;
  }
  return nullptr;
}

Json YamlNode::to_json() const {
  switch (kind) {
    case Kind::kNull:
      return nullptr;
    case Kind::kScalar:
      return scalar_to_json(*this);
    case Kind::kList: {
      Json list = Json::array();
      for (const YamlNode& item : items) list.push_back(item.to_json());
      return list;
    }
    case Kind::kMap: {
      Json::Object object;
      for (const auto& [key, value] : members) object.emplace_back(key.text, value.to_json());
      return object;
    }
  }
  return nullptr;
}

Error yaml_error(std::string_view name, int line, int column, std::string_view message) {
  return invalid(fmt::format("{}:{}:{}: {}", name, line, column, message),
                 fmt::format("{}:{}", line, column));
}

Result<YamlNode> parse_yaml(std::string_view text, std::string_view name, YamlLimits limits) {
  if (text.size() > limits.bytes) {
    return Error{Code::kTooLarge,
                 fmt::format("{}: {} bytes, at most {} are read", name, text.size(), limits.bytes)};
  }
  if (!is_utf8(text)) return yaml_error(name, 1, 1, "not UTF-8");
  std::istringstream stream{std::string(text)};
  Builder builder(limits);
  try {
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) return YamlNode{};
    YamlNode root = builder.take();
    Builder second(limits);
    if (parser.HandleNextDocument(second)) {
      return yaml_error(name, 1, 1, "holds more than one document");
    }
    return root;
  } catch (const Refused& refused) {
    return yaml_error(name, refused.mark.line + 1, refused.mark.column + 1, refused.message);
  } catch (const YAML::Exception& error) {
    return yaml_error(name, error.mark.line + 1, error.mark.column + 1, error.msg);
  }
}

}  // namespace rapport
