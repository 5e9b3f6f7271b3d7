// The proxy that outgoing calls go through, and which of them do not.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rapport::net {

// An address such as "http://user:password@proxy.example:3128", taken apart.
struct ProxyAddress {
  std::string scheme, host;  // fit for messages: without credentials
  bool credentials = false;
};
// http, https or socks5h (which leaves resolving names to the proxy). Errors quote nothing of the
// text, which may hold a password.
Result<ProxyAddress> parse_proxy(std::string_view url);

struct ProxyOptions {
  // Asked before every call, because secrets may change. Empty: no proxy. An error: nothing is
  // sent, rather than past the proxy.
  std::function<Result<std::string>()> url;
  // Reached without it: "crm.internal" with what is below that, "10.0.0.0/8", "*".
  std::vector<std::string> no_proxy;
  // Where the proxy itself may be, beside public addresses. Allows nothing else.
  std::vector<std::string> allowed_networks;
};

bool goes_direct(std::string_view host, const std::vector<std::string>& no_proxy);

// Host of an absolute URL as libcurl reads it: IP addresses in their usual form, however written,
// without brackets. None: malformed.
std::optional<std::string> host_of(const std::string& url);

}  // namespace rapport::net
