#include "net/head_scan.h"

#include <cstring>

namespace rapport::net {
namespace {

// RFC 9112 2.2 asks to ignore an empty line before the request line; more are an attack or noise.
constexpr size_t kMaxLeadingBytes = 4;

}  // namespace

HeadScan::Verdict HeadScan::scan(std::string_view bytes) {
  while (searched_ < bytes.size()) {
    const void* hit = std::memchr(bytes.data() + searched_, '\n', bytes.size() - searched_);
    if (hit == nullptr) {
      searched_ = bytes.size();
      return Verdict::kMore;
    }
    const auto line_feed = static_cast<size_t>(static_cast<const char*>(hit) - bytes.data());
    const Verdict verdict = close_line(bytes, line_feed);
    if (verdict != Verdict::kMore) return verdict;
  }
  return Verdict::kMore;
}

HeadScan::Verdict HeadScan::close_line(std::string_view bytes, size_t line_feed) {
  if (line_feed == line_ || bytes[line_feed - 1] != '\r') return Verdict::kBareLineFeed;
  const std::string_view line = bytes.substr(line_, line_feed - 1 - line_);
  if (line.find('\r') != std::string_view::npos) return Verdict::kBareCarriageReturn;
  const bool request_line = line_ == begin_;
  searched_ = line_feed + 1;
  if (line.empty() && request_line) {
    begin_ = line_ = line_feed + 1;
    return begin_ > kMaxLeadingBytes ? Verdict::kEmptyLines : Verdict::kMore;
  }
  if (!request_line && !line.empty() && (line[0] == ' ' || line[0] == '\t')) {
    return Verdict::kFoldedLine;
  }
  line_ = line_feed + 1;
  return line.empty() ? Verdict::kFound : Verdict::kMore;
}

}  // namespace rapport::net
