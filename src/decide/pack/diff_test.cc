#include "decide/pack/diff.h"

#include <gtest/gtest.h>

namespace rapport::decide {
namespace {

PackFiles pack(std::map<std::string, std::string> files) {
  files.emplace("pack.yaml", "pack: p\n");
  return {.name = "p", .files = std::move(files)};
}

std::string diff_of(const std::string& before, const std::string& after) {
  const auto diff = diff_packs(pack({{"x.yaml", before}}), pack({{"x.yaml", after}}));
  return diff.ok() ? to_text(*diff) : diff.error().message;
}

TEST(PackDiff, TellsAFieldByWhatItBelongsTo) {
  const std::string score = R"(scores:
  health:
    of: account
    weighted:
      usage: {weight: 0.85, metrics: {a: {value: "= account.a", ideal: 1}}}
      support: {weight: 0.15, metrics: {b: {value: "= account.b", ideal: 1}}}
    bands: {A: 80}
)";
  std::string other = score;
  other.replace(other.find("0.85"), 4, "0.80");
  other.replace(other.find("0.15"), 4, "0.20");
  other.replace(other.find("A: 80"), 5, "A: 75");
  EXPECT_EQ(diff_of(score, other),
            "score health: weight of usage 0.85 → 0.80\n"
            "score health: weight of support 0.15 → 0.20\n"
            "score health: A of bands 80 → 75\n");
}

TEST(PackDiff, TellsWhatIsAddedRemovedAndChangedInEverySection) {
  EXPECT_EQ(diff_of("segments: {a: {of: contact, when: 'true'}}\nsla: {hour: {first_reply: 1h}}\n",
                    "segments: {b: {of: contact, when: 'true'}}\nsla: {hour: {first_reply: 2h}}\n"),
            "segment a: removed\nsegment b: added\nsla hour: first_reply 1h → 2h\n");
}

TEST(PackDiff, KnowsTheEntriesOfAListByTheirIds) {
  EXPECT_EQ(diff_of("routing: [{id: a, of: ticket}]\nsla: [{policy: p, targets: {resolution: 1d}}]",
                    "routing: [{id: b}, {id: a, of: deal}]\nsla: [{policy: p, targets: "
                    "{resolution: 2d}}]"),
            "routing a: of ticket → deal\nrouting b: added\n"
            "sla p: resolution of targets 1d → 2d\n");
}

TEST(PackDiff, TellsActionsByTheirNumber) {
  EXPECT_EQ(diff_of("rules: {r: {on: x.y, do: [{tag: {ticket: a}}, {set: {ticket.b: 1}}]}}\n",
                    "rules: {r: {on: [x.y, z], priority: 5, do: [{tag: {ticket: a}}, {set: "
                    "{ticket.b: 2}}, {untag: {ticket: a}}]}}\n"),
            "rule r: on x.y → [\"x.y\",\"z\"]\n"
            "rule r: ticket.b of action 2 1 → 2\n"
            "rule r: action 3 (none) → {\"untag\":{\"ticket\":\"a\"}}\n"
            "rule r: priority (none) → 5\n");
}

TEST(PackDiff, KnowsWhatIsNoChange) {
  EXPECT_EQ(diff_of("# one\nrules: {r: {on: x.y, do: [{tag: {ticket: [a]}}]}}\n",
                    "rules:\n  r:\n    do:\n      - tag: {ticket: a}\n    on: ['x.y']\n"),
            "");
  const std::string segment = "segments: {a: {of: contact, when: 'true'}}\n";
  const auto moved = diff_packs(pack({{"x.yaml", segment}, {"cases/c.yaml", "- case: a"}}),
                                pack({{"y.yaml", segment}}));
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(to_text(*moved), "");
  EXPECT_NE(moved->before, moved->after);
}

TEST(PackDiff, OrderOfMovesAndNumbersAgainstTextsAreChanges) {
  EXPECT_NE(diff_of("lifecycles: {l: {moves: [{to: a}, {to: b}]}}\n",
                    "lifecycles: {l: {moves: [{to: b}, {to: a}]}}\n"),
            "");
  EXPECT_NE(diff_of("settings: {s: {value: 1}}\n", "settings: {s: {value: '1'}}\n"), "");
}

TEST(PackDiff, TellsWhatChangedInWorkflowsTemplatesAndMessaging) {
  EXPECT_EQ(diff_of("workflows: {w: {of: account, steps: {a: {wait: 1d}, b: {branch: {p: {steps: "
                    "{c: {end: x}}}}}}}}\n",
                    "workflows: {w: {of: account, steps: {a: {wait: 2d}, b: {branch: {p: {steps: "
                    "{c: {end: y}}}}}, d: {end: z}}}}\n"),
            "workflow w: wait of a 1d → 2d\nworkflow w: end of c of p of b x → y\n"
            "workflow w: d (none) → {\"end\":\"z\"}\n");
  EXPECT_EQ(diff_of("templates: {t: {texts: {en: {subject: A}}}}\nmessaging: {m: {caps: [{at_most: "
                    "1}]}}\n",
                    "templates: {t: {texts: {en: {subject: B}}}}\nmessaging: {m: {caps: [{at_most: "
                    "2}]}}\n"),
            "messaging m: at_most of cap 1 1 → 2\ntemplate t: subject of en A → B\n");
}

TEST(PackDiff, TheOrderOfStepsAndPathsIsAChange) {
  const std::string before =
      "workflows: {w: {steps: {a: {wait: 1d}, b: {wait: 2d}, c: {end: x}}}}\n";
  EXPECT_EQ(
      diff_of(before, "workflows: {w: {steps: {b: {wait: 2d}, a: {wait: 1d}, c: {end: x}}}}\n"),
      "workflow w: order of steps a, b, c → b, a, c\n");
  EXPECT_EQ(diff_of(before, "workflows: {w: {steps: {c: {end: x}, a: {wait: 1d}}}}\n"),
            "workflow w: order of steps a, c → c, a\nworkflow w: b {\"wait\":\"2d\"} → (none)\n");
  // Keys of a step have no order.
  EXPECT_EQ(diff_of("workflows: {w: {steps: {a: {wait: 1d, when: x}}}}\n",
                    "workflows: {w: {steps: {a: {when: x, wait: 1d}}}}\n"),
            "");
}

TEST(PackDiff, RefusesWhatIsNotYaml) {
  EXPECT_EQ(diff_of("a: [", "a: 1").substr(0, 9), "p/x.yaml:");
}

TEST(PackDiff, IsAlsoJson) {
  const auto diff = diff_packs(pack({{"x.yaml", "settings: {s: {value: 1}}\n"}}),
                               pack({{"x.yaml", "settings: {s: {value: 2}, t: {value: 3}}\n"}}));
  ASSERT_TRUE(diff.ok());
  EXPECT_EQ(to_text(*to_json(*diff).find("changes")),
            R"([{"kind":"changed","section":"settings","id":"s","fields":[{"path":"value",)"
            R"("what":"value","before":"1","after":"2"}]},)"
            R"({"kind":"added","section":"settings","id":"t"}])");
}

}  // namespace
}  // namespace rapport::decide
