// rooms: main
// Any text as a file of cases: it is read or refused with a place.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "decide/compile.h"
#include "decide/pack/read_pack.h"
#include "main/cases/read_case.h"

namespace {

using namespace rapport;

constexpr const char* kPack = R"(pack: p
settings: {limit: {value: 3, type: int}}
objects: {account: {fields: {plan: {type: text}}}}
signals: {quiet: {of: account, when: "account.plan == ''"}}
rules: {keep: {on: told, do: [{take: {account: [plan]}}]}}
)";

std::shared_ptr<decide::Definitions> definitions() {
  decide::PackRead read = decide::read_pack({"p", {{"pack.yaml", kPack}}});
  return decide::compile({std::make_shared<const decide::PackSpec>(std::move(read.pack))}, {},
                         nullptr)
      .definitions;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const auto kDefinitions = definitions();
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto read = cases::read_cases(text, "cases.yaml", *kDefinitions);
  for (const Error& error : read.errors)
    if (!error.message.starts_with("cases.yaml")) __builtin_trap();
  if (!read.errors.empty()) return 0;
  for (const cases::Case& one : read.cases)
    if (one.name.empty() || one.steps.empty()) __builtin_trap();
  return 0;
}
