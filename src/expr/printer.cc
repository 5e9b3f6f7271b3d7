#include "expr/printer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include "expr/lexer.h"
#include "expr/macros.h"
#include "expr/parser_words.h"

namespace rapport::expr {
namespace {

// How tightly a node holds together; relations, sums and products lie between.
constexpr int kConditional = 0;
constexpr int kOr = 1;
constexpr int kAnd = 2;
constexpr int kRelation = 3;
constexpr int kUnary = 6;
constexpr int kMember = 7;

bool is_number(const Node& node) {
  return node.kind == NodeKind::kInt || node.kind == NodeKind::kUint ||
         node.kind == NodeKind::kDouble;
}

bool is_negative(const Node& node) {
  if (node.kind == NodeKind::kInt) return node.int_value < 0;
  return node.kind == NodeKind::kDouble && std::signbit(node.double_value);
}

std::string double_text(double value) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.begin(), buffer.end(), value).ptr;
  std::string text(buffer.begin(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

bool is_plain_name(std::string_view word) {
  if (word.empty() || is_keyword(word) || (word[0] >= '0' && word[0] <= '9')) return false;
  return word.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
         std::string_view::npos;
}

std::string field_name(std::string_view word) {
  if (is_plain_name(word)) return std::string(word);
  return "`" + std::string(word) + "`";
}

std::string escaped(std::string_view text, bool bytes) {
  const char quote =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos ? '"'
                                                                                            : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr std::string_view kSpecial = "\n\r\t\\";
    constexpr std::string_view kLetters = "nrt\\";
    if (const size_t n = kSpecial.find(c); n != std::string_view::npos) {
      out.append("\\").append(1, kLetters[n]);
    } else if (c == quote) {
      out.append("\\").append(1, c);
    } else if (byte < 0x20 || byte == 0x7F || (bytes && byte >= 0x80)) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out.append("\\x").append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
    } else {
      out += c;
    }
  }
  return out += quote;
}

class Printer {
 public:
  explicit Printer(const Ast& ast) : ast_(ast) {}

  std::string print(NodeId id) {
    any(id, kConditional);
    return std::move(out_);
  }

 private:
  int level(NodeId id) const;
  void any(NodeId id, int least);
  void bare(NodeId id);
  void literal(const Node& node, NodeId id);
  void operand(NodeId id);
  void call(NodeId id);
  void arguments(std::span<const NodeId> ids);
  void joined(NodeId id, std::string_view sign, int least);
  void macro(NodeId id);

  const Ast& ast_;
  std::string out_;
};

int Printer::level(NodeId id) const {
  const Node& node = ast_.node(id);
  switch (node.kind) {
    case NodeKind::kConditional:
      return kConditional;
    case NodeKind::kOr:
      return kOr;
    case NodeKind::kAnd:
      return kAnd;
    case NodeKind::kCall: {
      if (node.method) return kMember;
      const std::string_view name = ast_.text(id);
      if (name == "!_" || name == "-_") return kUnary;
      const Operator* binary = find_function_operator(name);
      return binary ? kRelation + binary->level : kMember;
    }
    default:
      return is_number(node) && is_negative(node) ? kUnary : kMember;
  }
}

void Printer::any(NodeId id, int least) {
  const bool wrapped = level(id) < least || ast_.node(id).grouped;
  if (wrapped) out_ += '(';
  bare(id);
  if (wrapped) out_ += ')';
}

// Before `.` or `[`. A number stands in parentheses, so that a sign before it stays outside.
void Printer::operand(NodeId id) {
  any(id, is_number(ast_.node(id)) ? kMember + 1 : kMember);
}

void Printer::literal(const Node& node, NodeId id) {
  switch (node.kind) {
    case NodeKind::kBool:
      out_ += node.bool_value ? "true" : "false";
      return;
    case NodeKind::kInt:
      out_ += std::to_string(node.int_value);
      return;
    case NodeKind::kUint:
      out_ += std::to_string(node.uint_value) + "u";
      return;
    case NodeKind::kDouble:
      out_ += double_text(node.double_value);
      return;
    case NodeKind::kString:
      out_ += quoted_text(ast_.text(id));
      return;
    case NodeKind::kBytes:
      out_ += quoted_bytes(ast_.text(id));
      return;
    default:
      out_ += "null";
  }
}

void Printer::bare(NodeId id) {
  const Node& node = ast_.node(id);
  const auto text = ast_.text(id);
  const auto children = ast_.children(id);
  const std::string_view question = node.optional ? "?" : "";
  switch (node.kind) {
    case NodeKind::kName:
      out_.append(node.leading_dot ? "." : "").append(text);
      return;
    case NodeKind::kSelect:
      operand(children[0]);
      out_.append(".").append(question).append(field_name(text));
      return;
    case NodeKind::kHas:
      out_ += "has(";
      operand(children[0]);
      out_.append(".").append(field_name(text)).append(")");
      return;
    case NodeKind::kCall:
      return call(id);
    case NodeKind::kAnd:
      return joined(id, " && ", kAnd + 1);
    case NodeKind::kOr:
      return joined(id, " || ", kOr + 1);
    case NodeKind::kConditional:
      any(children[0], kOr);
      out_ += " ? ";
      any(children[1], kOr);
      out_ += " : ";
      any(children[2], kConditional);
      return;
    case NodeKind::kIndex:
      operand(children[0]);
      out_.append("[").append(question);
      any(children[1], kConditional);
      out_ += ']';
      return;
    case NodeKind::kList:
      out_ += '[';
      arguments(children);
      out_ += ']';
      return;
    case NodeKind::kOptionalItem:
      out_ += '?';
      return any(children[0], kConditional);
    case NodeKind::kMap:
      out_ += '{';
      arguments(children);
      out_ += '}';
      return;
    case NodeKind::kEntry:
      out_ += question;
      any(children[0], kConditional);
      out_ += ": ";
      return any(children[1], kConditional);
    case NodeKind::kObject:
      out_.append(node.leading_dot ? "." : "").append(text).append("{");
      arguments(children);
      out_ += '}';
      return;
    case NodeKind::kField:
      out_.append(question).append(field_name(text)).append(": ");
      return any(children[0], kConditional);
    case NodeKind::kComprehension:
    case NodeKind::kBind:
    case NodeKind::kOptMap:
      return macro(id);
    default:
      return literal(node, id);
  }
}

void Printer::arguments(std::span<const NodeId> ids) {
  for (size_t i = 0; i < ids.size(); i++) {
    if (i > 0) out_ += ", ";
    any(ids[i], kConditional);
  }
}

void Printer::joined(NodeId id, std::string_view sign, int least) {
  const auto children = ast_.children(id);
  for (size_t i = 0; i < children.size(); i++) {
    if (i > 0) out_ += sign;
    any(children[i], least);
  }
}

void Printer::call(NodeId id) {
  const Node& node = ast_.node(id);
  const std::string_view name = ast_.text(id);
  auto children = ast_.children(id);
  if (!node.method && (name == "!_" || name == "-_")) {
    out_ += name[0];
    const Node& inner = ast_.node(children[0]);
    // `-1` is a literal, `-(1)` is not.
    const bool literal = name == "-_" && is_number(inner) && inner.kind != NodeKind::kUint;
    return any(children[0], literal ? kMember + 1 : kUnary);
  }
  const Operator* binary = node.method ? nullptr : find_function_operator(name);
  if (binary != nullptr) {
    any(children[0], kRelation + binary->level);
    out_.append(" ").append(binary->sign).append(" ");
    return any(children[1], kRelation + binary->level + 1);
  }
  if (node.method) {
    operand(children[0]);
    children = children.subspan(1);
  }
  out_.append(node.method || node.leading_dot ? "." : "").append(name).append("(");
  arguments(children);
  out_ += ')';
}

void Printer::macro(NodeId id) {
  const Node& node = ast_.node(id);
  auto children = ast_.children(id);
  if (node.kind == NodeKind::kBind) {
    out_ += "cel.bind(";
  } else {
    operand(children[0]);
    children = children.subspan(1);
    out_.append(".").append(macro_name(node)).append("(");
  }
  out_ += ast_.text(id);
  if (!ast_.second_text(id).empty()) out_.append(", ").append(ast_.second_text(id));
  out_ += ", ";
  arguments(children);
  out_ += ')';
}

}  // namespace

std::string quoted_text(std::string_view text) {
  return escaped(text, false);
}
std::string quoted_bytes(std::string_view bytes) {
  return "b" + escaped(bytes, true);
}

std::string print(const Ast& ast, NodeId id) {
  return id == kNoNode ? std::string() : Printer(ast).print(id);
}
std::string print(const Ast& ast) {
  return print(ast, ast.root());
}

}  // namespace rapport::expr
