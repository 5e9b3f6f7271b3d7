// matches, regex.replace, regex.extract, regex.extractAll: RE2, so in time linear in the text.
#include <re2/re2.h>

#include <string>
#include <vector>

#include "expr/collections.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

constexpr size_t kLongestPattern = 4096;
// Memory of a compiled pattern: constants, which are compiled once, may be larger.
constexpr int64_t kMemoryOfConstant = 1 << 19;
constexpr int64_t kMemoryOfComputed = 1 << 18;
constexpr size_t kMostBytes = size_t{1} << 20;
constexpr Failure kCost{"this regular expression is more work than the limit allows"};

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

Result<std::shared_ptr<const RE2>> compile(std::string_view pattern, int64_t memory) {
  if (pattern.size() > kLongestPattern)
    return invalid("a regular expression is at most 4,096 bytes long");
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  auto compiled = std::make_shared<const RE2>(piece(pattern), options);
  if (!compiled->ok()) return invalid("this is no regular expression of RE2: " + compiled->error());
  return compiled;
}

Result<Prepared> prepare(std::span<const Value* const> args, const Zones*) {
  if (args.size() < 2 || args[1] == nullptr || !args[1]->is(Kind::kString)) return Prepared();
  TRY_ASSIGN(std::shared_ptr<const RE2> compiled, compile(args[1]->as_text(), kMemoryOfConstant));
  return Prepared(std::move(compiled));
}

constexpr Failure kGroups{"the pattern of extract and extractAll has at most one capture group"};

Result<Prepared> prepare_extract(std::span<const Value* const> args, const Zones* zones) {
  TRY_ASSIGN(Prepared prepared, prepare(args, zones));
  const auto* pattern = static_cast<const RE2*>(prepared.get());
  if (pattern != nullptr && pattern->NumberOfCapturingGroups() > 1)
    return invalid(std::string(kGroups.message));
  return prepared;
}

// Work of compiling: some patterns of a few bytes ("\\pL{100}") take milliseconds.
uint64_t cost_of_compiling(const Result<std::shared_ptr<const RE2>>& compiled) {
  return compiled ? 50 + static_cast<uint64_t>((*compiled)->ProgramSize()) * 35 : 150'000;
}
// At worst each byte of the text is looked at by each instruction of the pattern.
uint64_t cost_of_matching(const RE2& pattern, size_t bytes) {
  return bytes * static_cast<uint64_t>(pattern.ProgramSize()) / 128;
}

// Hands the compiled second argument to `use`.
template <class Use>
Value with_pattern(Arguments args, Call& call, Use use) {
  const auto charged = [&](const RE2& pattern) {
    const bool affordable = call.budget.spend(cost_of_matching(pattern, args[0].as_text().size()));
    return affordable ? use(pattern) : Value::error(&kCost);
  };
  if (call.prepared != nullptr) return charged(*static_cast<const RE2*>(call.prepared));
  const auto compiled = compile(args[1].as_text(), kMemoryOfComputed);
  if (!call.budget.spend(cost_of_compiling(compiled))) return Value::error(&kCost);
  return compiled ? charged(**compiled) : call.error(compiled.error().message);
}

Value matches(Arguments args, Call& call) {
  return with_pattern(args, call, [&](const RE2& pattern) {
    return Value::boolean(RE2::PartialMatch(piece(args[0].as_text()), pattern));
  });
}

// The whole match, or its group if the pattern has one; a null data() for a group that took no
// part.
Value extract(Arguments args, Call& call) {
  return with_pattern(args, call, [&](const RE2& pattern) {
    const int groups = pattern.NumberOfCapturingGroups();
    if (groups > 1) return Value::error(&kGroups);
    re2::StringPiece found[2];
    const std::string_view text = args[0].as_text();
    if (!pattern.Match(piece(text), 0, text.size(), RE2::UNANCHORED, found, groups + 1) ||
        found[groups].data() == nullptr)
      return Value::none();
    return call.arena.some(Value::string({found[groups].data(), found[groups].size()}));
  });
}

// Calls `use(match and groups)` for each match that does not overlap one before; false ends.
template <class Use>
void each_match(const RE2& pattern, std::string_view text, int groups, Call& call, Use use) {
  std::vector<re2::StringPiece> found(static_cast<size_t>(groups) + 1);
  size_t from = 0;
  size_t last_end = std::string_view::npos;
  while (from <= text.size() &&
         pattern.Match(piece(text), from, text.size(), RE2::UNANCHORED, found.data(), groups + 1)) {
    const auto at = static_cast<size_t>(found[0].data() - text.data());
    const size_t end = at + found[0].size();
    // An empty match right after another one is no match of its own.
    if (!(found[0].empty() && at == last_end) && !use(found)) return;
    last_end = end;
    from = end;
    // The next match may be found only after looking at all that is left; mostly it is near.
    const uint64_t at_worst = cost_of_matching(pattern, text.size() - end);
    if (!call.budget.spend(1 + at_worst / (groups == 0 ? 16 : 8))) return;
    if (found[0].empty()) {
      do ++from;
      while (from < text.size() && (static_cast<unsigned char>(text[from]) & 0xc0) == 0x80);
    }
  }
}

Value extract_all(Arguments args, Call& call) {
  return with_pattern(args, call, [&](const RE2& pattern) {
    const int groups = pattern.NumberOfCapturingGroups();
    if (groups > 1) return Value::error(&kGroups);
    std::vector<Value> out;
    each_match(pattern, args[0].as_text(), groups, call, [&](const auto& found) {
      const re2::StringPiece& part = found[static_cast<size_t>(groups)];
      if (part.data() != nullptr && !(groups == 1 && part.empty()))
        out.push_back(Value::string({part.data(), part.size()}));
      return true;
    });
    return call.budget.over() ? Value::error(&kCost) : call.arena.list(out);
  });
}

// Bytes a match becomes by `rewrite`, a replacement with \0 to \9 for groups.
size_t rewritten_size(re2::StringPiece rewrite, const std::vector<re2::StringPiece>& found) {
  size_t size = rewrite.size();
  for (size_t i = 0; i + 1 < rewrite.size(); ++i) {
    if (rewrite[i] != '\\') continue;
    const auto group = static_cast<size_t>(rewrite[++i] - '0');
    if (group < found.size()) size += found[group].size();
  }
  return size;
}

Value replace(Arguments args, Call& call) {
  return with_pattern(args, call, [&](const RE2& pattern) {
    const std::string_view text = args[0].as_text();
    const re2::StringPiece rewrite = piece(args[2].as_text());
    std::string problem;
    if (!pattern.CheckRewriteString(rewrite, &problem))
      return call.error("invalid replacement string: " + problem);
    int64_t left = args.size() > 3 ? args[3].as_int() : -1;
    std::string out;
    size_t from = 0;
    bool fits = true;
    each_match(pattern, text, pattern.NumberOfCapturingGroups(), call, [&](const auto& found) {
      if (left == 0 || !call.budget.spend(rewrite.size() / 16)) return false;
      if (left > 0) --left;
      const auto at = static_cast<size_t>(found[0].data() - text.data());
      out += text.substr(from, at - from);
      fits = out.size() + rewritten_size(rewrite, found) <= kMostBytes;
      if (!fits) return false;
      pattern.Rewrite(&out, rewrite, found.data(), static_cast<int>(found.size()));
      from = at + found[0].size();
      return true;
    });
    if (call.budget.over()) return Value::error(&kCost);
    if (!fits) return call.error("the replaced text is longer than 1 MiB");
    out += text.substr(from);
    return call.arena.string(out);
  });
}

constexpr Overload kOverloads[] = {
    {"matches", "string.(string) -> bool", 4, matches, prepare},
    {"matches", "(string, string) -> bool", 4, matches, prepare},
    {"regex.extract", "(string, string) -> optional_type(string)", 4, extract, prepare_extract},
    {"regex.extractAll", "(string, string) -> list(string)", 8, extract_all, prepare_extract},
    {"regex.replace", "(string, string, string) -> string", 8, replace, prepare},
    {"regex.replace", "(string, string, string, int) -> string", 8, replace, prepare},
};

}  // namespace

std::span<const Overload> regex_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
