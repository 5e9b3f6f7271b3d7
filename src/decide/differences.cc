#include "decide/differences.h"

#include <algorithm>

namespace rapport::decide {

Differences::Differences(const Object& of, const Json& before, const Json& now) : of_(of) {
  collect(now, before, false);
  collect(before, now, true);
}

bool Differences::any_of(const std::vector<std::string>& names) const {
  return std::any_of(members_.begin(), members_.end(), [&](std::string_view member) {
    return std::find(names.begin(), names.end(), member) != names.end();
  });
}

// Members of `a` that `b` has otherwise or, for the second pass, has not at all.
void Differences::collect(const Json& a, const Json& b, bool missing_only) {
  if (!a.is_object()) return;
  static const Json::Object kNothing;
  const Json::Object& others = b.is_object() ? b.as_object() : kNothing;
  size_t at = 0;  // the same names mostly stand in the same order
  for (const auto& [name, value] : a.as_object()) {
    size_t place = at;
    if (place >= others.size() || !(others[place].first == name)) {
      const SharedText::Wanted wanted(name);
      place = 0;
      while (place < others.size() && !wanted.is(others[place].first)) ++place;
    }
    const bool there = place < others.size();
    if (there) at = place + 1;
    if (there && (missing_only || others[place].second == value)) continue;
    note(name);
  }
}

void Differences::note(std::string_view name) {
  members_.push_back(name);
  if (name == "traits") {  // any field may be read from there
    for (uint32_t i = 0; i < of_.fields.size(); ++i)
      if (of_.fields[i].maker == FieldMaker::kGiven) fields_.insert(i);
  }
  if (name == "emails") add("email");
  if (name == "phones") add("phone");
  add(name);
}

void Differences::add(std::string_view field) {
  const auto number = of_.numbers.find(field);
  if (number != of_.numbers.end() && fields_.insert(number->second)) changed_.push_back(field);
}

}  // namespace rapport::decide
