// What was meant by a word that means nothing: by spelling, or because other languages call it so.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rapport::expr {

// The nearest of the candidates: the same but for case and underscores, or with few letters
// wrong, missing, too many or swapped (1 of up to 4, 2 of 5 and more). The first among equals;
// empty when none is near.
std::string nearest_spelling(std::string_view word, std::span<const std::string_view> candidates);

// CEL's word for a constant or a function of other languages: "None" is "null", "len" is "size".
// Empty when unknown.
std::string_view constant_meant(std::string_view word);
std::string_view function_meant(std::string_view word);

}  // namespace rapport::expr
