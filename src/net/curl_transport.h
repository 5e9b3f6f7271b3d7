// Outgoing HTTP by libcurl: TLS 1.2+ with certificates checked, no redirects, bounded answers, and
// addresses checked when connecting.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/http.h"
#include "net/proxy.h"

namespace rapport::net {

struct TransportOptions {
  Micros connect_time = seconds(5);
  Micros total_time = seconds(30);
  size_t max_answer_bytes = 32 * 1024 * 1024;  // after decompression: kTooLarge
  // Private, loopback, link-local and other special addresses are refused (kForbidden) at connect
  // time unless a network listed here holds them, e.g. "127.0.0.0/8". The check is made on the
  // address that is connected to, so a name that resolves differently later cannot slip by.
  std::vector<std::string> allowed_networks;
  // Through a proxy the address connected to is the proxy's, and that is what is checked, against
  // ProxyOptions::allowed_networks. Of the target only an address written as such, or localhost, is
  // checked here; what its name resolves to is the proxy's to allow.
  ProxyOptions proxy = {};
  std::string ca_file;  // authorities trusted beside the system's, PEM
  std::string user_agent = "Rapport";
};

// Any thread; each thread keeps its own connections alive.
std::unique_ptr<Transport> make_curl_transport(TransportOptions options);

// True when an IPv4 or IPv6 address text may be connected to under `allowed_networks`.
bool address_allowed(std::string_view address, const std::vector<std::string>& allowed_networks);

}  // namespace rapport::net
