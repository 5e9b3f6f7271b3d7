#include "expr/expression.h"

#include <gtest/gtest.h>

#include "expr/program.h"

namespace rapport::expr {
namespace {

class OneField : public Layout, public RecordView {
 public:
  explicit OneField(Value value) : value_(value) {}
  std::optional<uint32_t> slot(std::string_view path) const override {
    return path == "contact.score" ? std::optional(0u)
           : path == "contact"     ? std::optional(1u)
                                   : std::nullopt;
  }

 protected:
  Value load(uint32_t slot, Arena&) const override { return slot == 0 ? value_ : Value::absent(); }

 private:
  Value value_;
};

Result<Expression> read(std::string_view text, const Type& wanted = {}) {
  static const Registry* const kRegistry =
      new Registry(Registry::build(all_libraries()).value());  // outlives what is returned
  static const OneField kLayout{Value()};
  Declarations declarations;
  declare(*kRegistry, declarations).value();
  declarations.add_object({"contact", {{"score", TypeKind::kInt}}, false}).value();
  declarations.add_variable("contact", Type::object("contact")).value();
  return read_expression(text, {declarations, *kRegistry, kLayout}, wanted);
}

std::string refusal(std::string_view text, const Type& wanted = {}) {
  const auto made = read(text, wanted);
  return made ? "" : made.error().where + " " + made.error().message;
}

TEST(Expression, IsReadyToEvaluateAndSaysWhatItGivesAndReads) {
  const auto made = read("contact.score > 5", TypeKind::kBool);
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(made->type, Type(TypeKind::kBool));
  EXPECT_EQ(made->fields, std::vector<std::string>{"contact.score"});
  Arena arena;
  const Program program(made->binding);
  EXPECT_TRUE(program.evaluate(OneField(Value::integer(7)), arena).is_true());
  EXPECT_TRUE(program.evaluate(OneField(Value::integer(5)), arena).is_false());
}

TEST(Expression, IsRefusedWithThePlaceOfWhatIsWrong) {
  EXPECT_EQ(refusal("contact.score >"), "1:16 expected an expression, found the end of the text");
  EXPECT_EQ(refusal("contact.scor > 5"),
            "1:9 'contact' has no field 'scor', did you mean 'score'?");
  EXPECT_EQ(refusal("contact.score > 5 &&\n timestamp('2026-13-01T00:00:00Z') > timestamp(0)"),
            "2:2 type conversion error: '2026-13-01T00:00:00Z' is no RFC 3339 time of the years 1 "
            "to 9999 (range)");
}

TEST(Expression, IsRefusedWhenItCannotGiveWhatIsWanted) {
  EXPECT_EQ(refusal("contact.score", TypeKind::kBool),
            "1:1 the expression gives int, but bool is needed");
  EXPECT_EQ(refusal("dyn(contact.score)", TypeKind::kBool), "");
  EXPECT_EQ(refusal("[1, 'a']", Type::list(TypeKind::kString)), "");
}

TEST(Expression, HasAHundredPatternsAtMost) {
  std::string source = "'a'.matches('a')";
  for (int i = 1; i < 100; ++i) source += " || 'a'.matches('a')";
  EXPECT_EQ(refusal(source), "");
  EXPECT_EQ(refusal(source + " || 'a'.matches('a')"),
            "1:2005 the expression has more than 100 patterns, zones and calendars; split it");
}

TEST(Expression, RefusesLiteralsThatCannotBeWhatTheyAreUsedAs) {
  EXPECT_EQ(refusal("duration('1x')"),
            "1:1 type conversion error: '1x' is no duration such as '1h30m' (range "
            "315,576,000,000 s)");
  EXPECT_EQ(refusal("money('5 EURO') > money('1 EUR')"),
            "1:1 '5 EURO' is no money: write an amount and an ISO 4217 code, '12.50 EUR'");
  EXPECT_EQ(refusal("money(contact.score, 'EURO')"),
            "1:1 'EURO' is no ISO 4217 currency code such as 'EUR'");
  EXPECT_EQ(refusal("regex.extract(string(contact.score), '(1)(2)')"),
            "1:7 the pattern of extract and extractAll has at most one capture group");
  EXPECT_EQ(refusal("calendar(string(contact.score)).isOpen(timestamp(0))"),
            "1:1 calendar() needs its text as a literal, so that it is read once");
}

}  // namespace
}  // namespace rapport::expr
