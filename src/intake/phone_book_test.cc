#include "intake/phone_book.h"

#include <gtest/gtest.h>

#include "intake/normalise.h"

namespace rapport::intake {
namespace {

TEST(PhoneBook, AnswersAsNormalisePhoneDoesFirstAndLater) {
  PhoneBook book("DE", 3);  // so small that it forgets in between
  const std::string long_text(100, '1');
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view text :
         {std::string_view("0151 12345678"), std::string_view("+1 415 555 0100"),
          std::string_view(""), std::string_view("no number"), std::string_view(long_text)}) {
      for (int twice = 0; twice < 2; ++twice) {
        EXPECT_EQ(book.normalise(text), normalise_phone(text, "DE")) << text;
      }
    }
  }
}

}  // namespace
}  // namespace rapport::intake
