#include "intake/identity.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace rapport::intake {
namespace {

using model::Event;
using model::IdentifierKind;
using model::Identity;
using store::Ids;

constexpr Key kKey{1, 2, 3};

Identity user(std::string id) {
  return {IdentifierKind::kExternalId, std::move(id), {}};
}
Identity email(std::string id) {
  return {IdentifierKind::kEmail, std::move(id), {}};
}
Identity phone(std::string id) {
  return {IdentifierKind::kPhone, std::move(id), {}};
}
Identity device(std::string id) {
  return {IdentifierKind::kAnonymousId, std::move(id), {}};
}

// The index in memory; send() does what staging an event does.
class Index final : public Subjects {
 public:
  Result<std::optional<Ids::Bound>> find(const Digest16& identifier) override {
    const auto found = bound_.find(identifier);
    if (found == bound_.end()) return std::optional<Ids::Bound>();
    return std::optional<Ids::Bound>(found->second);
  }
  Result<SubjectId> allocate() override { return SubjectId{++last_}; }

  Event send(std::vector<Identity> given, std::string_view previous = {}) {
    Event event;
    EXPECT_TRUE(
        assign_subjects(kKey, claimants_of(kKey, std::move(given), previous), *this, event));
    for (const auto& b : event.bindings) bound_[b.hash] = {b.subject, b.claimed_by};
    EXPECT_NE(event.subject.value, 0u);
    return event;
  }
  void erase(uint64_t subject) {
    std::erase_if(bound_, [&](const auto& entry) { return entry.second.subject.value == subject; });
  }

 private:
  std::map<Digest16, Ids::Bound> bound_;
  uint64_t last_ = 0;
};

// "u1:1 a1:2" with the event's own subject first: "1 | u1:1 a1:2".
std::string shape(const Event& event) {
  std::string out = std::to_string(event.subject.value) + " |";
  for (const Identity& i : event.identities) {
    out += " " + i.value + ":" + std::to_string(i.subject.value);
  }
  return out;
}

TEST(Identity, NewIdentifiersShareANewSubject) {
  Index index;
  EXPECT_EQ(shape(index.send({user("u1"), email("e1"), phone("p1"), device("a1")})),
            "1 | u1:1 e1:1 p1:1 a1:1");
  EXPECT_EQ(shape(index.send({user("u1")})), "1 | u1:1");
  EXPECT_EQ(shape(index.send({phone("p1")})), "1 | p1:1");
  EXPECT_EQ(shape(index.send({device("a1")})), "1 | a1:1");
  EXPECT_EQ(shape(index.send({user("u2")})), "2 | u2:2");
}

TEST(Identity, KnownIdentifiersTeachNothingNew) {
  Index index;
  EXPECT_FALSE(index.send({user("u1"), email("e1"), device("a1")}).bindings.empty());
  EXPECT_TRUE(index.send({user("u1"), email("e1"), device("a1")}).bindings.empty());
  EXPECT_TRUE(index.send({device("a1")}).bindings.empty());
}

TEST(Identity, SameTextOfAnotherKindIsAnotherIdentifier) {
  Index index;
  index.send({user("x")});
  EXPECT_EQ(shape(index.send({device("x")})), "2 | x:2");
  EXPECT_EQ(shape(index.send({email("x")})), "3 | x:3");
}

TEST(Identity, TheStrongestBoundIdentifierNamesTheSubject) {
  Index index;
  index.send({email("e1")});
  index.send({phone("p1")});
  EXPECT_EQ(shape(index.send({email("e1"), phone("p1")})), "1 | e1:1 p1:2");
  EXPECT_EQ(shape(index.send({phone("p1"), device("a1")})), "2 | p1:2 a1:2");
  EXPECT_EQ(shape(index.send({user("u1"), phone("p1")})), "2 | u1:2 p1:2");
  EXPECT_EQ(shape(index.send({user("u1"), email("e1")})), "2 | u1:2 e1:1");
}

TEST(Identity, LaterIdentificationKeepsTheAnonymousSubject) {
  Index index;
  index.send({device("a1")});
  EXPECT_EQ(shape(index.send({user("u1"), email("e1"), device("a1")})), "1 | u1:1 e1:1 a1:1");
  EXPECT_EQ(shape(index.send({user("u1")})), "1 | u1:1");
}

TEST(Identity, AnonymousHistoryIsEvidenceForAKnownPerson) {
  Index index;
  index.send({user("u1")});
  index.send({device("a1")});
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:2");
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:2");
  EXPECT_EQ(shape(index.send({device("a1")})), "2 | a1:2");
}

TEST(Identity, TwoDevicesOfOnePersonComeTogether) {
  Index index;
  index.send({device("a1")});
  index.send({device("a2")});
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:1");
  EXPECT_EQ(shape(index.send({user("u1"), device("a2")})), "1 | u1:1 a2:2");
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:1");
}

TEST(Identity, ASharedDeviceDoesNotJoinTwoKnownPeople) {
  Index index;
  index.send({user("u1")});                                                   // 1
  index.send({user("u2")});                                                   // 2
  index.send({device("a1")});                                                 // 3
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:3");  // claimed by u1
  EXPECT_EQ(shape(index.send({user("u2"), device("a1")})), "2 | u2:2 a1:2");  // bound anew
  EXPECT_EQ(shape(index.send({device("a1")})), "2 | a1:2");
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:1");  // and back
}

TEST(Identity, ASharedDeviceDoesNotJoinAStranger) {
  Index index;
  index.send({user("u1"), device("a1")});
  EXPECT_EQ(shape(index.send({user("u2"), device("a1")})), "2 | u2:2 a1:2");
  EXPECT_EQ(shape(index.send({user("u1")})), "1 | u1:1");

  index.send({device("a2")});  // 3
  EXPECT_EQ(shape(index.send({user("u3"), device("a2")})), "3 | u3:3 a2:3");
  EXPECT_EQ(shape(index.send({user("u4"), device("a2")})), "4 | u4:4 a2:4");
}

TEST(Identity, AnotherAddressAtAClaimedDeviceIsAStranger) {
  Index index;
  index.send({email("e1"), device("a1")});
  EXPECT_EQ(shape(index.send({email("e2"), device("a1")})), "2 | e2:2 a1:2");
}

TEST(Identity, OnePersonMayGiveOneKindAfterAnotherOnADevice) {
  Index index;
  index.send({device("a1")});
  index.send({email("e1"), device("a1")});
  EXPECT_EQ(shape(index.send({phone("p1"), device("a1")})), "1 | p1:1 a1:1");
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:1");
  EXPECT_EQ(shape(index.send({user("u2"), device("a1")})), "2 | u2:2 a1:2");
}

TEST(Identity, KindsGivenLaterGoToTheClaimingSubject) {
  Index index;
  index.send({email("e1")});                // 1
  index.send({device("a1")});               // 2
  index.send({email("e1"), device("a1")});  // claimed by 1
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")})), "1 | u1:1 a1:2");
}

TEST(Identity, AnyOfThePersonsSubjectsHoldsTheClaim) {
  Index index;
  index.send({user("u1")});                 // 1
  index.send({email("e1"), device("a1")});  // 2
  EXPECT_EQ(shape(index.send({user("u1"), email("e1"), device("a1")})), "1 | u1:1 e1:2 a1:2");
}

TEST(Identity, TwoExternalIdsNeverShareASubject) {
  Index index;
  index.send({user("u1"), email("e1")});
  const Event event = index.send({user("u2"), email("e1"), phone("p1")});
  EXPECT_EQ(shape(event), "2 | u2:2 e1:1 p1:2");
  EXPECT_EQ(shape(index.send({user("u2")})), "2 | u2:2");
}

TEST(Identity, AliasJoinsAFormerExternalId) {
  Index index;
  index.send({user("old")});
  index.send({user("new")});
  EXPECT_EQ(shape(index.send({user("new")}, "old")), "2 | new:2 old:1");
  EXPECT_EQ(shape(index.send({user("brand-new")}, "old")), "3 | brand-new:3 old:1");
}

TEST(Identity, AliasJoinsAnAnonymousId) {
  Index index;
  index.send({device("a1")});
  index.send({user("u1")});
  EXPECT_EQ(shape(index.send({user("u1")}, "a1")), "2 | u1:2 a1:1");
  EXPECT_EQ(shape(index.send({user("u1"), device("a1")}, "a1")), "2 | u1:2 a1:1");
}

TEST(Identity, AliasAtASharedDeviceFollowsTheIdItNames) {
  Index index;
  index.send({user("u1"), device("a1")});
  index.send({device("a2")});
  EXPECT_EQ(shape(index.send({user("u2"), device("a1")}, "a2")), "2 | u2:2 a1:2 a2:2");
}

TEST(Identity, AliasKeepsAnUnknownIdForEventsThatComeLate) {
  Index index;
  EXPECT_EQ(shape(index.send({user("u1")}, "x")), "1 | u1:1 x:2");
  EXPECT_EQ(shape(index.send({user("x")})), "2 | x:2");
  EXPECT_EQ(shape(index.send({device("x")})), "2 | x:2");
}

TEST(Identity, AliasJoinsBothKindsOfAnIdThatIsKnownAsBoth) {
  Index index;
  index.send({user("x")});
  index.send({device("x")});
  EXPECT_EQ(shape(index.send({user("u1")}, "x")), "2 | u1:2 x:2 x:1");
}

TEST(Identity, AliasToItselfSaysNothing) {
  Index index;
  EXPECT_EQ(shape(index.send({user("u1")}, "u1")), "1 | u1:1");
}

TEST(Identity, ADeviceOfAnErasedPersonIsFree) {
  Index index;
  index.send({user("u1")});                // 1
  index.send({device("a1")});              // 2
  index.send({user("u1"), device("a1")});  // claimed by 1
  index.erase(1);
  EXPECT_EQ(shape(index.send({email("e2"), device("a1")})), "2 | e2:2 a1:2");
  EXPECT_EQ(shape(index.send({user("u1")})), "3 | u1:3");
}

}  // namespace
}  // namespace rapport::intake
