#include "main/settings.h"

#include <gtest/gtest.h>

namespace rapport {
namespace {

TEST(Settings, AreReadFromYaml) {
  const auto s = parse_settings(R"(
data: /srv/rapport
listen: 0.0.0.0:9000
allowed_networks: [127.0.0.0/8]
http: {max_body_bytes: 2000000, idle_time: 30s}
intake: {default_region: DE}
connections:
  - {id: crm, workspace: acme, vendor: example, token_env: CRM_TOKEN}
)",
                                "rapport.yaml");
  ASSERT_TRUE(s.ok()) << s.error().message;
  EXPECT_EQ(s->data, "/srv/rapport");
  EXPECT_EQ(s->http.port, 9000);
  EXPECT_EQ(s->http.idle_time, seconds(30));
  EXPECT_EQ(s->connections.at(0).token_env, "CRM_TOKEN");
}

TEST(Settings, ReadOffPeakHours) {
  const auto s = parse_settings(R"(
connections:
  - id: crm
    workspace: acme
    vendor: example
    token_env: T
    off_peak:
      zone: Europe/Berlin
      windows: [{days: [mon, tue], from: "22:00", to: "06:00"}, {days: Sunday, from: 00:00, to: 24:00}]
)",
                                "rapport.yaml");
  ASSERT_TRUE(s.ok()) << s.error().message;
  const connect::OffPeak& off_peak = s->connections.at(0).off_peak.value();
  EXPECT_TRUE(off_peak.at(parse_time("2026-07-06T21:00:00Z").value()).open);  // a Monday
  EXPECT_FALSE(off_peak.at(parse_time("2026-07-08T21:00:00Z").value()).open);
  EXPECT_TRUE(off_peak.at(parse_time("2026-07-12T12:00:00Z").value()).open);
}

struct Wrong {
  std::string yaml, message;
};
// Of a connection that is right but for this.
std::string off_peak(std::string_view value) {
  return "connections: [{id: a, workspace: b, vendor: c, token_env: T, off_peak:\n " +
         std::string(value) + "}]";
}
class WrongSettings : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongSettings, NameTheLineAndWhatToDo) {
  const auto s = parse_settings(GetParam().yaml, "rapport.yaml");
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.error().message.find(GetParam().message), std::string::npos) << s.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongSettings,
    ::testing::Values(
        Wrong{"lisen: 127.0.0.1:80", "did you mean 'listen'"},
        Wrong{"listen: nowhere", "not address:port"},
        Wrong{"\nhttp: {max_body_bytes: many}", "rapport.yaml:2:"},
        Wrong{"connections: [{id: a, workspace: b, vendor: c}]",
              "one of token_env, token_file, oauth"},
        Wrong{"connections:\n  - {id: a, workspace: b, vendor: c, token_env: T}\n"
              "  - {id: a, workspace: b, vendor: c, token_env: T}",
              "two connections 'a'"},
        Wrong{off_peak("{zone: Europe/Berlim, windows: [{from: '22:00', to: '06:00'}]}"),
              "'zone': there is no time zone 'Europe/Berlim'; write one of the IANA "
              "names, such as Europe/Berlin; did you mean 'Europe/Berlin'?"},
        Wrong{off_peak("{zone: UTC, windows: [{days: [mon, tus], from: '22:00', to: '06:00'}]}"),
              "rapport.yaml:2:37: 'days': 'tus' is no day of the week"},
        Wrong{off_peak("{zone: UTC, windows: [{days: [], from: '22:00', to: '06:00'}]}"),
              "'days' must name a day"},
        Wrong{off_peak("{zone: UTC, windows: [{from: '22:00', to: '6:00'}]}"),
              "'to': '6:00' is no time of day; write it from 00:00 to 24:00"},
        Wrong{off_peak("{zone: UTC, windows: [{from: '22:00', to: '22:00'}]}"),
              "another time than it begins"},
        Wrong{off_peak("{zone: UTC, windows: [{form: '22:00', to: '23:00'}]}"),
              "an off-peak window needs 'from'"},
        Wrong{off_peak("{zone: UTC, windows: []}"), "at least one window"},
        Wrong{off_peak("{zone: UTC, window: []}"), "off_peak needs 'windows'"},
        Wrong{"proxy: socks5://p.example", "did you mean 'socks5h'?"},
        Wrong{"proxy: http://user:hunter2@p.example:3128",
              "the proxy's password does not belong into the settings; give the whole "
              "address by url_env or url_file"},
        Wrong{"proxy: {no_proxy: [a.example]}", "one of url, url_env, url_file"},
        Wrong{"proxy: {url_env: P, url_file: f}", "one of url, url_env, url_file"},
        Wrong{"proxy: {url_env: P, allowed_networks: [10.0.0/8]}",
              "'10.0.0/8' is no network such as 10.0.0.0/8"},
        Wrong{"allowed_networks: [localhost]", "'localhost' is no network"},
        Wrong{"data: [1", "rapport.yaml:"}, Wrong{"data: x\ndata: y", "data"}));

TEST(Settings, ReadPacksOfWorkspaces) {
  const auto settings = parse_settings(
      "packs_folder: /srv/packs\npacks: [{workspace: acme, folders: [all, ./own]}]\n", "f");
  ASSERT_TRUE(settings.ok()) << settings.error().message;
  EXPECT_EQ(settings->packs_folder, "/srv/packs");
  ASSERT_EQ(settings->packs.size(), 1u);
  EXPECT_EQ(settings->packs[0].workspace, "acme");
  EXPECT_EQ(settings->packs[0].folders, (std::vector<std::string>{"all", "./own"}));
  for (const char* wrong : {"packs: [{workspace: acme}]", "packs: [{folders: [x]}]",
                            "packs: [{workspace: acme, folder: [x]}]", "packs: all"})
    EXPECT_FALSE(parse_settings(wrong, "f").ok()) << wrong;
}

TEST(Settings, TheEnvironmentWins) {
  Settings s;
  const auto done = apply_environment(s, [](const std::string& name) -> std::optional<std::string> {
    if (name == "RAPPORT_LISTEN") return "127.0.0.1:1234";
    return std::nullopt;
  });
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(s.http.port, 1234);
}

}  // namespace
}  // namespace rapport
