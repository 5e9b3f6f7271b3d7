#include "expr/parser_words.h"

#include <vector>

#include "base/text.h"

namespace rapport::expr {
namespace {

constexpr Operator kBinary[] = {
    {"==", "_==_", 0}, {"!=", "_!=_", 0}, {"<", "_<_", 0},  {"<=", "_<=_", 0},
    {">", "_>_", 0},   {">=", "_>=_", 0}, {"in", "@in", 0}, {"+", "_+_", 1},
    {"-", "_-_", 1},   {"*", "_*_", 2},   {"/", "_/_", 2},  {"%", "_%_", 2},
};

struct Slip {
  std::string_view written;
  std::string_view meant;
};
constexpr Slip kOperatorWords[] = {
    {"and", "&&"},
    {"or", "||"},
    {"is", "=="},
    {"eq", "=="},
    {"equals", "=="},
    {"ne", "!="},
    {"gt", ">"},
    {"ge", ">="},
    {"lt", "<"},
    {"le", "<="},
    {"mod", "%"},
    {"contains", ".contains(…)"},
    {"then", "? … :"},
    {"matches", ".matches(…)"},
    {"like", ".matches(…)"},
    {"startsWith", ".startsWith(…)"},
    {"endsWith", ".endsWith(…)"},
    {"not", "!"},
};

}  // namespace

const Operator* find_binary(std::string_view sign) {
  for (const Operator& known : kBinary) {
    if (known.sign == sign) return &known;
  }
  return nullptr;
}

const Operator* find_function_operator(std::string_view function) {
  for (const Operator& known : kBinary) {
    if (known.function == function) return &known;
  }
  return nullptr;
}

std::string_view operator_meant(std::string_view word) {
  for (const Slip& slip : kOperatorWords) {
    if (equals_ignoring_case(slip.written, word)) return slip.meant;
  }
  return {};
}

std::string shown_word(std::string_view word) {
  constexpr size_t kMost = 40;
  const std::string_view start = cut_utf8(word, kMost);
  return "'" + std::string(start) + (start.size() < word.size() ? "…'" : "'");
}

size_t first_wrong_byte(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    size_t length = 1;
    while (at + length < text.size() && (text[at + length] & 0xC0) == 0x80) length++;
    if (!is_utf8(text.substr(at, length))) break;
    at += length;
  }
  return at;
}

bool is_name_chain(const Ast& ast, NodeId id) {
  while (ast.kind(id) == NodeKind::kSelect && !ast.node(id).optional) id = ast.child(id, 0);
  return ast.kind(id) == NodeKind::kName;
}

bool starts_with_dot(const Ast& ast, NodeId id) {
  while (ast.kind(id) == NodeKind::kSelect) id = ast.child(id, 0);
  return ast.node(id).leading_dot;
}

std::string joined_name(const Ast& ast, NodeId id) {
  std::vector<std::string_view> words;
  for (; ast.kind(id) == NodeKind::kSelect; id = ast.child(id, 0)) words.push_back(ast.text(id));
  std::string name(ast.text(id));
  for (; !words.empty(); words.pop_back()) name.append(".").append(words.back());
  return name;
}

}  // namespace rapport::expr
