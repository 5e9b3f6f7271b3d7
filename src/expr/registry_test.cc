#include "expr/registry.h"

#include <gtest/gtest.h>

namespace rapport::expr {
namespace {

Value nothing(std::span<const Value>, Call&) {
  return Value::null();
}

std::string build_error(std::string_view signature, int times = 1) {
  const std::vector<Overload> overloads(static_cast<size_t>(times),
                                        Overload{"f", signature, 1, nothing});
  const Library library{"test", overloads};
  const auto built = Registry::build({&library, 1});
  return built ? "" : built.error().message;
}

TEST(Registry, ReadsSignaturesOfFunctionsAndMethods) {
  const Overload overloads[] = {{"f", "(int, list(T)) -> bool", 1, nothing},
                                {"f", "list(map(K, V)).(string) -> net.IP", 1, nothing},
                                {"f", "() -> int", 1, nothing},
                                {"f", "(net.IP) -> int", 1, nothing},
                                {"g", "(double, ...) -> double", 1, nothing}};
  const Library library{"test", overloads};
  const auto built = Registry::build({&library, 1});
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_EQ(built->find("f", CallStyle::kFunction).size(), 3u);
  ASSERT_EQ(built->find("f", CallStyle::kMethod).size(), 1u);
  EXPECT_EQ(built->find("f", CallStyle::kMethod)[0].kinds.size(), 2u);
  EXPECT_TRUE(built->find("h", CallStyle::kFunction).empty());
  EXPECT_TRUE(built->has("g"));
}

TEST(Registry, TellsOverloadsApartByKindAndNumber) {
  const Overload overloads[] = {{"f", "(int, string) -> bool", 1, nothing},
                                {"g", "(double, ...) -> double", 1, nothing}};
  const Library library{"test", overloads};
  const Registry registry = Registry::build({&library, 1}).value();
  const BoundOverload& f = registry.find("f", CallStyle::kFunction)[0];
  const BoundOverload& g = registry.find("g", CallStyle::kFunction)[0];
  const Value one = Value::integer(1), text = Value::string("x"), half = Value::real(0.5);
  const Value good[] = {one, text}, swapped[] = {text, one}, halves[] = {half, half, half},
              mixed[] = {half, one};
  EXPECT_TRUE(f.accepts(good));
  EXPECT_FALSE(f.accepts(swapped));
  EXPECT_FALSE(f.accepts({good, 1}));
  EXPECT_TRUE(g.accepts(halves));
  EXPECT_FALSE(g.accepts(mixed));
  EXPECT_FALSE(g.accepts({}));
}

TEST(Registry, RefusesWhatItCannotReadAndWhatStandsTwice) {
  EXPECT_EQ(build_error("int -> int"), "signature 'int -> int' of 'f' cannot be read");
  EXPECT_EQ(build_error("(int, ) -> int"), "signature '(int, ) -> int' of 'f' cannot be read");
  EXPECT_EQ(build_error("(...) -> int"), "signature '(...) -> int' of 'f' cannot be read");
  EXPECT_EQ(build_error("(int) -> int", 2), "overload '(int) -> int' of 'f' stands twice");
}

TEST(Registry, DeclaresEveryLibraryForTheChecker) {
  const Registry registry = Registry::build(all_libraries()).value();
  Declarations declarations;
  const auto declared = declare(registry, declarations);
  ASSERT_TRUE(declared.ok()) << declared.error().message;
  EXPECT_NE(declarations.find_function("math.greatest"), nullptr);
  EXPECT_NE(declarations.find_function("hasAnyWord"), nullptr);
  EXPECT_EQ(declarations.find_function("math.greatest")->size(), 8u);  // one each, as in its table
}

}  // namespace
}  // namespace rapport::expr
