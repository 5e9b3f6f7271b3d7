// How search compares words: without regard to case, with * for any text.
#pragma once

#include <string_view>

namespace rapport::sandbox::hubspot {

// Every word of the pattern is a word of the text, or the whole text matches ("*@acme.example").
bool contains_token(std::string_view text, std::string_view pattern);
// Every word of the query occurs in the text.
bool contains_words(std::string_view text, std::string_view query);

}  // namespace rapport::sandbox::hubspot
