#include "expr/parser.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "base/text.h"
#include "expr/lexer.h"
#include "expr/macros.h"
#include "expr/parser_words.h"

namespace rapport::expr {
namespace {

constexpr uint64_t kIntMagnitude = uint64_t{1} << 63;

// Recursive descent. Every function returns the node it read, or kNoNode after fail().
class Parser {
 public:
  Parser(std::string_view source, const ParseOptions& options)
      : source_(source), options_(options), lexer_(source), ast_(std::string(source)) {}

  Parsed run();

 private:
  // Grammar, weakest first.
  NodeId expression();
  NodeId logic(bool any);
  NodeId binary(int level);
  NodeId unary();
  NodeId member(NodeId operand, uint32_t begin, bool grouped);
  NodeId primary(bool& grouped);
  NodeId name(bool leading_dot, uint32_t begin);
  NodeId literal(bool negative, uint32_t begin);
  NodeId integer(bool negative, uint32_t begin);
  NodeId text_literal();
  NodeId list();
  NodeId map();
  NodeId entry();
  NodeId object(NodeId type, uint32_t begin);
  NodeId field();
  NodeId select(NodeId operand, uint32_t begin);
  NodeId index(NodeId operand, uint32_t begin);
  // The rest of a list up to `close`, a trailing comma allowed where `trailing`.
  bool items(std::vector<NodeId>& into, NodeId (Parser::*item)(), std::string_view close,
             bool trailing);
  NodeId list_item();

  // Calls and macros.
  NodeId call(NodeId receiver, const Token& name, bool leading_dot, uint32_t begin);
  NodeId plain_call(NodeId receiver, const Token& name, bool leading_dot, uint32_t begin,
                    std::vector<NodeId> arguments);
  NodeId has(uint32_t begin, NodeId argument);
  NodeId bind(const Token& name, uint32_t begin, const std::vector<NodeId>& arguments);
  NodeId loop(const MacroForm& form, NodeId receiver, const Token& name, uint32_t begin,
              const std::vector<NodeId>& arguments);
  bool is_variable(NodeId node, std::string_view macro);

  // Words.
  void advance() {
    last_ = token_;
    token_ = lexer_.next();
  }
  std::string_view text(const Token& token) const {
    return source_.substr(token.begin, token.end - token.begin);
  }
  bool at(std::string_view symbol) const {
    return token_.kind == TokenKind::kSymbol && text(token_) == symbol;
  }
  bool at_word(std::string_view word) const {
    return token_.kind == TokenKind::kName && text(token_) == word;
  }
  bool take(std::string_view symbol) {
    if (!at(symbol)) return false;
    advance();
    return true;
  }
  bool close(std::string_view symbol, const Token& open);

  // Nodes, within the limits.
  NodeId add(Node node, std::span<const NodeId> children, uint32_t begin);
  Node node(NodeKind kind, uint32_t at) {
    Node made;
    made.kind = kind;
    made.at = at;
    return made;
  }
  struct Nesting {
    explicit Nesting(Parser& parser) : parser(parser) { parser.nesting_++; }
    ~Nesting() { parser.nesting_--; }
    Parser& parser;
  };

  NodeId fail(size_t at, std::string message, std::string suggestion = {});
  NodeId fail_too_deep();
  NodeId unexpected(std::string_view expected);

  std::string_view source_;
  const ParseOptions& options_;
  Lexer lexer_;
  Ast ast_;
  Token token_;
  Token last_;
  uint32_t nesting_ = 0;
  struct Size {
    uint16_t height = 1;  // nodes on the longest path down
    uint16_t loops = 0;   // macros with a body within each other
  };
  std::vector<Size> sizes_;  // by node
  std::vector<Problem> problems_;
};

NodeId Parser::fail(size_t at, std::string message, std::string suggestion) {
  if (problems_.empty()) {
    problems_.push_back({std::move(message), position_of(source_, at), std::move(suggestion)});
  }
  return kNoNode;
}

NodeId Parser::fail_too_deep() {
  return fail(token_.begin, "the expression nests deeper than " +
                                std::to_string(options_.limits.depth) +
                                " levels; split it into several");
}

NodeId Parser::unexpected(std::string_view expected) {
  if (token_.kind == TokenKind::kWrong) {
    const LexicalFault& fault = lexer_.fault();
    return fail(fault.at, fault.message, fault.suggestion);
  }
  if (token_.kind == TokenKind::kEnd) {
    return fail(token_.begin, "expected " + std::string(expected) + ", found the end of the text");
  }
  const bool after_operand = last_.kind != TokenKind::kSymbol || text(last_) == ")" ||
                             text(last_) == "]" || text(last_) == "}";
  if (after_operand && text(last_) == "not") {
    return fail(last_.begin, "unknown operator 'not'", "!");
  }
  const std::string_view word = text(token_);
  const std::string_view meant = after_operand ? operator_meant(word) : std::string_view();
  return fail(token_.begin, "expected " + std::string(expected) + ", found " + shown_word(word),
              std::string(meant));
}

bool Parser::close(std::string_view symbol, const Token& open) {
  if (take(symbol)) return true;
  const Position opened = position_of(source_, open.begin);
  unexpected("'" + std::string(symbol) + "' to close the '" + std::string(text(open)) +
             "' of line " + std::to_string(opened.line) + ", column " +
             std::to_string(opened.column));
  return false;
}

NodeId Parser::add(Node node, std::span<const NodeId> children, uint32_t begin) {
  if (ast_.size() >= options_.limits.nodes) {
    return fail(begin, "the expression has more than " + std::to_string(options_.limits.nodes) +
                           " parts; split it into several");
  }
  Size size;
  for (const NodeId child : children) {
    size.height = std::max<uint16_t>(size.height, sizes_[child].height + 1);
    const bool body = node.kind == NodeKind::kComprehension && child != children[0];
    size.loops = std::max<uint16_t>(size.loops, sizes_[child].loops + (body ? 1 : 0));
  }
  if (size.height > options_.limits.depth) return fail_too_deep();
  if (size.loops > options_.limits.loops) {
    return fail(node.at, "loops within loops: more than " + std::to_string(options_.limits.loops));
  }
  node.begin = begin;
  node.end = std::max(last_.end, begin);
  sizes_.push_back(size);
  return ast_.add(node, children);
}

Parsed Parser::run() {
  const size_t limit = options_.limits.bytes;
  if (source_.size() > limit) {
    fail(0, "the expression is longer than " + std::to_string(limit) + " bytes");
  } else if (!is_utf8(source_)) {
    fail(first_wrong_byte(source_), "the expression is not UTF-8");
  } else {
    advance();
    if (token_.kind == TokenKind::kEnd) {
      fail(0, "the expression is empty");
    } else if (expression() != kNoNode && token_.kind != TokenKind::kEnd) {
      unexpected("an operator or the end of the text");
    }
  }
  if (!problems_.empty()) return {.ast = {}, .problems = std::move(problems_)};
  return {.ast = std::move(ast_), .problems = {}};
}

NodeId Parser::expression() {
  if (nesting_ >= options_.limits.depth) return fail_too_deep();
  const Nesting nesting(*this);
  const uint32_t begin = token_.begin;
  const NodeId condition = logic(true);
  if (condition == kNoNode || !at("?")) return condition;
  const Token question = token_;
  advance();
  const NodeId then = logic(true);
  if (then == kNoNode) return kNoNode;
  if (!take(":")) return unexpected("':' and what holds otherwise");
  const NodeId otherwise = expression();
  if (otherwise == kNoNode) return kNoNode;
  const NodeId children[] = {condition, then, otherwise};
  return add(node(NodeKind::kConditional, question.begin), children, begin);
}

NodeId Parser::logic(bool any) {
  const std::string_view sign = any ? "||" : "&&";
  const uint32_t begin = token_.begin;
  const auto operand = [&] { return any ? logic(false) : binary(0); };
  NodeId first = operand();
  if (first == kNoNode || !at(sign)) return first;
  const uint32_t place = token_.begin;
  std::vector<NodeId> children = {first};
  while (take(sign)) {
    children.push_back(operand());
    if (children.back() == kNoNode) return kNoNode;
  }
  return add(node(any ? NodeKind::kOr : NodeKind::kAnd, place), children, begin);
}

NodeId Parser::binary(int level) {
  const uint32_t begin = token_.begin;
  NodeId left = unary();
  while (left != kNoNode &&
         (token_.kind == TokenKind::kSymbol || token_.kind == TokenKind::kName)) {
    const Operator* found = find_binary(text(token_));
    if (found == nullptr || found->level < level) break;
    const uint32_t place = token_.begin;
    advance();
    const NodeId right = binary(found->level + 1);
    if (right == kNoNode) return kNoNode;
    Node made = node(NodeKind::kCall, place);
    made.text = ast_.add_text(found->function);
    const NodeId children[] = {left, right};
    left = add(made, children, begin);
  }
  return left;
}

NodeId Parser::unary() {
  std::vector<Token> signs;
  while (at("!") || at("-")) {
    signs.push_back(token_);
    if (signs.size() > options_.limits.depth) return fail_too_deep();
    advance();
    if (text(last_) == "-" &&
        (token_.kind == TokenKind::kInt || token_.kind == TokenKind::kDouble)) {
      break;
    }
  }
  NodeId operand = kNoNode;
  const bool negative = !signs.empty() && text(signs.back()) == "-" &&
                        (token_.kind == TokenKind::kInt || token_.kind == TokenKind::kDouble);
  if (negative) {
    const uint32_t begin = signs.back().begin;
    signs.pop_back();
    operand = literal(true, begin);
    operand = operand == kNoNode ? kNoNode : member(operand, begin, false);
  } else {
    const uint32_t begin = token_.begin;
    bool grouped = false;
    operand = primary(grouped);
    operand = operand == kNoNode ? kNoNode : member(operand, begin, grouped);
  }
  for (; operand != kNoNode && !signs.empty(); signs.pop_back()) {
    Node made = node(NodeKind::kCall, signs.back().begin);
    made.text = ast_.add_text(text(signs.back()) == "!" ? "!_" : "-_");
    operand = add(made, {&operand, 1}, signs.back().begin);
  }
  return operand;
}

NodeId Parser::member(NodeId operand, uint32_t begin, bool grouped) {
  for (; operand != kNoNode; grouped = false) {
    if (at(".")) {
      const NodeKind kind = ast_.kind(operand);
      if (grouped && (kind == NodeKind::kName || kind == NodeKind::kSelect)) {
        ast_.edit(operand).grouped = true;
      }
      operand = select(operand, begin);
    } else if (at("[")) {
      operand = index(operand, begin);
    } else if (at("{") && !grouped && is_name_chain(ast_, operand)) {
      operand = object(operand, begin);
    } else {
      break;
    }
  }
  return operand;
}

NodeId Parser::select(NodeId operand, uint32_t begin) {
  advance();
  const bool optional = take("?");
  const Token name = token_;
  if (name.kind == TokenKind::kQuoted) {
    advance();
  } else if (name.kind == TokenKind::kName && !is_keyword(text(name))) {
    advance();
    if (!optional && at("(")) return call(operand, name, false, begin);
  } else {
    return unexpected("the name of a field after '.'");
  }
  Node made = node(NodeKind::kSelect, name.begin);
  made.optional = optional;
  std::string_view word = text(name);
  if (name.kind == TokenKind::kQuoted) word = word.substr(1, word.size() - 2);
  made.text = ast_.add_text(word);
  return add(made, {&operand, 1}, begin);
}

NodeId Parser::index(NodeId operand, uint32_t begin) {
  const Token open = token_;
  advance();
  Node made = node(NodeKind::kIndex, open.begin);
  made.optional = take("?");
  const NodeId key = expression();
  if (key == kNoNode || !close("]", open)) return kNoNode;
  const NodeId children[] = {operand, key};
  return add(made, children, begin);
}

NodeId Parser::primary(bool& grouped) {
  const uint32_t begin = token_.begin;
  if (at("(")) {
    const Token open = token_;
    advance();
    const NodeId inner = expression();
    if (inner == kNoNode || !close(")", open)) return kNoNode;
    grouped = true;
    return inner;
  }
  if (at("[")) return list();
  if (at("{")) return map();
  if (take(".")) return name(true, begin);
  if (token_.kind == TokenKind::kName) {
    const std::string_view word = text(token_);
    if (word == "true" || word == "false" || word == "null") return literal(false, begin);
    return name(false, begin);
  }
  return literal(false, begin);
}

NodeId Parser::name(bool leading_dot, uint32_t begin) {
  const Token word = token_;
  if (word.kind != TokenKind::kName || is_keyword(text(word))) return unexpected("an expression");
  if (is_reserved(text(word))) {
    return fail(word.begin, "'" + std::string(text(word)) + "' is a reserved word",
                text(word) == "if" ? "condition ? a : b" : "");
  }
  advance();
  if (at("(")) return call(kNoNode, word, leading_dot, begin);
  Node made = node(NodeKind::kName, word.begin);
  made.leading_dot = leading_dot;
  made.text = ast_.add_text(text(word));
  return add(made, {}, begin);
}

NodeId Parser::literal(bool negative, uint32_t begin) {
  switch (token_.kind) {
    case TokenKind::kInt:
    case TokenKind::kUint:
      return integer(negative, begin);
    case TokenKind::kString:
    case TokenKind::kBytes:
      return text_literal();
    case TokenKind::kDouble: {
      Node made = node(NodeKind::kDouble, begin);
      const std::string_view digits = text(token_);
      made.double_value = 0;
      const auto read = std::from_chars(digits.begin(), digits.end(), made.double_value);
      if (read.ec != std::errc()) {
        return fail(begin, "the number " + shown_word(digits) + " is outside the range of double");
      }
      if (negative) made.double_value = -made.double_value;
      advance();
      return add(made, {}, begin);
    }
    case TokenKind::kName: {
      Node made = node(text(token_) == "null" ? NodeKind::kNull : NodeKind::kBool, begin);
      if (text(token_) == "in") return unexpected("an expression");
      made.bool_value = text(token_) == "true";
      advance();
      return add(made, {}, begin);
    }
    default:
      return unexpected("an expression");
  }
}

NodeId Parser::integer(bool negative, uint32_t begin) {
  const bool is_uint = token_.kind == TokenKind::kUint;
  std::string_view digits = text(token_);
  if (is_uint) digits.remove_suffix(1);
  const bool hex = digits.size() > 1 && (digits[1] == 'x' || digits[1] == 'X');
  if (hex) digits.remove_prefix(2);
  uint64_t magnitude = 0;
  const auto read = std::from_chars(digits.begin(), digits.end(), magnitude, hex ? 16 : 10);
  const uint64_t most = is_uint ? UINT64_MAX : kIntMagnitude - (negative ? 0 : 1);
  if (read.ec != std::errc() || magnitude > most) {
    const bool fits_uint = !is_uint && !negative && read.ec == std::errc();
    const std::string_view written = text(token_);
    return fail(begin,
                "the number " + shown_word(written) + " is outside the range of " +
                    (is_uint ? "uint" : "int"),
                fits_uint ? std::string(written) + "u" : "");
  }
  Node made = node(is_uint ? NodeKind::kUint : NodeKind::kInt, begin);
  made.uint_value = negative ? 0 - magnitude : magnitude;
  advance();
  return add(made, {}, begin);
}

NodeId Parser::text_literal() {
  const bool bytes = token_.kind == TokenKind::kBytes;
  LexicalFault fault;
  const auto content = literal_content(text(token_), fault);
  if (!content) return fail(token_.begin + fault.at, fault.message, fault.suggestion);
  Node made = node(bytes ? NodeKind::kBytes : NodeKind::kString, token_.begin);
  made.text = ast_.add_text(*content);
  advance();
  return add(made, {}, last_.begin);
}

bool Parser::items(std::vector<NodeId>& into, NodeId (Parser::*item)(), std::string_view close,
                   bool trailing) {
  while (!at(close)) {
    into.push_back((this->*item)());
    if (into.back() == kNoNode) return false;
    if (!at(",")) break;
    advance();
    if (!trailing && at(close)) return unexpected("another argument after ','") != kNoNode;
  }
  return true;
}

NodeId Parser::list_item() {
  const Token sign = token_;
  if (!take("?")) return expression();
  const NodeId item = expression();
  if (item == kNoNode) return kNoNode;
  Node made = node(NodeKind::kOptionalItem, sign.begin);
  made.optional = true;
  return add(made, {&item, 1}, sign.begin);
}

NodeId Parser::list() {
  const Token open = token_;
  advance();
  std::vector<NodeId> children;
  if (!items(children, &Parser::list_item, "]", true) || !close("]", open)) return kNoNode;
  return add(node(NodeKind::kList, open.begin), children, open.begin);
}

NodeId Parser::map() {
  const Token open = token_;
  advance();
  std::vector<NodeId> children;
  if (!items(children, &Parser::entry, "}", true) || !close("}", open)) return kNoNode;
  return add(node(NodeKind::kMap, open.begin), children, open.begin);
}

NodeId Parser::entry() {
  const uint32_t begin = token_.begin;
  const bool optional = take("?");
  const NodeId key = expression();
  if (key == kNoNode) return kNoNode;
  Node made = node(NodeKind::kEntry, token_.begin);
  made.optional = optional;
  if (!take(":")) return unexpected("':' and the value of the key");
  const NodeId value = expression();
  if (value == kNoNode) return kNoNode;
  const NodeId children[] = {key, value};
  return add(made, children, begin);
}

NodeId Parser::object(NodeId type, uint32_t begin) {
  const Token open = token_;
  Node made = node(NodeKind::kObject, begin);
  made.leading_dot = starts_with_dot(ast_, type);
  made.text = ast_.add_text(joined_name(ast_, type));
  advance();
  std::vector<NodeId> children;
  if (!items(children, &Parser::field, "}", true) || !close("}", open)) return kNoNode;
  return add(made, children, begin);
}

NodeId Parser::field() {
  const uint32_t begin = token_.begin;
  const bool optional = take("?");
  const Token name = token_;
  std::string_view word = text(name);
  if (name.kind == TokenKind::kQuoted) {
    word = word.substr(1, word.size() - 2);
  } else if (name.kind != TokenKind::kName || is_keyword(word)) {
    return unexpected("the name of a field");
  }
  advance();
  if (!take(":")) return unexpected("':' and the value of the field");
  const NodeId value = expression();
  if (value == kNoNode) return kNoNode;
  Node made = node(NodeKind::kField, name.begin);
  made.optional = optional;
  made.text = ast_.add_text(word);
  return add(made, {&value, 1}, begin);
}

NodeId Parser::call(NodeId receiver, const Token& name, bool leading_dot, uint32_t begin) {
  const Token open = token_;
  advance();
  std::vector<NodeId> arguments;
  if (!items(arguments, &Parser::expression, ")", false) || !close(")", open)) return kNoNode;
  const std::string_view word = text(name);
  if (options_.macros && receiver == kNoNode && !leading_dot && word == "has" &&
      arguments.size() == 1) {
    return has(begin, arguments[0]);
  }
  if (options_.macros && receiver != kNoNode) {
    if (word == "bind" && arguments.size() == 3 && ast_.kind(receiver) == NodeKind::kName &&
        ast_.text(receiver) == "cel") {
      return bind(name, begin, arguments);
    }
    if (const MacroForm* form = find_macro(word, arguments.size())) {
      return loop(*form, receiver, name, begin, arguments);
    }
  }
  return plain_call(receiver, name, leading_dot, begin, std::move(arguments));
}

NodeId Parser::plain_call(NodeId receiver, const Token& name, bool leading_dot, uint32_t begin,
                          std::vector<NodeId> arguments) {
  Node made = node(NodeKind::kCall, name.begin);
  made.leading_dot = leading_dot;
  made.method = receiver != kNoNode;
  made.text = ast_.add_text(text(name));
  if (made.method) arguments.insert(arguments.begin(), receiver);
  return add(made, arguments, begin);
}

NodeId Parser::has(uint32_t begin, NodeId argument) {
  const Node& selected = ast_.node(argument);
  if (selected.kind != NodeKind::kSelect || selected.optional) {
    return fail(selected.at, "has() takes a field, as in has(contact.email)");
  }
  Node made = node(NodeKind::kHas, selected.at);
  made.text = selected.text;
  const NodeId operand = ast_.child(argument, 0);
  return add(made, {&operand, 1}, begin);
}

bool Parser::is_variable(NodeId id, std::string_view macro) {
  const Node& named = ast_.node(id);
  if (named.kind == NodeKind::kName && !named.leading_dot) return true;
  fail(named.begin, "'" + std::string(macro) + "' takes a plain name here, as in " +
                        std::string(macro_use(macro)));
  return false;
}

NodeId Parser::bind(const Token& name, uint32_t begin, const std::vector<NodeId>& arguments) {
  if (!is_variable(arguments[0], "cel.bind")) return kNoNode;
  Node made = node(NodeKind::kBind, name.begin);
  made.text = ast_.node(arguments[0]).text;
  return add(made, std::span(arguments).subspan(1), begin);
}

NodeId Parser::loop(const MacroForm& form, NodeId receiver, const Token& name, uint32_t begin,
                    const std::vector<NodeId>& arguments) {
  const bool maps = form.macro == Macro::kOptMap || form.macro == Macro::kOptFlatMap;
  Node made = node(maps ? NodeKind::kOptMap : NodeKind::kComprehension, name.begin);
  made.macro = form.macro;
  made.camel_case = form.name == "existsOne";
  for (size_t i = 0; i < form.variables; i++) {
    if (!is_variable(arguments[i], form.name)) return kNoNode;
    (i == 0 ? made.text : made.second_text) = ast_.node(arguments[i]).text;
  }
  if (form.variables == 2 && ast_.text(arguments[0]) == ast_.text(arguments[1])) {
    return fail(ast_.node(arguments[1]).begin,
                "the name '" + std::string(ast_.text(arguments[1])) + "' is taken by the key");
  }
  std::vector<NodeId> children = {receiver};
  children.insert(children.end(), arguments.begin() + static_cast<long>(form.variables),
                  arguments.end());
  return add(made, children, begin);
}

}  // namespace

Parsed parse(std::string_view source, const ParseOptions& options) {
  return Parser(source, options).run();
}

}  // namespace rapport::expr
