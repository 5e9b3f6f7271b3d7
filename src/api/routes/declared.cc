#include "api/routes/declared.h"

#include <fmt/format.h>

#include "api/problem.h"
#include "base/text.h"

namespace rapport::api {

Declarer declarer(Call& call) {
  return {call.tenant->workspace(), call.tenant->state(), call.principal->name(),
          call.principal->key_id};
}

HttpResponse refused(const std::vector<Error>& problems) {
  HttpResponse response = problem(Refusal{problems}.error());
  Json body = parse_json(response.body).value();
  response.body = to_text(body.set("problems", to_json(problems)));
  return response;
}

void note_packs(Call& call) {
  const auto& tell = call.context.operations.packs_changed;
  if (!tell) return;
  const auto problems = call.context.declaring.problems(call.tenant->state());
  if (problems.ok()) tell(call.tenant->workspace(), problems->size());
}

Result<Words> Words::of(Call& call) {
  Words words;
  const decide::Engine& engine = call.context.declaring.engine();
  auto rehearsal = call.context.declaring.rehearse(call.tenant->state(), engine);
  TRY(rehearsal.read(call.context.clock.now(), [&](const decide::Step& step) {
    words.definitions_ = engine.definitions(step);
  }));
  if (!words.definitions_) words.built_in_ = std::make_shared<const decide::Vocabulary>();
  return words;
}

const decide::Vocabulary& Words::vocabulary() const {
  return definitions_ ? definitions_->vocabulary : *built_in_;
}

Result<const decide::Object*> Words::object(std::string_view name) const {
  const decide::Vocabulary& all = vocabulary();
  const uint32_t number = all.find_object(name);
  if (number != decide::Vocabulary::kNone) return &all.object(number);
  std::vector<std::string_view> known;
  for (uint32_t i = 0; i < all.objects(); ++i) known.push_back(all.object(i).name);
  const auto near = nearest(name, known);
  return not_found(fmt::format("no active pack has an object '{}'{}", cut_utf8(name, 100),
                               near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

Result<model::Record> find_record(Call& call, const Words& words, std::string_view name,
                                  std::string_view id) {
  TRY_ASSIGN(const decide::Object* object, words.object(name));
  auto found = call.tenant->record(object->storage, id);
  if (found.ok() && object->storage == model::kObject && found->fields.text("object") != name)
    return not_found(fmt::format("there is no {} {}", name, cut_utf8(id, 100)));
  if (found.ok() || found.error().code != Code::kNotFound || name != model::kContact) return found;
  TRY_ASSIGN(auto merged, call.tenant->state().list({std::string(model::kContact), "former_ids",
                                                     std::string(id), "", 1}));
  if (merged.records.empty()) return found;
  return std::move(merged.records.front());
}

Result<std::string> text_of(const Call& call, std::string_view member) {
  if (!call.body.is_object()) return invalid("the body must be a JSON object", std::string(member));
  const auto text = call.body.text(member);
  if (text.empty())
    return invalid(fmt::format("{} is missing or no text", member), std::string(member));
  return std::string(text);
}

}  // namespace rapport::api
