#include "main/proxy.h"

#include <fmt/format.h>

#include "base/text.h"

namespace rapport {

Result<std::string> read_secret(Disk& disk, const Environment& environment, const std::string& env,
                                const std::string& file, std::string_view what) {
  if (!env.empty()) {
    if (auto value = environment(env)) return *value;
    return Error{Code::kUnauthenticated,
                 fmt::format("{}: environment variable {} is not set", what, env)};
  }
  const auto text = read_file(disk, file);
  if (!text.ok())
    return Error{Code::kUnauthenticated, fmt::format("{}: {}", what, text.error().message)};
  return std::string(trim(*text));
}

net::TransportOptions transport_options(const Settings& settings, const ProxySettings& proxy,
                                        Disk& disk, const Environment& environment) {
  net::TransportOptions options;
  options.allowed_networks = settings.allowed_networks;
  options.ca_file = settings.ca_file;
  if (proxy.none()) return options;
  options.proxy.no_proxy = proxy.no_proxy;
  options.proxy.allowed_networks = proxy.allowed_networks;
  options.proxy.url = [proxy, &disk, &environment]() -> Result<std::string> {
    if (!proxy.url.empty()) return proxy.url;
    return read_secret(disk, environment, proxy.url_env, proxy.url_file, "The setting proxy");
  };
  return options;
}

}  // namespace rapport
