// rooms: connect
// Any text as a manifest: it is loaded or refused with a place, and what was loaded can be used.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "connect/manifest.h"
#include "connect/request.h"

namespace {

using namespace rapport::connect;

void use(const CallSpec& call) {
  CallItem item{.id = "1", .key = "a@b.example", .marker = "m", .trace = "t"};
  item.properties.set("email", "a@b.example");
  item.links.push_back({.other = "o", .to = "2", .local = "contact/c"});
  const CallScope scope{.object = "o", .other = "p", .to = "3", .after = "4", .names = {"email"}};
  const auto request = fill_request(call, scope, {&item, 1}, "https://api.invalid");
  if (!request.target.starts_with("https://api.invalid/")) __builtin_trap();
  if (!call.body.is_null() && !rapport::parse_json(request.body).ok()) __builtin_trap();
  read_results(call, rapport::parse_json(R"({"results":[{"id":1}],"a":{"b":[]}})").value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto manifest = load_manifest(text, "manifest.yaml");
  if (!manifest.ok()) {
    if (manifest.error().message.empty()) __builtin_trap();
    return 0;
  }
  use(manifest->identity);
  for (const ObjectSpec& object : manifest->objects) {
    for (const auto* call : {&object.create, &object.upsert, &object.update, &object.remove}) {
      if (call->has_value()) use(**call);
    }
    for (const FindStep& step : object.find) {
      use(step.read);
      if (step.list) use(*step.list);
    }
  }
  return 0;
}
