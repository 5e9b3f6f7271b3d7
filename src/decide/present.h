// Records as expressions see them at a moment: with what is not stored but read then, metrics and
// clocks. For who shows records or compares them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "decide/compiled.h"
#include "decide/engine.h"

namespace rapport::decide {

class Present {
 public:
  // `facts` must hold all there is: what is not loaded ends in Needs being thrown. All three
  // outlive this.
  Present(const Engine& engine, const Facts& facts, WorkspaceId workspace, Micros now);
  ~Present();

  // What is active; null: nothing is.
  const Definitions* definitions() const { return definitions_.get(); }
  // A declared field as it would be stored: money as "12.50 USD", moments in RFC 3339. Nothing
  // where an expression finds it absent.
  std::optional<Json> value(const model::RecordKey& record, std::string_view field) const;
  // A value somebody wrote, in the same form; nothing where it is none of the field's type.
  std::optional<Json> read_as(const Json& written, FieldType type) const;

 private:
  struct Sight;
  std::unique_ptr<Sight> sight_;
  std::shared_ptr<const Definitions> definitions_;
};

}  // namespace rapport::decide
