// What routes over packs and what they declare share.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/declaring.h"
#include "api/router.h"

namespace rapport::api {

Declarer declarer(Call& call);

// Everything that is wrong, as a problem document with `problems`: message, file, line, column.
HttpResponse refused(const std::vector<Error>& problems);
// What is active has changed: the server's status is told.
void note_packs(Call& call);

// The words of the workspace: of the active packs, else the built-in ones alone.
class Words {
 public:
  static Result<Words> of(Call& call);
  const decide::Vocabulary& vocabulary() const;
  const decide::Definitions* definitions() const { return definitions_.get(); }
  // An object by its name; kNotFound with the nearest one.
  Result<const decide::Object*> object(std::string_view name) const;

 private:
  std::shared_ptr<const decide::Definitions> definitions_;
  std::shared_ptr<const decide::Vocabulary> built_in_;
};

// A record by the name of its object and its id; a contact also by an id it had before a merge.
Result<model::Record> find_record(Call& call, const Words& words, std::string_view object,
                                  std::string_view id);

// A text of the body; kInvalid when it is missing or empty.
Result<std::string> text_of(const Call& call, std::string_view member);

}  // namespace rapport::api
