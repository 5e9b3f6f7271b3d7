// The names in a template's texts, and what a message of it must bring.
#pragma once

#include <string>
#include <vector>

#include "decide/pack/message_spec.h"

namespace rapport::decide {

struct TemplateName {
  std::string name;
  Place place;
};
// Every name that is no member of a list's item, in the order of the texts.
std::vector<TemplateName> outer_names(const TemplateSpec& made);

// Variables that have no value of their own, may not be missing, and that the action `send` does
// not give. None when it brings a text of its own.
std::vector<std::string> missing_from(const ActionSpec& send, const TemplateSpec& made);
std::string text_of_missing(const ActionSpec& send, const std::vector<std::string>& missing);

}  // namespace rapport::decide
