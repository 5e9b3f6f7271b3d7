// One checked expression in its compiled form: the same values as the interpreter's, many times
// quicker.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "expr/binding.h"
#include "expr/interpreter.h"
#include "expr/program_ops.h"
#include "expr/record.h"

namespace rapport::expr {

// Immutable: one for any number of threads, each with an arena of its own.
class Program {
 public:
  // Folds what is constant. Cost: a few microseconds for a common condition. The registry the
  // binding borrows must outlive the program.
  explicit Program(Binding binding);
  explicit Program(std::shared_ptr<const Binding> binding);

  // What interpret() gives, the missing fields and the words of an error too. The value borrows
  // from the program as well, where it is a constant. Does not allocate where the result is a bool,
  // a number or a piece of the record and the arena has room. `options.cost` bounds the work, and
  // no expression is refused that the interpreter accepts: what was made cheaper costs less here.
  // Where the result is unknown or an error, the expression is evaluated a second time, by the
  // interpreter.
  Value evaluate(const RecordView& record, Arena& arena,
                 const EvaluationOptions& options = {}) const;
  // The same without asking why: of what is unknown or an error the kind alone is told.
  Value evaluate_only(const RecordView& record, Arena& arena,
                      const EvaluationOptions& options = {}) const;
  // The same for a condition, without asking why where it is neither true nor false.
  Truth test(const RecordView& record, Arena& arena, const EvaluationOptions& options = {}) const;

  const Binding& binding() const { return *binding_; }

 private:
  template <class Use>
  auto with_evaluator(const RecordView& record, Call& call, Use use) const;

  std::shared_ptr<const Binding> binding_;
  Code code_;
  uint32_t root_ = 0;
};

}  // namespace rapport::expr
