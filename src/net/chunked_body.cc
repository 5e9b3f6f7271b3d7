#include "net/chunked_body.h"

#include <algorithm>

namespace rapport::net {
namespace {

constexpr size_t kMaxDigits = 8;
// Framing may cost as much as the largest body plus this: one-byte chunks must not be free.
constexpr size_t kFreeOverhead = 16 * 1024;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

ChunkedBody::Verdict ChunkedBody::decode(std::string_view bytes, std::string& body, size_t& used) {
  used = 0;
  while (used < bytes.size()) {
    if (state_ == State::kContent) {
      used += take_content(bytes.substr(used), body);
      continue;
    }
    const bool size_ends = state_ == State::kSizeLineFeed;
    state_ = next(bytes[used++]);
    if (state_ == State::kDone) return Verdict::kDone;
    if (state_ == State::kBad) return Verdict::kBad;
    if (size_ends && left_ > max_bytes_ - decoded_) return Verdict::kTooLarge;
    if (++overhead_ > max_bytes_ + kFreeOverhead) return Verdict::kTooLarge;
  }
  return Verdict::kMore;
}

size_t ChunkedBody::take_content(std::string_view bytes, std::string& body) {
  const auto size = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  body.append(bytes.data(), size);
  decoded_ += size;
  left_ -= size;
  if (left_ == 0) state_ = State::kContentReturn;
  return size;
}

ChunkedBody::State ChunkedBody::next(char c) {
  switch (state_) {
    case State::kSizeFirst:
      left_ = 0;
      digits_ = 0;
      return hex_value(c) < 0 ? State::kBad : after_size_digit(c);
    case State::kSize:
      return hex_value(c) < 0 ? in_extension(c) : after_size_digit(c);
    case State::kExtension:
      if (c == '\r') return State::kSizeLineFeed;
      return is_text(c) ? State::kExtension : State::kBad;
    case State::kSizeLineFeed:
      if (c != '\n') return State::kBad;
      return left_ == 0 ? State::kTrailerStart : State::kContent;
    case State::kContentReturn:
      return c == '\r' ? State::kContentLineFeed : State::kBad;
    case State::kContentLineFeed:
      return c == '\n' ? State::kSizeFirst : State::kBad;
    case State::kTrailerStart:
      if (c == '\r') return State::kLastLineFeed;
      return is_text(c) && c != ' ' && c != '\t' ? State::kTrailer : State::kBad;
    case State::kTrailer:
      if (c == '\r') return State::kTrailerLineFeed;
      return is_text(c) ? State::kTrailer : State::kBad;
    case State::kTrailerLineFeed:
      return c == '\n' ? State::kTrailerStart : State::kBad;
    case State::kLastLineFeed:
      return c == '\n' ? State::kDone : State::kBad;
    case State::kContent:
    case State::kDone:
    case State::kBad:
      break;
  }
  return State::kBad;
}

ChunkedBody::State ChunkedBody::after_size_digit(char c) {
  if (++digits_ > kMaxDigits) return State::kBad;
  left_ = left_ << 4 | static_cast<uint64_t>(hex_value(c));
  return State::kSize;
}

// What may follow the size: the end of the line or an extension. White space before ';' is
// tolerated by some and not by others, so it is refused.
ChunkedBody::State ChunkedBody::in_extension(char c) {
  if (c == '\r') return State::kSizeLineFeed;
  return c == ';' ? State::kExtension : State::kBad;
}

}  // namespace rapport::net
