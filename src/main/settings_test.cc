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

struct Wrong {
  std::string_view yaml, message;
};
class WrongSettings : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongSettings, NameTheLineAndWhatToDo) {
  const auto s = parse_settings(GetParam().yaml, "rapport.yaml");
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.error().message.find(GetParam().message), std::string::npos) << s.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongSettings,
    ::testing::Values(Wrong{"lisen: 127.0.0.1:80", "did you mean 'listen'"},
                      Wrong{"listen: nowhere", "not address:port"},
                      Wrong{"\nhttp: {max_body_bytes: many}", "rapport.yaml:2:"},
                      Wrong{"connections: [{id: a, workspace: b, vendor: c}]",
                            "one of token_env, token_file, oauth"},
                      Wrong{"connections:\n  - {id: a, workspace: b, vendor: c, token_env: T}\n"
                            "  - {id: a, workspace: b, vendor: c, token_env: T}",
                            "two connections 'a'"},
                      Wrong{"data: [1", "rapport.yaml:"}, Wrong{"data: x\ndata: y", "data"}));

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
