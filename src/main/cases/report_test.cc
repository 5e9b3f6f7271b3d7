#include "main/cases/report.h"

#include "main/cases/cases_fixture.h"

namespace rapport::cases {
namespace {

class Report : public CasesTest {
 protected:
  Report() {
    pack("rules: {r: {on: asked, do: [{tag: {contact: [z]}}]}}");
    cases(R"(- case: good
  send: {type: asked}
  expect: {contact: {tags: [z]}}
- case: bad & "worse"
  send: {type: asked}
  expect: {contact: {tags: [y]}}
)");
  }
};

TEST_F(Report, AFailureThatIsTheSameInEveryWorldIsToldOnce) {
  const std::string text = without_folder(as_text(run_all_of()));
  EXPECT_TRUE(text.starts_with(R"(FAILED p/cases/all.yaml:4 'bad & "worse"' (plain, restart, twice)
  p/cases/all.yaml:6: contact.tags
    expected
      ["y"]
    got
      ["z"]
    | fired p/r about contact/con_)"))
      << text;
  EXPECT_TRUE(text.ends_with("\n1 passed, 1 failed\n")) << text;
}

TEST_F(Report, JunitNamesEachWorldAndEscapesWhatXmlWantsEscaped) {
  const std::string xml = without_folder(as_junit(run_all_of()));
  EXPECT_NE(xml.find("<testsuite name=\"p\" tests=\"6\" failures=\"3\""), xml.npos) << xml;
  EXPECT_NE(xml.find("name=\"good (restart)\" file=\"p/cases/all.yaml\" line=\"1\""), xml.npos);
  EXPECT_NE(xml.find("name=\"bad &amp; &quot;worse&quot; (twice)\""), xml.npos);
  EXPECT_NE(xml.find("<failure message=\"contact.tags\">"), xml.npos);
}

TEST_F(Report, JsonHasEveryFinding) {
  const Json json = as_json(run_all_of({.worlds = {WorldKind::kPlain}}));
  EXPECT_EQ(json.integer("passed"), 1);
  EXPECT_EQ(json.integer("failed"), 1);
  const Json* bad = json.at_path("packs.0.cases.1");
  EXPECT_EQ(bad->text("world"), "plain");
  EXPECT_EQ(bad->at_path("findings.0.what")->as_string(), "contact.tags");
  EXPECT_EQ(bad->at_path("findings.0.got")->as_string(), "[\"z\"]");
}

}  // namespace
}  // namespace rapport::cases
