#include "main/settings.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "base/yaml_fields.h"
#include "net/network.h"
#include "net/proxy.h"

namespace rapport {

using connect::DailyWindow;
using connect::OffPeak;

namespace {

constexpr int kMidnight = 24 * 60;  // as an end

OAuthSettings read_oauth(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "oauth", document);
  OAuthSettings o;
  o.client_id = fields.text("client_id");
  o.secret_env = fields.text_or("client_secret_env", "");
  o.secret_file = fields.text_or("client_secret_file", "");
  o.redirect_uri = fields.text("redirect_uri");
  fields.finish();
  if (o.secret_env.empty() == o.secret_file.empty())
    document.refuse(node, "oauth takes its secret from client_secret_env or client_secret_file");
  if (!o.redirect_uri.ends_with("/oauth/callback"))
    document.refuse(node, "redirect_uri must end with /oauth/callback, where this server answers");
  return o;
}

DailyWindow read_window(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "an off-peak window", document);
  DailyWindow window;
  // What is wrong is said where it stands, with the name of the field.
  const auto read = [&](std::string_view key, const YamlNode& value, auto parse, int fallback) {
    const Result<int> parsed = parse(value.text);
    if (!parsed.ok()) document.refuse(value, fmt::format("'{}': {}", key, parsed.error().message));
    return parsed.ok() ? *parsed : fallback;
  };
  const YamlNode* days = fields.take("days");
  window.days.fill(days == nullptr);
  if (days != nullptr) {
    const bool list = days->kind == YamlNode::Kind::kList;
    if (list && days->items.empty()) document.refuse(*days, "'days' must name a day");
    for (const YamlNode& day : list ? days->items : std::vector<YamlNode>{*days})
      window.days[static_cast<size_t>(read("days", day, connect::parse_weekday, 0))] = true;
  }
  if (const YamlNode* from = fields.require("from"))
    window.from = read("from", *from, connect::parse_clock, 0);
  if (const YamlNode* to = fields.require("to"))
    window.to = read("to", *to, connect::parse_clock, 1);
  if (window.from == window.to || window.from == kMidnight)
    document.refuse(node,
                    "an off-peak window ends at another time than it begins; write a whole day "
                    "from 00:00 to 24:00");
  fields.finish();
  return window;
}

std::optional<OffPeak> read_off_peak(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "off_peak", document);
  const std::string zone = fields.text("zone");
  std::vector<DailyWindow> windows;
  const YamlNode* list = fields.require("windows");
  if (list && (list->kind != YamlNode::Kind::kList || list->items.empty()))
    document.refuse(*list, "'windows' must be a list of at least one window");
  if (list)
    for (const YamlNode& item : list->items) windows.push_back(read_window(item, document));
  fields.finish();
  if (document.error) return std::nullopt;
  auto made = OffPeak::make(zone, std::move(windows));
  if (made.ok()) return std::move(made).value();
  document.refuse(*node.find("zone"), fmt::format("'zone': {}", made.error().message));
  return std::nullopt;
}

void check_networks(const YamlNode& node, const std::vector<std::string>& networks,
                    YamlDocument& document) {
  for (const std::string& text : networks)
    if (!net::Network::parse(text))
      document.refuse(node, fmt::format("'{}' is no network such as 10.0.0.0/8", text));
}

void check_proxy_url(const YamlNode& node, const std::string& url, YamlDocument& document) {
  const auto address = net::parse_proxy(url);
  if (!address.ok()) return document.refuse(node, address.error().message);
  if (address->credentials)
    document.refuse(
        node,
        "the proxy's password does not belong into the settings; give the whole address "
        "by url_env or url_file");
}

// "none", an address, or a mapping.
ProxySettings read_proxy(const YamlNode& node, YamlDocument& document) {
  ProxySettings proxy;
  if (node.kind == YamlNode::Kind::kScalar) {
    if (node.text == "none") return proxy;
    proxy.url = node.text;
    check_proxy_url(node, proxy.url, document);
    return proxy;
  }
  YamlFields fields(node, "proxy", document);
  proxy.url = fields.text_or("url", "");
  proxy.url_env = fields.text_or("url_env", "");
  proxy.url_file = fields.text_or("url_file", "");
  proxy.no_proxy = fields.texts("no_proxy");
  proxy.allowed_networks = fields.texts("allowed_networks");
  fields.finish();
  const int sources = (proxy.url.empty() ? 0 : 1) + (proxy.url_env.empty() ? 0 : 1) +
                      (proxy.url_file.empty() ? 0 : 1);
  if (sources != 1)
    document.refuse(node, "proxy takes its address from one of url, url_env, url_file");
  if (!proxy.url.empty()) check_proxy_url(node, proxy.url, document);
  check_networks(node, proxy.allowed_networks, document);
  return proxy;
}

ConnectionSettings read_connection(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "a connection", document);
  ConnectionSettings c;
  c.id = fields.text("id");
  c.workspace = fields.text("workspace");
  c.vendor = fields.text("vendor");
  c.base_url = fields.text_or("base_url", "");
  c.token_env = fields.text_or("token_env", "");
  c.token_file = fields.text_or("token_file", "");
  if (const YamlNode* oauth = fields.take("oauth")) c.oauth = read_oauth(*oauth, document);
  if (const YamlNode* proxy = fields.take("proxy")) c.proxy = read_proxy(*proxy, document);
  c.enabled = fields.flag("enabled", true);
  if (const YamlNode* off_peak = fields.take("off_peak"))
    c.off_peak = read_off_peak(*off_peak, document);
  c.look_up = fields.flag("look_up", true);
  c.sync_conversations = fields.flag("sync_conversations", true);
  c.create_tickets = fields.flag("create_tickets", true);
  constexpr std::string_view kPriorities[] = {"low", "medium", "high", "urgent"};
  c.sync_deals = fields.flag("sync_deals", true);
  c.sync_tasks = fields.flag("sync_tasks", true);
  c.auto_assign = fields.flag("auto_assign", true);
  c.default_team = fields.text_or("default_team", "");
  if (const YamlNode* mapping = fields.take("mapping")) c.mapping = *mapping;
  c.mapping_file = document.name;
  c.create_properties = fields.flag("create_properties", true);
  c.default_priority = kPriorities[fields.choice("default_priority", kPriorities, 1)];
  fields.finish();
  const int sources =
      (c.token_env.empty() ? 0 : 1) + (c.token_file.empty() ? 0 : 1) + (c.oauth ? 1 : 0);
  if (sources != 1)
    document.refuse(node, "a connection takes its token from one of token_env, token_file, oauth");
  return c;
}

void read_http(const YamlNode& node, Settings& s, YamlDocument& document) {
  YamlFields fields(node, "http", document);
  auto& o = s.http;
  const auto bytes = [&](std::string_view key, size_t& value, int64_t least, int64_t most) {
    value = static_cast<size_t>(fields.integer(key, least, most, static_cast<int64_t>(value)));
  };
  bytes("max_header_bytes", o.max_header_bytes, 1024, 1 << 20);
  bytes("max_body_bytes", o.max_body_bytes, 1024, 64 << 20);
  bytes("max_decoded_bytes", o.max_decoded_bytes, 1024, 256 << 20);
  bytes("max_connections", o.max_connections, 1, 1'000'000);
  o.header_time = fields.span("header_time", o.header_time);
  o.body_time = fields.span("body_time", o.body_time);
  o.idle_time = fields.span("idle_time", o.idle_time);
  fields.finish();
}

void read_intake(const YamlNode& node, Settings& s, YamlDocument& document) {
  YamlFields fields(node, "intake", document);
  s.default_region = fields.text_or("default_region", "");
  s.max_past = fields.span("max_past", s.max_past);
  s.max_lag_events = static_cast<uint64_t>(fields.integer("max_lag_events", 1000, 1'000'000'000,
                                                          static_cast<int64_t>(s.max_lag_events)));
  fields.finish();
}

PackSettings read_packs(const YamlNode& node, YamlDocument& document) {
  YamlFields fields(node, "packs of a workspace", document);
  PackSettings packs;
  packs.workspace = fields.text("workspace");
  packs.folders = fields.texts("folders");
  if (packs.folders.empty())
    document.refuse(node, "'folders' must name one folder or shipped pack at least");
  fields.finish();
  return packs;
}

void check_connections(const Settings& s, const YamlNode& root, YamlDocument& document) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto& c : s.connections)
    if (!seen.emplace(c.workspace, c.id).second)
      document.refuse(root,
                      fmt::format("workspace '{}' has two connections '{}'", c.workspace, c.id));
}

}  // namespace

Result<void> set_listen(Settings& settings, std::string_view text) {
  const size_t colon = text.rfind(':');
  const std::string_view digits = colon == text.npos ? text : text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port > 65535)
    return invalid(fmt::format("'{}' is not address:port such as 127.0.0.1:8080", text), "listen");
  if (colon != text.npos) settings.http.address = std::string(text.substr(0, colon));
  settings.http.port = static_cast<uint16_t>(port);
  return {};
}

Result<Settings> parse_settings(std::string_view yaml, std::string_view name) {
  Settings s;
  if (yaml.find_first_not_of(" \t\r\n") == yaml.npos) return s;
  TRY_ASSIGN(const YamlNode root, parse_yaml(yaml, name));
  YamlDocument document{.name = std::string(name)};
  YamlFields fields(root, "the settings file", document);
  s.data = fields.text_or("data", s.data);
  s.connectors = fields.text_or("connectors", "");
  s.packs_folder = fields.text_or("packs_folder", "");
  if (const YamlNode* listen = fields.take("listen")) {
    if (auto set = set_listen(s, listen->text); !set.ok())
      document.refuse(*listen, set.error().message);
  }
  if (const YamlNode* http = fields.take("http")) read_http(*http, s, document);
  if (const YamlNode* intake = fields.take("intake")) read_intake(*intake, s, document);
  s.allowed_networks = fields.texts("allowed_networks");
  check_networks(root, s.allowed_networks, document);
  s.ca_file = fields.text_or("ca_file", "");
  if (const YamlNode* proxy = fields.take("proxy")) s.proxy = read_proxy(*proxy, document);
  s.segment_mebibytes = static_cast<uint64_t>(fields.integer("segment_mebibytes", 1, 1024, 64));
  s.push_interval = fields.span("push_interval", s.push_interval);
  if (const YamlNode* connections = fields.take("connections")) {
    if (connections->kind != YamlNode::Kind::kList) {
      document.refuse(*connections, "connections must be a list");
    }
    for (const YamlNode& node : connections->items)
      s.connections.push_back(read_connection(node, document));
  }
  if (const YamlNode* packs = fields.take("packs")) {
    if (packs->kind != YamlNode::Kind::kList) document.refuse(*packs, "packs must be a list");
    for (const YamlNode& node : packs->items) s.packs.push_back(read_packs(node, document));
  }
  fields.finish();
  check_connections(s, root, document);
  if (document.error) return *document.error;
  return s;
}

Result<void> apply_environment(Settings& settings, const Environment& environment) {
  if (auto data = environment("RAPPORT_DATA")) settings.data = *data;
  if (auto folder = environment("RAPPORT_CONNECTORS")) settings.connectors = *folder;
  if (auto folder = environment("RAPPORT_PACKS")) settings.packs_folder = *folder;
  if (auto listen = environment("RAPPORT_LISTEN")) TRY(set_listen(settings, *listen));
  return {};
}

}  // namespace rapport
