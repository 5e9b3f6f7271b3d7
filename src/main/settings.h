// The settings of a server: one YAML file, then the environment, then flags; the later wins.
// docs/reference/configuration.md lists every key, checked by a test.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/yaml.h"
#include "connect/off_peak.h"
#include "net/server.h"

namespace rapport {

// The app as registered with the vendor.
struct OAuthSettings {
  std::string client_id, secret_env, secret_file, redirect_uri;
};

// A proxy for outgoing calls. Its address holds credentials only where it comes from the
// environment or a file.
struct ProxySettings {
  std::string url, url_env, url_file;         // one of them, or none: direct
  std::vector<std::string> no_proxy;          // hosts, domains and networks reached directly
  std::vector<std::string> allowed_networks;  // private networks in which the proxy may be
  bool none() const { return url.empty() && url_env.empty() && url_file.empty(); }
};

struct ConnectionSettings {
  std::string id;                      // "crm", unique in its workspace
  std::string workspace;               // name
  std::string vendor;                  // a folder of connectors/
  std::string base_url;                // empty: the vendor's own
  std::string token_env;               // environment variable that holds the token, or
  std::string token_file;              // a file that does
  std::optional<OAuthSettings> oauth;  // or tokens that a person has authorised
  std::optional<ProxySettings> proxy;  // instead of the server's
  bool enabled = true;
  std::optional<connect::OffPeak> off_peak;  // when records that are not urgent may be sent
  // KU-13. What is off is not sent, and not looked for.
  bool look_up = true;  // before a record is written for the first time; off: duplicates may arise
  bool sync_conversations = true;
  bool create_tickets = true;  // of escalations
  bool sync_deals = true;
  bool sync_tasks = true;
  bool auto_assign = true;                  // tickets without assignee: to one of the default team
  std::string default_priority = "medium";  // of a ticket that has none
  std::string default_team;                 // as the vendor names it; empty: none
  // KU-82, BO-88: {object: {property: …}} beside and instead of the manifest's; with where it
  // stands, for errors.
  std::optional<YamlNode> mapping;
  std::string mapping_file;
  bool create_properties = true;  // those that it names and the vendor does not have
};

// Packs that a workspace has active from the start.
struct PackSettings {
  std::string workspace;             // name
  std::vector<std::string> folders;  // folders, names of shipped packs, or "all" of these
};

struct Settings {
  std::string data = "./data";
  std::string connectors;    // folder of manifests; empty: found beside the program
  std::string packs_folder;  // of the shipped packs; empty: found beside the program
  std::vector<PackSettings> packs;
  net::ServerOptions http;
  std::vector<std::string> allowed_networks;  // private networks that connections may reach
  ProxySettings proxy;
  std::string ca_file;         // authorities to trust beside the system's, PEM
  std::string default_region;  // of phone numbers without country code, "DE"
  Micros max_past = days(3650);
  uint64_t max_lag_events = 2'000'000;
  uint64_t segment_mebibytes = 64;
  Micros push_interval = millis(200);  // how often an idle connection looks for work
  std::vector<ConnectionSettings> connections;
  bool resume_connections = false;  // --resume-connections, once after a restore
};

// Reads a settings file. Errors name line, column and key, with a suggestion for a wrong key.
Result<Settings> parse_settings(std::string_view yaml, std::string_view name);
// RAPPORT_DATA, RAPPORT_LISTEN ("0.0.0.0:8080"), RAPPORT_CONNECTORS, RAPPORT_PACKS.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Result<void> apply_environment(Settings& settings, const Environment& environment);
Result<void> set_listen(Settings& settings, std::string_view address_and_port);

}  // namespace rapport
