// base64.encode and base64.decode (RFC 4648 §4; padding may be left out when decoding).
#include "base/text.h"
#include "expr/functions/libraries.h"

namespace rapport::expr {
namespace {

Value encode(Arguments args, Call& call) {
  return call.arena.string(to_base64(args[0].as_text()));
}

Value decode(Arguments args, Call& call) {
  const auto bytes = from_base64(args[0].as_text());
  return bytes ? call.arena.bytes(*bytes) : call.error("this is no base64");
}

constexpr Overload kOverloads[] = {
    {"base64.encode", "(bytes) -> string", 2, encode},
    {"base64.decode", "(string) -> bytes", 2, decode},
};

}  // namespace

std::span<const Overload> encoder_overloads() {
  return kOverloads;
}

}  // namespace rapport::expr
