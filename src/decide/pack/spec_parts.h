// What entries of packs are made of: places, expressions, values, actions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace rapport::decide {

// Where something stands, for messages: "packs/cost-support/rules.yaml:12:7". Line and column from
// 1, in code points.
struct Place {
  std::string file;
  int line = 0, column = 0;
};
std::string to_text(const Place& place);

// A CEL expression as written. Empty text: there is none.
struct Formula {
  std::string text;
  Place place;  // of its first character
  // From this byte of the text on, up to the next run, it stands without a break at this place.
  // None: all of it stands at `place`.
  struct Run {
    size_t offset = 0;
    int line = 0, column = 0;
  };
  std::vector<Run> runs = {};

  bool empty() const { return text.empty(); }
  // Where in the file a place within the text stands; line and column from 1, in code points, as
  // expr::Position has them. Right also when YAML folds the text or quotes it.
  Place place_at(int line, int column) const;
};

// A literal, or an expression ("= …").
struct ValueSpec {
  Json literal;
  Formula formula;  // when not empty, it counts
  Place place;
};

// What every entry has.
struct Entry {
  std::string id;
  std::string pack;
  std::string says;
  std::vector<std::string> spec;  // ids of requirements
  Place place;
};

// One thing to do. `kind` is the action's name; `arguments` keeps what was written under it, with
// the place of each member, for the action's own reader.
struct ActionSpec {
  std::string kind;
  Place place;
  struct Argument {
    // "to.team", "set.amount", "ticket.team"; an item of a list "ticket.0". A value that is a list
    // or a map of literals (`set: {contact.topics: [a, b]}`) is one argument.
    std::string path;
    ValueSpec value;
  };
  std::vector<Argument> arguments;  // in the order they were written
  const ValueSpec* find(std::string_view path) const;
  std::string text(std::string_view path) const;  // of a literal; empty when absent
  // Arguments whose path begins with `prefix` and a dot; the rest of the path is the name.
  std::vector<std::pair<std::string, const ValueSpec*>> under(std::string_view prefix) const;
};

}  // namespace rapport::decide
