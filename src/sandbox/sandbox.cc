#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sandbox/hubspot.h"

namespace rapport::sandbox {
namespace {

constexpr std::string_view kVendors[] = {"hubspot"};

Result<void> check_vendor(std::string_view vendor) {
  if (std::find(std::begin(kVendors), std::end(kVendors), vendor) != std::end(kVendors)) return {};
  return invalid(fmt::format("there is no sandbox '{}'; known: {}", vendor,
                             fmt::join(sandbox_vendors(), ", ")),
                 "vendor");
}

Result<void> check_quotas(const std::vector<QuotaWindow>& windows) {
  for (const QuotaWindow& window : windows)
    if (window.calls < 1 || window.per < millis(1))
      return invalid("a quota needs at least one call and one millisecond", "quotas");
  return {};
}

Result<void> check_options(const SandboxOptions& options) {
  if (options.tokens.empty() && !options.app)
    return invalid("a sandbox needs at least one access token", "tokens");
  for (const SandboxToken& token : options.tokens)
    if (token.token.empty()) return invalid("an access token must not be empty", "tokens");
  if (options.app && (options.app->client_id.empty() || options.app->client_secret.empty()))
    return invalid("an app needs a client id and a client secret", "app");
  if (options.app && options.app->token_lifetime < seconds(1))
    return invalid("an access token must live at least a second", "token_lifetime");
  if (options.search_lag < Micros{0})
    return invalid("search lag must not be negative", "search_lag");
  TRY(check_quotas(options.quotas));
  return options.app ? check_quotas(options.app->quotas) : Result<void>();
}

}  // namespace

std::span<const std::string_view> sandbox_vendors() {
  return kVendors;
}

Result<std::vector<QuotaWindow>> plan_quotas(std::string_view vendor, std::string_view plan) {
  TRY(check_vendor(vendor));
  return hubspot_quotas(plan);
}

Result<std::unique_ptr<HttpHandler>> make_sandbox(std::string_view vendor, SandboxOptions options,
                                                  Clock& clock, Random& random) {
  TRY(check_options(options));
  TRY(check_vendor(vendor));
  return std::unique_ptr<HttpHandler>(std::make_unique<Hubspot>(std::move(options), clock, random));
}

}  // namespace rapport::sandbox
