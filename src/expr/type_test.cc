#include "expr/type.h"

#include <gtest/gtest.h>

namespace rapport::expr {
namespace {

std::string reread(std::string_view text) {
  const auto type = parse_type(text);
  return type.ok() ? to_text(*type) : type.error().message;
}

TEST(Type, IsReadFromItsText) {
  for (const char* text : {"dyn", "int", "list(int)", "map(string, list(dyn))", "T",
                           "optional_type(optional_type(T))", "type", "type(list(int))", "contact",
                           "net.IP", "tuple(T, U, V)", "timestamp", "null_type"}) {
    EXPECT_EQ(reread(text), text);
  }
  EXPECT_EQ(reread("list"), "list(dyn)");
  EXPECT_EQ(reread("google.protobuf.Timestamp"), "timestamp");
  EXPECT_EQ(reread(" map( string,int ) "), "map(string, int)");
}

TEST(Type, RefusesTextThatIsNoType) {
  EXPECT_EQ(reread(""), "the type '' lacks a name");
  EXPECT_EQ(reread("list(int"), "the type 'list(int' lacks ')'");
  EXPECT_EQ(reread("list()"), "the type 'list()' has no type between parentheses");
  EXPECT_EQ(reread("list(int, int)"), "the type 'list(int, int)' has a list of two types");
  EXPECT_EQ(reread("int(int)"), "the type 'int(int)' gives parameters to a plain type");
  EXPECT_EQ(reread("int int"), "the type 'int int' goes on after its end");
  std::string deep;
  for (int i = 0; i < 100'000; i++) deep += "list(";
  EXPECT_FALSE(parse_type(deep).ok());
}

TEST(Type, IsEqualByContent) {
  EXPECT_EQ(*parse_type("map(string, T)"), *parse_type("map(string,T)"));
  EXPECT_FALSE(*parse_type("list(int)") == *parse_type("list(uint)"));
  EXPECT_FALSE(*parse_type("a") == *parse_type("b"));
}

TEST(Type, NamesTheTypeOfAValue) {
  EXPECT_EQ(type_name(*parse_type("list(int)")), "list");
  EXPECT_EQ(type_name(*parse_type("timestamp")), "google.protobuf.Timestamp");
  EXPECT_EQ(type_name(*parse_type("net.IP")), "net.IP");
}

TEST(Signature, IsReadFromItsText) {
  for (const char* text :
       {"() -> int", "(string, int) -> bool", "string.(int) -> string", "list(T).() -> T",
        "net.IP.(string) -> bool", "(dyn, ...) -> dyn", "list(T).(T, ...) -> list(T)"}) {
    const auto read = parse_signature(text);
    ASSERT_TRUE(read.ok()) << text << read.error().message;
    EXPECT_EQ(to_text(*read), text);
  }
  EXPECT_TRUE(parse_signature("string.(int) -> string")->method);
  EXPECT_TRUE(parse_signature("(dyn, ...) -> dyn")->variadic);
  EXPECT_FALSE(parse_signature("(int)").ok());
  EXPECT_FALSE(parse_signature("int -> int").ok());
  EXPECT_FALSE(parse_signature("(...) -> int").ok());
}

}  // namespace
}  // namespace rapport::expr
