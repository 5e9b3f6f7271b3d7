// Where one text stands in another, in time linear in both whatever they are: what the standard
// library offers is quadratic for texts made to hurt.
#pragma once

#include <cstddef>
#include <string_view>

namespace rapport::expr {

// The first place from byte `from` on, from <= text.size(); npos when there is none. The empty text
// stands everywhere.
size_t find_text(std::string_view text, std::string_view what, size_t from = 0);
// The last place that is not beyond byte `from`.
size_t find_last_text(std::string_view text, std::string_view what,
                      size_t from = std::string_view::npos);

}  // namespace rapport::expr
