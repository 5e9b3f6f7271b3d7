#include "net/proxy.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "net/network.h"

namespace rapport::net {
namespace {

constexpr std::string_view kSchemes[] = {"http", "https", "socks5h"};

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

std::string part(const Url& url, CURLUPart what) {
  char* text = nullptr;
  if (curl_url_get(url.get(), what, &text, 0) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

Url parsed(const std::string& text, unsigned flags) {
  Url url(curl_url(), &curl_url_cleanup);
  if (url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), flags) != CURLUE_OK) url.reset();
  return url;
}

std::string_view without_brackets(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

Result<ProxyAddress> parse_proxy(std::string_view text) {
  const Url url = parsed(std::string(text), CURLU_NON_SUPPORT_SCHEME);
  ProxyAddress address;
  if (url) address.scheme = ascii_lower(part(url, CURLUPART_SCHEME));
  if (url) address.host = part(url, CURLUPART_HOST);
  if (address.host.empty())
    return invalid("the proxy is not written like http://proxy.example:3128");
  if (std::find(std::begin(kSchemes), std::end(kSchemes), address.scheme) == std::end(kSchemes)) {
    const auto close = nearest(address.scheme, kSchemes);
    return invalid(fmt::format("a proxy is http, https or socks5h, not '{}'{}", address.scheme,
                               close ? fmt::format("; did you mean '{}'?", *close) : ""));
  }
  const std::string path = part(url, CURLUPART_PATH);
  if ((!path.empty() && path != "/") || !part(url, CURLUPART_QUERY).empty())
    return invalid("the proxy has no path: write only scheme, host and port");
  address.credentials =
      !part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty();
  return address;
}

std::optional<std::string> host_of(const std::string& text) {
  const Url url = parsed(text, 0);
  const std::string host = url ? part(url, CURLUPART_HOST) : "";
  if (host.empty()) return std::nullopt;
  return std::string(without_brackets(host));
}

bool goes_direct(std::string_view host, const std::vector<std::string>& no_proxy) {
  std::string name = ascii_lower(host);
  if (name.ends_with('.')) name.pop_back();
  const auto address = parse_address(name);
  return std::any_of(no_proxy.begin(), no_proxy.end(), [&](const std::string& entry) {
    if (entry == "*") return true;
    if (const auto network = Network::parse(entry)) return address && network->holds(*address);
    std::string domain = ascii_lower(entry);
    if (domain.starts_with('.')) domain.erase(0, 1);
    return name == domain || name.ends_with("." + domain);
  });
}

}  // namespace rapport::net
