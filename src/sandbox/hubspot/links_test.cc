#include "sandbox/hubspot/links.h"

#include <gtest/gtest.h>

#include "sandbox/hubspot/records.h"

namespace rapport::sandbox::hubspot {
namespace {

class Joined : public ::testing::Test {
 protected:
  const AssociationType& way(int id) { return *schema.way("HUBSPOT_DEFINED", id); }
  std::set<int> between(uint64_t from, uint64_t to) {
    std::set<int> ids;
    const auto& all = links.of(from);
    if (const auto found = all.find(to); found != all.end())
      for (const AssociationType* each : found->second.ways) ids.insert(each->id);
    return ids;
  }
  using Ids = std::set<int>;
  Schema schema{Micros{}};
  Links links{schema};
};

TEST_F(Joined, EveryWayHasAnInverseThatLeadsBack) {
  for (const ObjectType& from : schema.types())
    for (const ObjectType& to : schema.types())
      for (const AssociationType* each : schema.ways(from.name, to.name)) {
        const AssociationType& back = schema.inverse(*each);
        EXPECT_EQ(back.from, to.name);
        EXPECT_EQ(back.to, from.name);
        EXPECT_EQ(&schema.inverse(back), each);
      }
}

TEST_F(Joined, TheFirstCompanyIsPrimaryFromEitherSide) {
  links.join(1, way(279), 100, {});
  EXPECT_EQ(between(1, 100), (Ids{1, 279}));
  EXPECT_EQ(between(100, 1), (Ids{2, 280}));
  links.join(101, way(280), 1, {});
  EXPECT_EQ(between(1, 101), (Ids{279}));
  EXPECT_EQ(between(101, 1), (Ids{280}));
}

TEST_F(Joined, ANewPrimaryTakesTheOldOnesPlace) {
  links.join(1, way(279), 100, {});
  links.join(2, way(279), 100, {});
  links.join(101, way(2), 1, {});
  EXPECT_EQ(between(1, 100), (Ids{279}));
  EXPECT_EQ(between(100, 1), (Ids{280}));
  EXPECT_EQ(between(1, 101), (Ids{1, 279}));
  EXPECT_EQ(between(2, 100), (Ids{1, 279}));  // another contact's primary stays
  links.join(1, way(1), 100, {});
  EXPECT_EQ(between(1, 100), (Ids{1, 279}));
  EXPECT_EQ(between(1, 101), (Ids{279}));
}

TEST_F(Joined, JoiningTwiceChangesNothing) {
  links.join(7, way(202), 1, {});
  links.join(7, way(202), 1, {});
  EXPECT_EQ(between(7, 1), (Ids{202}));
  EXPECT_EQ(between(1, 7), (Ids{201}));
}

TEST_F(Joined, PartingRemovesBothSides) {
  links.join(7, way(202), 1, {});
  EXPECT_TRUE(links.part(1, 7));
  EXPECT_FALSE(links.part(1, 7));
  EXPECT_TRUE(links.of(7).empty() && links.of(1).empty());
}

TEST_F(Joined, ALabelGoesAloneAndTheUnlabelledWayTakesAll) {
  const int label = schema.add_label(*schema.type("contacts"), *schema.type("companies"),
                                     "Champion", "Championed by");
  const AssociationType& champion = *schema.way("USER_DEFINED", label);
  links.join(1, champion, 100, {});
  EXPECT_EQ(links.of(1).at(100).ways.size(), 3u);  // unlabelled, label, primary
  EXPECT_TRUE(links.part(1, champion, 100));
  EXPECT_FALSE(links.part(1, champion, 100));
  EXPECT_EQ(between(1, 100), (Ids{1, 279}));
  EXPECT_TRUE(links.part(1, way(279), 100));
  EXPECT_TRUE(links.of(1).empty() && links.of(100).empty());
}

TEST_F(Joined, AForgottenRecordIsNowhere) {
  links.join(7, way(202), 1, {});
  links.join(7, way(190), 100, {});
  links.forget(7);
  EXPECT_TRUE(links.of(1).empty() && links.of(7).empty() && links.of(100).empty());
}

}  // namespace
}  // namespace rapport::sandbox::hubspot
