// Which of a text's languages a person gets: RFC 4647 lookup. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rapport::decide {

enum class LanguageReason {
  kPerson,     // it is what the person asked for
  kWorkspace,  // there is none for the person; it is what the workspace speaks
  kDefault,    // neither: the text's own default
};

struct LanguageChoice {
  std::string_view tag;  // one of `available`
  LanguageReason reason = LanguageReason::kDefault;
  std::string explanation;  // one sentence that names the tags
};

// Subtags as RFC 5646 has them, in any case: "es", "zh-Hant-TW". The first has two or three
// letters, since no longer one is registered. Whether it means something is not checked.
bool is_language_tag(std::string_view text);
// One form of a tag, however it is spelled: "pt-br" of "pt-BR" and " pt_BR", "id" of "in".
std::string canonical_language(std::string_view tag);

// A range loses subtags from its end until a text has just that tag: "es-MX" finds "es", "es" does
// not find "es-MX". Case does not matter, '_' is read as '-', and withdrawn codes are the ones that
// followed them ("in" is "id"). Empty: not known. `fallback` must be one of `available`.
LanguageChoice choose_language(std::span<const std::string_view> available, std::string_view person,
                               std::string_view workspace, std::string_view fallback);

}  // namespace rapport::decide
