// Expressions written to hurt: each is refused, or read and checked, within 10 ms and 10 MB.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <new>

#include "expr/checker.h"
#include "expr/parser.h"
#include "expr/printer.h"

namespace {

std::atomic<size_t> in_use{0};
std::atomic<size_t> most_in_use{0};

void* counted(size_t size) {
  void* block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  const size_t now = in_use.fetch_add(malloc_usable_size(block)) + malloc_usable_size(block);
  if (now > most_in_use.load()) most_in_use.store(now);
  return block;
}

void uncounted(void* block) {
  if (block != nullptr) in_use.fetch_sub(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

void* operator new(size_t size) {
  return counted(size);
}
void* operator new[](size_t size) {
  return counted(size);
}
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return counted(size);
}
void operator delete(void* block, const std::nothrow_t&) noexcept {
  uncounted(block);
}
void operator delete(void* block) noexcept {
  uncounted(block);
}
void operator delete[](void* block) noexcept {
  uncounted(block);
}
void operator delete(void* block, size_t) noexcept {
  uncounted(block);
}
void operator delete[](void* block, size_t) noexcept {
  uncounted(block);
}

namespace rapport::expr {
namespace {

constexpr size_t kMany = 100'000;
constexpr size_t kMostBytes = 10'000'000;
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr double kMostMillis = 10;
#else
constexpr double kMostMillis = 200;
#endif

std::string repeated(std::string_view part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; i++) out += part;
  return out;
}

// `wrap` around `core`, `times` times: "f(f(x))".
std::string nested(std::string_view before, std::string_view core, std::string_view after,
                   size_t times) {
  return repeated(before, times) + std::string(core) + repeated(after, times);
}

Declarations declarations() {
  Declarations made;
  const auto function = [&](std::string name, std::string_view signature) {
    const auto read = parse_signature(signature);
    EXPECT_TRUE(made.add_function(std::move(name), *read, 0).ok());
  };
  function("_+_", "(int, int) -> int");
  function("_+_", "(string, string) -> string");
  function("_+_", "(list(T), list(T)) -> list(T)");
  function("_==_", "(T, T) -> bool");
  function("_<_", "(int, int) -> bool");
  function("size", "(list(T)) -> int");
  function("pair", "(T, U) -> pair(T, U)");
  function("optional.none", "() -> optional_type(T)");
  function("-_", "(int) -> int");
  function("!_", "(bool) -> bool");
  EXPECT_TRUE(made.add_variable("a", Type()).ok());
  EXPECT_TRUE(made.add_variable("numbers", Type::list(TypeKind::kInt)).ok());
  return made;
}

struct Cost {
  double millis;  // of processor time, median of 20
  size_t bytes;
};

Cost measured(const std::function<void()>& work) {
  std::vector<double> times;
  const size_t before = in_use;
  most_in_use = before;
  for (int i = 0; i < 20; i++) {
    const std::clock_t start = std::clock();
    work();
    times.push_back(1e3 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  std::ranges::nth_element(times, times.begin() + 10);
  return {times[10], most_in_use - before};
}

struct Attack {
  const char* name;
  std::string source;
};

std::vector<Attack> attacks() {
  std::string binds;
  for (int i = 0; i < 60; i++) {
    const std::string n = std::to_string(i);
    const std::string before = i == 0 ? "1" : "x" + std::to_string(i - 1);
    binds += "cel.bind(x" + n + ", pair(" + before + ", " + before + "), ";
  }
  std::string keys = "{";
  for (int i = 0; i < 3'300; i++) keys += std::to_string(i) + ":0,";
  std::string wrong = "q";
  for (int i = 0; i < 9'000; i++) wrong += " || q" + std::to_string(i);
  return {
      {"parentheses", nested("(", "1", ")", kMany)},
      {"open parentheses", repeated("(", 99'000)},
      {"lists", nested("[", "1", "]", 49'000)},
      {"maps", nested("{1:", "1", "}", 24'000)},
      {"calls", nested("f(", "1", ")", 30'000)},
      {"indexes", nested("a[", "1", "]", 30'000)},
      {"chain of indexes", "a" + repeated("[0]", 33'000)},
      {"chain of fields", "a" + repeated(".b", 49'000)},
      {"chain of calls", "a" + repeated(".b()", 24'000)},
      {"not", repeated("!", 99'000) + "true"},
      {"minus", repeated("-", 99'000) + "1"},
      {"sum", "1" + repeated("+1", 49'000)},
      {"sums within", nested("1+(", "1", ")", 24'000)},
      {"conditionals", repeated("true?1:", 14'000) + "1"},
      {"conditions within", nested("(", "true", "?true:true)", 7'000)},
      {"and", "true" + repeated("&&true", 9'900)},
      {"or of wrong names", wrong},
      {"list of numbers", "[0" + repeated(",0", 9'900) + "]"},
      {"list of lists", "[[]" + repeated(",[]", 4'900) + "]"},
      {"list of deep lists", "[[]" + repeated("," + nested("[", "", "]", 150), 60) + "]"},
      {"too many numbers", "[0" + repeated(",0", 49'000) + "]"},
      {"map of numbers", keys + "}"},
      {"loops within", nested("numbers.all(x, ", "true", ")", 6'000)},
      {"loops within, few", nested("numbers.map(x, ", "x", ")", 32)},
      {"loops after each other", "numbers" + repeated(".map(x, x)", 190)},
      {"has within", nested("has(a.b[", "0", "].c)", 8'000)},
      {"a type twice as large each time", binds + "1" + repeated(")", 60)},
      {"one deep type many times",
       "cel.bind(x, " + nested("[", "", "]", 150) + ", [x" + repeated(",x", 9'700) + "])"},
      {"open types", "[optional.none()" + repeated(",optional.none()", 3'200) + "]"},
      {"open deep types", "cel.bind(x, " + nested("[", "optional.none()", "]", 150) + ", [x" +
                              repeated(",x+x", 2'900) + "])"},
      {"wrong sums", "[1+''" + repeated(",1+''", 3'200) + "]"},
      {"a long name", "a." + std::string(90'000, 'b') + repeated(".c", 190)},
      {"a long text", "'" + std::string(1'000'000, 'x') + "'"},
      {"an open text", "'" + std::string(90'000, 'x')},
      {"quotes", repeated("'", 99'000)},
      {"backslashes", "'" + repeated("\\", 99'000)},
      {"escapes", "'" + repeated("\\u00e9", 16'000) + "'"},
      {"wrong escapes at the end", "'" + repeated("\\n", 49'000) + "\\q'"},
      {"comments", repeated("//\n", 33'000)},
      {"wrong bytes", std::string(90'000, '\xc3')},
      {"digits", std::string(99'000, '9')},
      {"digits of a double", "0." + std::string(99'000, '9')},
      {"exponent", "1e" + std::string(99'000, '9')},
  };
}

void read_and_check(const std::string& source, const Declarations& known) {
  const Parsed parsed = parse(source);
  if (!parsed.ok()) {
    ASSERT_FALSE(to_text(parsed.problems.front()).empty());
    return;
  }
  for (const Strictness strictness : {Strictness::kTypes, Strictness::kNames}) {
    const Checked checked = check(parsed.ast, known, strictness);
    ASSERT_LE(checked.problems.size(), 20u);
  }
}

TEST(HostileText, IsReadCheckedOrRefusedWithin10MillisecondsAnd10Megabytes) {
  const Declarations known = declarations();
  for (const Attack& attack : attacks()) {
    const Cost cost = measured([&] { read_and_check(attack.source, known); });
    EXPECT_LE(cost.millis, kMostMillis) << attack.name;
    EXPECT_LE(cost.bytes, kMostBytes) << attack.name;
    if (std::getenv("RAPPORT_SHOW_COSTS") != nullptr) {
      const Parsed parsed = parse(attack.source);
      std::string said = "read";
      if (!parsed.ok()) said = to_text(parsed.problems.front());
      if (parsed.ok()) {
        const Checked checked = check(parsed.ast, known);
        if (!checked.ok()) said = to_text(checked.problems.front());
      }
      std::printf("%-34s %7.2f ms %7.2f MB  %.90s\n", attack.name, cost.millis,
                  static_cast<double>(cost.bytes) / 1e6, said.c_str());
    }
  }
}

TEST(HostileText, WithinTheLimitsStillPrints) {
  const std::string source = nested("(a+", "a", ")", 190);
  const Parsed parsed = parse(source);
  ASSERT_TRUE(parsed.ok()) << to_text(parsed.problems.front());
  EXPECT_TRUE(same_tree(parse(print(parsed.ast)).ast, parsed.ast));
}

TEST(HostileText, LeavesRoomForWhatEveryImplementationMustTake) {
  for (const std::string& source :
       {nested("[", "1", "]", 32), nested("(", "1", ")", 100), "1" + repeated(" + 1", 100),
        "a" + repeated(".b", 100), "a" + repeated("[0]", 100), "true" + repeated("||true", 1000),
        repeated("true?1:", 100) + "1", nested("a.map(x,", "x", ")", 32),
        "f(1" + repeated(",1", 1000) + ")"}) {
    const Parsed parsed = parse(source);
    EXPECT_TRUE(parsed.ok()) << source << to_text(parsed.problems.front());
  }
}

}  // namespace
}  // namespace rapport::expr
