// The opaque text by which a client asks for the next page of a list.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "store/state.h"

namespace rapport::store {

// The last row of a page: lists are ordered by (created, id).
struct PageEnd {
  Sequence created;
  std::string id;
  bool operator==(const PageEnd&) const = default;
};

// Valid only for requests with the same type, field, value and order.
std::string encode_page_cursor(const PageRequest& request, const PageEnd& end);
// kInvalid when `request.after` is no such text or of another list.
Result<PageEnd> decode_page_cursor(const PageRequest& request);

}  // namespace rapport::store
