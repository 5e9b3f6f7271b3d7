#include "decide/derived_join.h"

#include <gtest/gtest.h>

#include "decide/pack/read_pack.h"
#include "decide/scene.h"
#include "testing/world.h"

namespace rapport::decide {
namespace {

using testing::email;
using testing::identify;
using testing::own;
using testing::tracked;
using testing::World;

const SubjectId kAna{1}, kBob{2};

constexpr const char* kPack = R"(
settings: {hot: {value: 25, type: int, says: x}}
metrics: {asked: {of: contact, on: asked, count: events, within: 30d}}
scores:
  lead:
    of: contact
    start: 5
    points:
      asked: {add: 10, on: asked}
      once: {add: 3, on: demo, once_per: record}
segments: {hot: {of: contact, when: "contact.lead >= setting.hot"}}
rules:
  first: {on: asked, once_per: contact, do: [{task: {subject: First, about: contact}}]}
  hot: {on: segment.hot.entered, do: [{task: {subject: Hot, about: contact}}]}
  late: {on: asked, debounce: 10m, do: [{task: {subject: Late, about: contact}}]}
)";

class DerivedJoins : public ::testing::Test {
 protected:
  void SetUp() override {
    const PackFiles files{"p", {{"pack.yaml", "pack: p\n"}, {"all.yaml", kPack}}};
    Json texts = Json::object();
    for (const auto& [path, text] : files.files) texts.set(path, text);
    world.send(own(
        "pack.activated",
        Json::object().set("pack", "p").set("version", pack_version(files)).set("files", texts)));
    for (const Error& error : world.problems()) ADD_FAILURE() << error.message;
    world.send(identify(kAna, {email("ana@acme.example", kAna)}, Json::object()));
    world.send(identify(kBob, {email("bob@acme.example", kBob)}, Json::object()));
    ana = id(kAna);
    bob = id(kBob);
  }
  std::string id(SubjectId subject) {
    return std::string(
        world.record(model::kSubject, std::to_string(subject.value))->fields.text("contact"));
  }
  void send(std::string_view type, SubjectId who) {
    world.send(tracked(type, who, Json::object()));
  }
  const Json& contact(const std::string& id) { return world.record(model::kContact, id)->fields; }
  const Json& derived(const std::string& id) {
    return world.record(model::kDerived, "contact/" + id)->fields;
  }
  size_t tasks(std::string_view subject) {
    size_t count = 0;
    for (const model::Record* task : world.all(model::kTask))
      count += task->fields.text("subject") == subject;
    return count;
  }
  Sequence merge() {
    return world.send(own("contacts.merged", Json::object().set("keep", ana).set("merge", bob)))
        .sequence;
  }
  void split(Sequence merged) {
    world.send(own("contacts.split",
                   Json::object().set("contact", ana).set("merge_sequence", merged.value)));
  }

  World world;
  std::string ana, bob;
};

TEST_F(DerivedJoins, FiguresOfBothAreAddedUp) {
  send("asked", kAna);
  send("asked", kBob);
  EXPECT_EQ(contact(ana).integer("lead"), 15);
  merge();
  EXPECT_EQ(contact(ana).integer("lead"), 25);  // the start counts once
  const Json* lines = derived(ana).at_path("scores.lead.lines.asked");
  ASSERT_NE(lines, nullptr);
  EXPECT_EQ(lines->integer("n"), 2);
  EXPECT_EQ(lines->find("events")->as_array().size(), 2u);
  EXPECT_EQ(world.record(model::kDerived, "contact/" + bob), nullptr);
}

TEST_F(DerivedJoins, WhatTheSumReachesIsToldOnce) {
  send("asked", kAna);
  send("asked", kBob);
  EXPECT_EQ(tasks("Hot"), 0u);
  merge();
  EXPECT_EQ(tasks("Hot"), 1u);
}

TEST_F(DerivedJoins, ASegmentOfEitherIsNotEnteredAgain) {
  for (int i = 0; i < 2; ++i) send("asked", kBob);
  EXPECT_EQ(tasks("Hot"), 1u);
  merge();
  send("asked", kAna);
  EXPECT_EQ(tasks("Hot"), 1u);
  ASSERT_NE(contact(ana).find("segments"), nullptr);
  EXPECT_EQ(contact(ana).find("segments")->as_array().size(), 1u);
}

TEST_F(DerivedJoins, WhatWasDoneForOneIsNotDoneAgain) {
  send("demo", kBob);
  send("asked", kBob);
  EXPECT_EQ(tasks("First"), 1u);
  merge();
  send("asked", kAna);
  send("asked", kBob);
  send("demo", kAna);
  EXPECT_EQ(tasks("First"), 1u);
  EXPECT_EQ(contact(ana).integer("lead"), 5 + 30 + 3);
}

TEST_F(DerivedJoins, TimersOfTheMergedOneAreDisarmedAndItsTasksAreOfTheKeptOne) {
  send("asked", kBob);
  const std::string timer = "debounce/p/late/contact/" + bob;
  EXPECT_TRUE(world.timers().contains(timer));
  merge();
  EXPECT_FALSE(world.timers().contains(timer));
  for (const model::Record* task : world.all(model::kTask))
    EXPECT_EQ(task->fields.text("about"), "contact/" + ana);
}

TEST_F(DerivedJoins, ASplitMakesTheFiguresAgainWithoutActing) {
  send("asked", kAna);
  for (int i = 0; i < 3; ++i) send("asked", kBob);
  const Sequence merged = merge();
  EXPECT_EQ(contact(ana).integer("lead"), 45);
  const size_t before = world.all(model::kTask).size();
  split(merged);
  EXPECT_EQ(contact(ana).integer("lead"), 15);
  EXPECT_EQ(contact(bob).integer("lead"), 35);
  EXPECT_EQ(world.all(model::kTask).size(), before);
  send("asked", kBob);
  EXPECT_EQ(contact(bob).integer("lead"), 45);
  EXPECT_EQ(world.all(model::kTask).size(), before) << "neither first nor hot again";
}

TEST_F(DerivedJoins, AnErasedContactLeavesNothingBehind) {
  send("asked", kBob);
  send("asked", kBob);
  EXPECT_FALSE(world.all(model::kTrace).empty());
  world.send(own("contact.erased",
                 Json::object().set("contact", bob).set("subjects", Json::Array{Json(2)})));
  EXPECT_EQ(world.record(model::kDerived, "contact/" + bob), nullptr);
  EXPECT_TRUE(world.all(model::kTask).empty());
  for (const auto& [key, record] : world.records())
    if (key.type != model::kErasure) {
      EXPECT_EQ(to_text(record.fields).find(bob), std::string::npos) << key.type << "/" << key.id;
    }
  for (const auto& [name, timer] : world.timers()) EXPECT_EQ(name.find(bob), std::string::npos);
}

}  // namespace
}  // namespace rapport::decide
