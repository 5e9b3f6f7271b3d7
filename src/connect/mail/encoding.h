// The encodings of mail: header lines, encoded words, bodies of seven bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rapport::connect {

// One header line, folded so that no line of it is longer than 76 characters where it can be.
class HeaderLine {
 public:
  explicit HeaderLine(std::string_view name);

  // After a space, or on a line of its own where it does not fit. Holds no line break.
  void add(std::string_view token);
  // Free text: as it is where it is short ASCII words, else as encoded words (RFC 2047).
  void add_text(std::string_view text);
  // A name before an address: atoms, a quoted string or encoded words.
  void add_phrase(std::string_view text);
  void append(std::string_view text);  // without a space: a comma
  // name="value", in the form of RFC 2231 where it is not short ASCII.
  void add_parameter(std::string_view name, std::string_view value);

  std::string take() &&;  // with CR LF

 private:
  void add_encoded(std::string_view text);

  std::string text_;
  size_t column_;
  bool empty_ = true;
};

// UTF-8 as encoded words of at most 75 characters, the first of at most `first_room`; characters
// stay whole. Fit for text and for phrases.
std::vector<std::string> encoded_words(std::string_view text, size_t first_room);

// Lines of at most 76 characters; line ends of the text become CR LF, none is added at the end. No
// line begins with a dot or with "From ".
std::string to_quoted_printable(std::string_view text);
std::string from_quoted_printable(std::string_view text);  // what is malformed stays as it is

std::string to_base64_lines(std::string_view bytes);  // 76 characters each, with CR LF

// Reads leniently: what is not of the alphabet is skipped.
std::string from_base64_lines(std::string_view text);

bool is_printable_ascii(std::string_view text);

}  // namespace rapport::connect
