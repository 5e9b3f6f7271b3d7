// Decodes a chunked transfer coding (RFC 9112 7.1), strictly: CRLF only, plain hexadecimal sizes,
// bounded extensions and trailers. Extensions and trailers are dropped: a trailer must never pass
// for a header.
//
// Own code because Boost.Beast 1.81's chunk parser asserts on "0\r\n" followed by a lone "\r".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapport::net {

class ChunkedBody {
 public:
  enum class Verdict { kMore, kDone, kBad, kTooLarge };

  explicit ChunkedBody(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Appends decoded bytes to `body`. Uses all of `bytes` unless the body ends or is refused.
  Verdict decode(std::string_view bytes, std::string& body, size_t& used);

 private:
  enum class State {
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLineFeed,
    kContent,
    kContentReturn,
    kContentLineFeed,
    kTrailerStart,
    kTrailer,
    kTrailerLineFeed,
    kLastLineFeed,
    kDone,
    kBad
  };
  State next(char c);
  State after_size_digit(char c);
  State in_extension(char c);
  size_t take_content(std::string_view bytes, std::string& body);

  size_t max_bytes_;
  State state_ = State::kSizeFirst;
  uint64_t left_ = 0;    // of the current chunk
  size_t digits_ = 0;    // of the current size
  size_t decoded_ = 0;   // bytes of body so far
  size_t overhead_ = 0;  // bytes that are not body
};

}  // namespace rapport::net
