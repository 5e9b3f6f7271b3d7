#include "expr/functions/text_search.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace rapport::expr {
namespace {

constexpr size_t kNowhere = std::string_view::npos;
constexpr size_t kFewSteps = 1 << 16;  // comparing byte by byte is quicker up to here

}  // namespace

size_t find_text(std::string_view text, std::string_view what, size_t from) {
  if (what.empty()) return from;
  if (what.size() > text.size() - from) return kNowhere;
  const void* at = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return at == nullptr ? kNowhere : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

size_t find_last_text(std::string_view text, std::string_view what, size_t from) {
  if (what.size() < 2 || text.size() < what.size() || text.size() < kFewSteps / what.size())
    return text.rfind(what, from);
  // The first place in both texts turned round.
  text = text.substr(0, std::min(from, text.size() - what.size()) + what.size());
  const std::string turned_text(text.rbegin(), text.rend());
  const std::string turned_what(what.rbegin(), what.rend());
  const size_t at = find_text(turned_text, turned_what);
  return at == kNowhere ? kNowhere : text.size() - at - what.size();
}

}  // namespace rapport::expr
