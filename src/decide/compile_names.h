// First half of compiling: every object and field gets its number. Used inside compile only.
#pragma once

#include <vector>

#include "decide/compile.h"

namespace rapport::decide {

class Names {
 public:
  Names(Definitions& definitions, std::vector<Error>& errors)
      : definitions_(definitions), errors_(errors) {}
  void add(const PackSpec& pack);       // objects, fields, settings
  void add_made(const PackSpec& pack);  // fields that metrics, scores … make
  void refuse(const Place& place, std::string_view message);

 private:
  void add_object(const ObjectSpec& object);
  uint32_t object(std::string_view name, const Place& place);
  void field(uint32_t object, std::string name, FieldType type, FieldMaker maker, uint32_t number,
             const Place& place);
  void add_metrics(const PackSpec& pack);
  void add_rollup(const RollupSpec& rollup);
  void add_score(const ScoreSpec& score);
  void add_lifecycle(const LifecycleSpec& lifecycle);
  FieldType type_of_path(std::string_view path, FieldType otherwise) const;

  Definitions& definitions_;
  std::vector<Error>& errors_;
};

}  // namespace rapport::decide
