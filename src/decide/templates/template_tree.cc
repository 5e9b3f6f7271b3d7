#include "decide/templates/template_tree.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace rapport::decide {
namespace {

using Node = Template::Node;
using Kind = Node::Kind;

constexpr size_t kMaxBytes = size_t{256} * 1024;
constexpr size_t kMaxTags = 10'000;
constexpr size_t kMaxDepth = 16;
constexpr size_t kMaxPath = 256;

// What all texts of one template share.
struct Budget {
  size_t bytes = kMaxBytes, tags = kMaxTags;
  std::vector<std::string_view> open_partials = {};
};

// A place in a text, moved forward only.
class Place {
 public:
  explicit Place(std::string_view text) : text_(text) {}

  std::string at(size_t offset) {
    for (; offset_ < offset; ++offset_) {
      const auto byte = static_cast<unsigned char>(text_[offset_]);
      if (byte == '\n') {
        ++line_;
        column_ = 1;
      } else if ((byte & 0xc0) != 0x80) {
        ++column_;
      }
    }
    return fmt::format("{}:{}", line_, column_);
  }

 private:
  std::string_view text_;
  size_t offset_ = 0, line_ = 1, column_ = 1;
};

struct Tag {
  char sign = 0;  // 0: a value; one of # ^ / ! > & {
  std::string_view name;
  size_t begin = 0, end = 0;
};

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::optional<std::vector<std::string>> names_of(std::string_view path) {
  std::vector<std::string> names;
  if (path == ".") return names;
  if (path.size() > kMaxPath) return std::nullopt;
  for (std::string_view name : split(path, '.')) {
    if (!is_name(name)) return std::nullopt;
    names.emplace_back(name);
  }
  return names;
}

std::string with_line_feeds(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out.push_back(text[i]);
  }
  return out;
}

// Reads one text: a template's own or a partial's.
class Reader {
 public:
  Reader(std::string_view text, std::string partial, const TemplateReading& reading, Budget& budget,
         size_t depth)
      : text_(text),
        partial_(std::move(partial)),
        reading_(reading),
        budget_(budget),
        depth_(depth),
        place_(text) {}

  Result<std::vector<Node>> read() {
    if (text_.size() > budget_.bytes)
      return fail(0, fmt::format("with its partials it is larger than {} KiB: shorten it.",
                                 kMaxBytes / 1024));
    budget_.bytes -= text_.size();
    while (at_ < text_.size()) {
      const size_t open = std::min(text_.find("{{", at_), text_.size());
      if (open == text_.size()) {
        add_text(at_, open);
        break;
      }
      TRY_ASSIGN(const Tag tag, tag_at(open));
      take_text_before(tag);
      TRY(take(tag));
    }
    if (!open_.empty()) {
      const Node& last = open_.back();
      return invalid(fmt::format("the section {} is not closed: write {{{{/{}}}}} where it ends.",
                                 last.text, last.text),
                     last.where);
    }
    return std::move(nodes_);
  }

 private:
  Error fail(size_t offset, const std::string& what) { return invalid(what, where(offset)); }
  std::string where(size_t offset) {
    const std::string place = place_.at(offset);
    return partial_.empty() ? place : partial_ + " " + place;
  }

  std::vector<Node>& siblings() { return open_.empty() ? nodes_ : open_.back().children; }

  void add_text(size_t begin, size_t end) {
    if (begin >= end) return;
    siblings().push_back(
        {.kind = Kind::kText, .text = std::string(text_.substr(begin, end - begin))});
  }

  Result<Tag> tag_at(size_t open) {
    const bool triple = text_.substr(open).starts_with("{{{");
    const std::string_view closing = triple ? "}}}" : "}}";
    const size_t inner = open + closing.size();
    const size_t close = text_.find(closing, inner);
    if (close == std::string_view::npos)
      return fail(open, fmt::format("the tag is not closed: write {} after its name.", closing));
    Tag tag{.sign = triple ? '{' : '\0', .name = {}, .begin = open, .end = close + closing.size()};
    std::string_view content = trim(text_.substr(inner, close - inner));
    constexpr std::string_view kSigns = "#^/!>&=";
    if (!triple && !content.empty() && kSigns.find(content.front()) != std::string_view::npos) {
      tag.sign = content.front();
      content = trim(content.substr(1));
    }
    tag.name = content;
    if (budget_.tags-- == 0)
      return fail(open,
                  fmt::format("with its partials it has more than {} tags: shorten it.", kMaxTags));
    return tag;
  }

  // The line break goes with a tag that stands alone on its line.
  void take_text_before(const Tag& tag) {
    const bool may_stand_alone = tag.sign != 0 && tag.sign != '{' && tag.sign != '&';
    size_t line = tag.begin, rest = tag.end;
    while (line > 0 && (text_[line - 1] == ' ' || text_[line - 1] == '\t')) --line;
    while (rest < text_.size() && (text_[rest] == ' ' || text_[rest] == '\t')) ++rest;
    const bool alone = may_stand_alone && (line == 0 || text_[line - 1] == '\n') &&
                       (rest == text_.size() || text_[rest] == '\n');
    add_text(at_, alone ? line : tag.begin);
    at_ = !alone ? tag.end : std::min(rest + 1, text_.size());
  }

  Result<void> take(const Tag& tag) {
    if (tag.sign == '!') return {};
    if (tag.sign == '=')
      return fail(tag.begin, "delimiters cannot be changed: write {{ and }} around names.");
    if (tag.sign == '>') return take_partial(tag);
    const auto names = names_of(tag.name);
    if (!names)
      return fail(tag.begin,
                  fmt::format("'{}' is no name: write letters, digits, _ and -, with dots between "
                              "the names of a path, {} characters at most.",
                              cut_utf8(tag.name, 60), kMaxPath));
    if (tag.sign == '/') return close(tag);
    Node node{.text = std::string(tag.name), .names = *names, .where = where(tag.begin)};
    if (tag.sign == '#' || tag.sign == '^') {
      if (depth_ + open_.size() >= kMaxDepth)
        return fail(tag.begin,
                    fmt::format("sections are nested more than {} deep: flatten them.", kMaxDepth));
      node.kind = tag.sign == '#' ? Kind::kSection : Kind::kInverted;
      open_.push_back(std::move(node));
      return {};
    }
    node.kind = tag.sign == 0 ? Kind::kValue : Kind::kRaw;
    if (node.kind == Kind::kRaw && reading_.raw == RawValues::kRefused)
      return fail(tag.begin,
                  fmt::format("{} would stand unescaped, which is not allowed here: write "
                              "{{{{{}}}}}.",
                              tag.name, tag.name));
    siblings().push_back(std::move(node));
    return {};
  }

  Result<void> close(const Tag& tag) {
    if (open_.empty())
      return fail(
          tag.begin,
          fmt::format("{{{{/{}}}}} closes a section that is not open: remove it.", tag.name));
    if (open_.back().text != tag.name)
      return fail(tag.begin, fmt::format("{{{{/{}}}}} stands where the section {} must be closed "
                                         "first: write {{{{/{}}}}}.",
                                         tag.name, open_.back().text, open_.back().text));
    Node node = std::move(open_.back());
    open_.pop_back();
    siblings().push_back(std::move(node));
    return {};
  }

  Result<void> take_partial(const Tag& tag) {
    if (reading_.partials == nullptr)
      return fail(tag.begin, "there are no partials here: write the text in its place.");
    const auto found = reading_.partials->find(tag.name);
    if (found == reading_.partials->end()) return unknown_partial(tag);
    auto& chain = budget_.open_partials;
    const std::string_view name = found->first;
    if (std::find(chain.begin(), chain.end(), name) != chain.end())
      return fail(tag.begin, fmt::format("the partial {} includes itself: {} > {}.", name,
                                         fmt::join(chain, " > "), name));
    if (chain.size() == kMaxDepth)
      return fail(tag.begin, fmt::format("partials are nested more than {} deep.", kMaxDepth));
    if (!is_utf8(found->second))
      return fail(tag.begin, fmt::format("the partial {} is not UTF-8.", name));
    chain.push_back(name);
    const std::string text = with_line_feeds(found->second);
    Reader inner(text, std::string(name), reading_, budget_, depth_ + open_.size());
    TRY_ASSIGN(std::vector<Node> nodes, inner.read());
    chain.pop_back();
    std::move(nodes.begin(), nodes.end(), std::back_inserter(siblings()));
    return {};
  }

  Error unknown_partial(const Tag& tag) {
    std::vector<std::string_view> known;
    for (const auto& [name, text] : *reading_.partials) known.push_back(name);
    const auto near = nearest(tag.name, known);
    return fail(tag.begin, fmt::format("there is no partial '{}'{}", cut_utf8(tag.name, 60),
                                       near ? fmt::format(": did you mean '{}'?", *near) : "."));
  }

  std::string_view text_;
  std::string partial_;
  const TemplateReading& reading_;
  Budget& budget_;
  size_t depth_;
  Place place_;
  size_t at_ = 0;
  std::vector<Node> nodes_;
  std::vector<Node> open_;
};

}  // namespace

Result<std::vector<Template::Node>> read_template_tree(std::string_view text,
                                                       const TemplateReading& reading) {
  if (!is_utf8(text)) return invalid("the text is not UTF-8.", "1:1");
  const std::string own = with_line_feeds(text);
  Budget budget;
  return Reader(own, {}, reading, budget, 0).read();
}

}  // namespace rapport::decide
