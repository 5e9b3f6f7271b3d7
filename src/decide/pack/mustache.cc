#include "decide/pack/mustache.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace rapport::decide {
namespace {

constexpr size_t kDeepest = 16;

bool is_name(std::string_view text) {
  if (text == ".") return true;
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class MustacheReader {
 public:
  explicit MustacheReader(std::string_view text) : text_(text) {}

  MustacheRead read() {
    open_.push_back(&read_.mustache.parts);
    while (at_ < text_.size() && !read_.problem) {
      const size_t tag = text_.find("{{", at_);
      if (tag == std::string_view::npos) {
        add_text(text_.size());
        break;
      }
      add_text(tag);
      read_tag();
    }
    if (!read_.problem && !sections_.empty()) {
      const auto& [name, line, column] = sections_.back();
      problem_at(
          fmt::format("{{{{#{}}}}} is not closed; write {{{{/{}}}}} where it ends", name, name),
          line, column);
    }
    if (read_.problem) read_.mustache = {};
    return std::move(read_);
  }

 private:
  struct Opened {
    std::string name;
    int line = 1, column = 1;
  };

  void problem_at(std::string message, int line, int column) {
    if (!read_.problem) read_.problem = MustacheProblem{std::move(message), line, column};
  }
  void problem(std::string message) { problem_at(std::move(message), line_, column_); }

  void advance(size_t end) {
    for (; at_ < end; at_++) {
      if (text_[at_] == '\n') {
        line_++;
        column_ = 1;
      } else if ((static_cast<unsigned char>(text_[at_]) & 0xC0) != 0x80) {
        column_++;
      }
    }
  }

  void add_text(size_t end) {
    if (end > at_) {
      open_.back()->push_back(
          {Mustache::Kind::kText, std::string(text_.substr(at_, end - at_)), line_, column_, {}});
    }
    advance(end);
  }

  void read_tag() {
    const bool raw = text_.substr(at_).starts_with("{{{");
    const std::string_view close = raw ? "}}}" : "}}";
    const size_t begin = at_ + close.size();
    // A comment may hold whatever does not close it.
    const size_t end = text_.find(close, begin);
    if (end == std::string_view::npos) {
      return problem(
          fmt::format("'{}' is not closed; write '{}' behind the name", raw ? "{{{" : "{{", close));
    }
    std::string_view inside = trim(text_.substr(begin, end - begin));
    const char sigil = raw || inside.empty() ? ' ' : inside[0];
    if (std::string_view("#^/!>=&<$").find(sigil) != std::string_view::npos) {
      inside = trim(inside.substr(1));
    } else if (!raw && !inside.empty()) {
      take_value(Mustache::Kind::kValue, inside);
      return advance(end + close.size());
    }
    take_tag(sigil, inside, end + close.size());
  }

  void take_tag(char sigil, std::string_view name, size_t end) {
    switch (sigil) {
      case ' ':
      case '&':
        take_value(Mustache::Kind::kRawValue, name);
        return advance(end);
      case '#':
      case '^':
        return take_section(sigil, name, end);
      case '/':
        return close_section(name, end);
      case '!':
        return take_alone(end);
      default:
        return problem(fmt::format(
            "'{{{{{}' is not supported: a template has values, sections and comments only", sigil));
    }
  }

  bool check_name(std::string_view name) {
    if (is_name(name)) return true;
    problem(
        fmt::format("'{}' must be a name of lower-case letters, digits and '_', 64 at most, or "
                    "'.' for the item of a list",
                    name));
    return false;
  }

  void take_value(Mustache::Kind kind, std::string_view name) {
    if (!check_name(name)) return;
    open_.back()->push_back({kind, std::string(name), line_, column_, {}});
  }

  void take_section(char sigil, std::string_view name, size_t end) {
    if (!check_name(name)) return;
    if (sections_.size() == kDeepest) {
      return problem(fmt::format("sections stand {} deep at most", kDeepest));
    }
    const auto kind = sigil == '#' ? Mustache::Kind::kSection : Mustache::Kind::kInverted;
    sections_.push_back({std::string(name), line_, column_});
    Mustache::Part section{kind, std::string(name), line_, column_, {}};
    take_alone(end);
    open_.back()->push_back(std::move(section));
    open_.push_back(&open_.back()->back().parts);
  }

  void close_section(std::string_view name, size_t end) {
    if (sections_.empty()) {
      return problem(fmt::format("'{{{{/{}}}}}' closes a section that was not begun", name));
    }
    if (sections_.back().name != name) {
      return problem(fmt::format("'{{{{/{}}}}}' stands where '{{{{/{}}}}}' must", name,
                                 sections_.back().name));
    }
    take_alone(end);
    sections_.pop_back();
    open_.pop_back();
  }

  // A tag that stands alone on its line takes the line with it.
  void take_alone(size_t end) {
    size_t from = at_;
    while (from > 0 && (text_[from - 1] == ' ' || text_[from - 1] == '\t')) from--;
    size_t to = end;
    while (to < text_.size() && (text_[to] == ' ' || text_[to] == '\t' || text_[to] == '\r')) to++;
    const bool begins = from == 0 || text_[from - 1] == '\n';
    const bool ends = to == text_.size() || text_[to] == '\n';
    if (!begins || !ends) return advance(end);
    cut_blanks(at_ - from);
    advance(std::min(to + 1, text_.size()));
  }

  // Takes back that many bytes of blanks, which were added as text before the tag.
  void cut_blanks(size_t count) {
    auto& parts = *open_.back();
    if (count == 0 || parts.empty() || parts.back().kind != Mustache::Kind::kText) return;
    std::string& text = parts.back().text;
    text.resize(text.size() - std::min(count, text.size()));
    if (text.empty()) parts.pop_back();
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1, column_ = 1;
  MustacheRead read_;
  // Only the innermost list grows while it is open, so the others stay where they are.
  std::vector<std::vector<Mustache::Part>*> open_;
  std::vector<Opened> sections_;
};

void visit_names(const std::vector<Mustache::Part>& parts, std::vector<std::string_view>& sections,
                 const VisitName& visit) {
  for (const Mustache::Part& part : parts) {
    if (part.kind == Mustache::Kind::kText) continue;
    visit(part, sections);
    const bool nested = part.kind == Mustache::Kind::kSection;
    if (nested) sections.push_back(part.text);
    visit_names(part.parts, sections, visit);
    if (nested) sections.pop_back();
  }
}

}  // namespace

MustacheRead read_mustache(std::string_view text) {
  return MustacheReader(text).read();
}

void each_name(const Mustache& mustache, const VisitName& visit) {
  std::vector<std::string_view> sections;
  visit_names(mustache.parts, sections, visit);
}

}  // namespace rapport::decide
