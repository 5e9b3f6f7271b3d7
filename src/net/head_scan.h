// Finds the end of a request head and refuses line endings that let two parsers disagree about
// where a message ends (request smuggling): bare LF, bare CR, folded lines.
#pragma once

#include <cstddef>
#include <string_view>

namespace rapport::net {

class HeadScan {
 public:
  enum class Verdict {
    kMore,
    kFound,
    kBareLineFeed,
    kBareCarriageReturn,
    kFoldedLine,
    kEmptyLines
  };

  // `bytes` starts where the message starts and may have grown since the last call; bytes looked
  // at before are not looked at again.
  Verdict scan(std::string_view bytes);

  // After kFound: the head is [begin, end), without empty lines before it, with the one behind it.
  size_t begin() const { return begin_; }
  size_t end() const { return line_; }
  void reset() { *this = HeadScan(); }

 private:
  Verdict close_line(std::string_view bytes, size_t line_feed);

  size_t begin_ = 0;     // of the request line
  size_t line_ = 0;      // where the current line starts
  size_t searched_ = 0;  // no line feed before this, from line_ on
};

}  // namespace rapport::net
