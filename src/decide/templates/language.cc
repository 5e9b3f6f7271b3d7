#include "decide/templates/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/result.h"
#include "base/text.h"

namespace rapport::decide {
namespace {

constexpr size_t kMaxTag = 64;

// ISO 639 codes that were withdrawn, which older systems still send (RFC 5646, 2.2.1).
constexpr std::pair<std::string_view, std::string_view> kWithdrawn[] = {
    {"in", "id"}, {"iw", "he"}, {"ji", "yi"}, {"jw", "jv"}, {"mo", "ro"}};

// RFC 4647, 3.4: a single letter or digit goes with the subtag that followed it.
void shorten(std::string& range) {
  const size_t dash = range.rfind('-');
  range.resize(dash == std::string::npos ? 0 : dash);
  if (range.size() >= 2 && range[range.size() - 2] == '-') range.resize(range.size() - 2);
}

std::optional<std::string_view> look_up(std::span<const std::string_view> available,
                                        std::string_view asked) {
  if (!is_language_tag(canonical_language(asked))) return std::nullopt;
  for (std::string range = canonical_language(asked); !range.empty(); shorten(range)) {
    for (std::string_view tag : available)
      if (canonical_language(tag) == range) return tag;
  }
  return std::nullopt;
}

std::string why_not(std::string_view whose, std::string_view asked) {
  if (trim(asked).empty()) return fmt::format("the {}'s language is not known", whose);
  const std::string_view shown = cut_utf8(asked, kMaxTag);
  if (!is_language_tag(canonical_language(asked)))
    return fmt::format("the {}'s language '{}' is no language tag", whose, shown);
  return fmt::format("there is no text for the {}'s language {}", whose, shown);
}

std::string found(std::string_view whose, std::string_view asked, std::string_view tag) {
  if (canonical_language(asked) == canonical_language(tag))
    return fmt::format("{} is the {}'s language", tag, whose);
  return fmt::format("{} is the nearest to the {}'s language {}", tag, whose, asked);
}

}  // namespace

bool is_language_tag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTag) return false;
  const std::string tag = ascii_lower(text);
  bool first = true;
  for (std::string_view part : split(tag, '-')) {
    const size_t least = first ? 2 : 1, most = first ? 3 : 8;
    if (part.size() < least || part.size() > most) return false;
    const bool fits = std::all_of(part.begin(), part.end(), [&](char c) {
      return (c >= 'a' && c <= 'z') || (!first && c >= '0' && c <= '9');
    });
    if (!fits) return false;
    first = false;
  }
  return true;
}

std::string canonical_language(std::string_view tag) {
  std::string text = ascii_lower(trim(tag));
  std::replace(text.begin(), text.end(), '_', '-');
  const size_t first = std::min(text.find('-'), text.size());
  for (const auto& [old, now] : kWithdrawn)
    if (std::string_view(text).substr(0, first) == old)
      return std::string(now) + text.substr(first);
  return text;
}

LanguageChoice choose_language(std::span<const std::string_view> available, std::string_view person,
                               std::string_view workspace, std::string_view fallback) {
  if (const auto tag = look_up(available, person))
    return {*tag, LanguageReason::kPerson, found("person", person, *tag) + "."};
  const std::string not_person = why_not("person", person);
  if (const auto tag = look_up(available, workspace))
    return {*tag, LanguageReason::kWorkspace,
            fmt::format("{}; {}.", not_person, found("workspace", workspace, *tag))};
  const auto own = std::find(available.begin(), available.end(), fallback);
  CHECK(own != available.end());
  return {*own, LanguageReason::kDefault,
          fmt::format("{}, and {}; {} is the default.", not_person, why_not("workspace", workspace),
                      *own)};
}

}  // namespace rapport::decide
