// rooms: store
// Any text as the cursor of a list: refused, or exactly one that the same list would have given.
// The first line of the input says which list: type, field and value separated by spaces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/page_cursor.h"

namespace {

using namespace rapport::store;

std::string word(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string found(line.substr(0, end));
  line.remove_prefix(std::min(end + 1, line.size()));
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const size_t break_at = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, break_at);
  PageRequest request;
  request.type = word(line);
  request.field = word(line);
  request.value = std::string(line);
  request.after = std::string(text.substr(std::min(break_at + 1, text.size())));
  if (const auto end = decode_page_cursor(request); end.ok()) {
    PageRequest again = request;
    again.after = encode_page_cursor(request, *end);
    if (decode_page_cursor(again).value() != *end) __builtin_trap();
  }
  // What the list itself gives is taken back, and another list refuses it.
  const PageEnd row{{size}, "id" + request.after};
  PageRequest own = request;
  own.after = encode_page_cursor(request, row);
  if (decode_page_cursor(own).value() != row) __builtin_trap();
  own.type += "x";
  if (decode_page_cursor(own).ok()) __builtin_trap();
  return 0;
}
