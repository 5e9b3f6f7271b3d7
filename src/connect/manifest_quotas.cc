// How many calls the vendor permits.
#include <fmt/core.h>

#include <set>

#include "connect/manifest_parts.h"

namespace rapport::connect {
namespace {

constexpr int64_t kMostCalls = 1'000'000'000;

QuotaWindow read_window(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "a quota window", document);
  QuotaWindow window;
  window.name = fields.text("name");
  fields.require("calls");
  window.calls = fields.integer("calls", 1, kMostCalls, 1);
  fields.require("per");
  window.per = fields.span("per", seconds(1));
  if (window.per < millis(100) || window.per > hours(24 * 31)) {
    document.refuse(node, "'per' must be between 100ms and 31 days");
  }
  window.only = fields.text_or("only", "");
  window.limit_header = fields.text_or("limit_header", "");
  window.left_header = fields.text_or("left_header", "");
  window.policy = fields.text_or("policy", "");
  fields.finish();
  return window;
}

}  // namespace

void read_quotas(const YamlNode& node, Manifest& manifest, YamlDocument& document) {
  YamlFields fields(node, "'quotas'", document);
  manifest.quotas.reserve_percent =
      static_cast<int>(fields.integer("reserve_percent", 0, 50, manifest.quotas.reserve_percent));
  manifest.quotas.policy_path = fields.text_or("policy", "");
  std::set<std::string> names;
  if (const YamlNode* windows = fields.require("windows")) {
    for (const YamlNode& window : windows->items) {
      manifest.quotas.windows.push_back(read_window(window, document));
      if (!names.insert(manifest.quotas.windows.back().name).second) {
        document.refuse(window, fmt::format("two windows are called '{}'",
                                            manifest.quotas.windows.back().name));
      }
    }
  }
  fields.finish();
}

}  // namespace rapport::connect
