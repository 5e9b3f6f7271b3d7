#include "base/http.h"

#include "base/text.h"

namespace rapport {

std::string_view header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

}  // namespace rapport
