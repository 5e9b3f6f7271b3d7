#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"
#include "decide/templates/template_tree.h"

namespace rapport::decide {
namespace {

using Node = Template::Node;
using Kind = Node::Kind;

constexpr size_t kMaxOutput = size_t{1024} * 1024;
constexpr size_t kMaxSteps = 1'000'000;
constexpr size_t kMaxNamed = 20;  // of what is missing

bool is_blank(std::string_view text) {
  return trim(text).empty();
}

bool leaves_out(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_bool()) return !value->as_bool();
  if (value->is_string()) return is_blank(value->as_string());
  if (value->is_array()) return value->as_array().empty();
  return value->is_object() && value->as_object().empty();
}

// Bytes of the control character or line separator that begins here; 0: none does.
size_t control_at(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && text.size() > 1 && byte(1) < 0xa0) return 2;  // U+0080 to U+009F
  if (text.starts_with("\u2028") || text.starts_with("\u2029")) return 3;
  return 0;
}

std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t control = control_at(text);
    if (control == 0 || text[0] == '\n' || text[0] == '\t') {
      out.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    const bool breaks = control == 3 || (text[0] == '\r' && !text.substr(1).starts_with('\n'));
    if (breaks) out.push_back('\n');
    text.remove_prefix(control);
  }
  return out;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space = false;
  while (!text.empty()) {
    if (const size_t control = control_at(text)) {
      space = true;
      text.remove_prefix(control);
      continue;
    }
    if (space && text[0] != ' ' && !out.empty() && out.back() != ' ') out.push_back(' ');
    space = false;
    out.push_back(text[0]);
    text.remove_prefix(1);
  }
  return std::string(trim(out));
}

std::string_view reference_for(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '`':
      return "&#96;";
    default:
      return {};
  }
}

class Renderer {
 public:
  Renderer(const Json& context, TemplateForm form) : form_(form), stack_{&context} {}

  // False: over a limit.
  bool run(const std::vector<Node>& nodes) {
    for (const Node& node : nodes) {
      if (++steps_ > kMaxSteps || out.size() > kMaxOutput) return false;
      switch (node.kind) {
        case Kind::kText:
          out += node.text;
          break;
        case Kind::kValue:
        case Kind::kRaw:
          put(node);
          break;
        case Kind::kInverted:
          if (leaves_out(find(node)) && !run(node.children)) return false;
          break;
        case Kind::kSection:
          if (!run_section(node)) return false;
      }
    }
    return out.size() <= kMaxOutput;
  }

  std::string out;
  struct Missing {
    std::string key, path, words;
  };
  std::vector<Missing> missing;  // each place of sections once

 private:
  const Json* find(const Node& node) const {
    if (node.names.empty()) return stack_.back();
    const Json* value = nullptr;
    for (size_t i = stack_.size(); i-- > 0 && value == nullptr;)
      value = stack_[i]->find(node.names.front());
    for (size_t i = 1; i < node.names.size() && value != nullptr; ++i)
      value = value->find(node.names[i]);
    return value;
  }

  bool run_section(const Node& node) {
    const Json* value = find(node);
    if (leaves_out(value)) return true;
    if (!value->is_array()) return run_with(node, *value, 0);
    size_t number = 0;
    for (const Json& item : value->as_array())
      if (!run_with(node, item, ++number)) return false;
    return true;
  }

  bool run_with(const Node& node, const Json& item, size_t number) {
    stack_.push_back(&item);
    around_.push_back({node.text, number});
    const bool went = run(node.children);
    around_.pop_back();
    stack_.pop_back();
    return went;
  }

  void put(const Node& node) {
    const Json* value = find(node);
    if (value == nullptr || value->is_null()) return lacks(node, "");
    if (value->is_int()) {
      out += std::to_string(value->as_int());
    } else if (value->is_double()) {
      out += fmt::format("{}", value->as_double());
    } else if (!value->is_string()) {
      lacks(node, value->is_bool() ? "a truth value" : value->is_array() ? "a list" : "an object");
    } else if (is_blank(value->as_string())) {
      lacks(node, "empty");
    } else if (!is_utf8(value->as_string())) {
      lacks(node, "not UTF-8");
    } else {
      put_text(value->as_string(), node.kind);
    }
  }

  void put_text(std::string_view text, Kind kind) {
    const bool escaped = form_ == TemplateForm::kHtml && kind == Kind::kValue;
    // A line is made of the whole text at the end.
    out += escaped                        ? escape_html(text)
           : form_ == TemplateForm::kLine ? std::string(text)
                                          : without_controls(text);
  }

  void lacks(const Node& node, std::string_view why) {
    std::string key;
    for (const Around& around : around_) key += fmt::format("{}/", around.path);
    key += node.text;
    const auto same = [&](const Missing& other) { return other.key == key; };
    if (std::any_of(missing.begin(), missing.end(), same)) return;
    std::vector<std::string> notes;
    if (!why.empty()) notes.emplace_back(why);
    if (!around_.empty()) {
      const auto& [path, number] = around_.back();
      notes.push_back(number == 0 ? "in " + path : fmt::format("in {}, item {}", path, number));
    }
    std::string words = node.text == "." ? "the item itself" : node.text;
    if (!notes.empty()) words += fmt::format(" ({})", fmt::join(notes, ", "));
    missing.push_back({std::move(key), node.text, std::move(words)});
  }

  struct Around {
    std::string path;
    size_t number;  // of the item of a list, from 1
  };
  TemplateForm form_;
  std::vector<const Json*> stack_;
  std::vector<Around> around_;
  size_t steps_ = 0;
};

Error lacking(const std::string& name, const Renderer& done) {
  std::string words, paths;
  for (size_t i = 0; i < done.missing.size(); ++i) {
    if (i < kMaxNamed) words += (i == 0 ? "" : ", ") + done.missing[i].words;
    paths += (i == 0 ? "" : ", ") + done.missing[i].path;
  }
  if (done.missing.size() > kMaxNamed)
    words += fmt::format(" and {} more", done.missing.size() - kMaxNamed);
  return invalid(fmt::format("{} needs values that are not there: {}. Give them, or let a section "
                             "leave the part out.",
                             name, words),
                 paths);
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (char c : without_controls(text)) {
    const std::string_view reference = reference_for(c);
    if (reference.empty()) {
      out.push_back(c);
    } else {
      out += reference;
    }
  }
  return out;
}

Result<std::string> Template::render(const Json& context, TemplateForm form) const {
  Renderer renderer(context, form);
  if (!renderer.run(content_->nodes))
    return Error{Code::kTooLarge, fmt::format("{} becomes larger than {} KiB with these values: "
                                              "shorten its lists.",
                                              content_->name, kMaxOutput / 1024)};
  if (!renderer.missing.empty()) return lacking(content_->name, renderer);
  return form == TemplateForm::kLine ? on_one_line(renderer.out) : std::move(renderer.out);
}

}  // namespace rapport::decide
