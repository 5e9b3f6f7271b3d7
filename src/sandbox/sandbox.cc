#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sandbox/hubspot.h"

namespace rapport::sandbox {
namespace {
constexpr std::string_view kVendors[] = {"hubspot"};
}

std::span<const std::string_view> sandbox_vendors() {
  return kVendors;
}

Result<std::unique_ptr<HttpHandler>> make_sandbox(std::string_view vendor, SandboxOptions options,
                                                  Clock& clock, Random& random) {
  if (options.tokens.empty()) return invalid("a sandbox needs at least one access token", "tokens");
  for (const SandboxToken& token : options.tokens)
    if (token.token.empty()) return invalid("an access token must not be empty", "tokens");
  if (options.search_lag < Micros{0})
    return invalid("search lag must not be negative", "search_lag");
  if (vendor == "hubspot")
    return std::unique_ptr<HttpHandler>(
        std::make_unique<Hubspot>(std::move(options), clock, random));
  return invalid(fmt::format("there is no sandbox '{}'; known: {}", vendor,
                             fmt::join(sandbox_vendors(), ", ")),
                 "vendor");
}

}  // namespace rapport::sandbox
