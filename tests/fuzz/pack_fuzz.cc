// rooms: decide
// Any texts as a pack: it is read or refused with words, and whatever was read can be looked at.
// "\n===\n" parts the files: pack.yaml, a.yaml, b.yaml …
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "decide/pack/diff.h"
#include "decide/pack/read_pack.h"
#include "decide/pack/static_findings.h"
#include "decide/pack/template_names.h"
#include "decide/pack/walk.h"

namespace {

using namespace rapport::decide;

PackFiles split_files(std::string_view text) {
  constexpr std::string_view kFence = "\n===\n";
  PackFiles files{.name = "p", .files = {}};
  std::string name = "pack.yaml";
  for (char next = 'a'; next <= 'd'; next++) {
    const size_t end = text.find(kFence);
    files.files[name] = std::string(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + kFence.size());
    name = std::string(1, next) + ".yaml";
  }
  return files;
}

void use(const Formula& formula) {
  if (formula.text.empty() || formula.place.line < 1 || formula.place.column < 1) __builtin_trap();
  for (const int column : {1, 7, 1000}) {
    const Place place = formula.place_at(1, column);
    if (place.line < 1 || place.column < 1) __builtin_trap();
  }
}

void use_flows(const PackSpec& pack) {
  for (const WorkflowSpec& one : pack.workflows) {
    if (!steps_without_place(one, one).empty()) __builtin_trap();
  }
  for (const TemplateSpec& made : pack.templates) {
    for (const TemplateName& name : outer_names(made)) {
      if (name.name.empty() || name.place.line < 1) __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const PackFiles files = split_files({reinterpret_cast<const char*>(bytes), size});
  const PackRead read = read_pack(files);
  for (const auto& error : read.errors) {
    if (error.message.size() < 3) __builtin_trap();
  }
  if (read.pack.version.size() != 16) __builtin_trap();
  each_formula(read.pack, use);
  use_flows(read.pack);
  Elsewhere elsewhere;
  add_elsewhere(read, elsewhere);
  const PackSpec packs[] = {read.pack, read.pack};
  for (const Finding& finding : static_findings(packs, elsewhere)) {
    if (to_text(finding).empty()) __builtin_trap();
  }
  const auto diff = diff_packs(files, files);
  if (diff.ok() && !to_text(*diff).empty()) __builtin_trap();
  if (read.errors.empty() && !diff.ok()) __builtin_trap();
  return 0;
}
