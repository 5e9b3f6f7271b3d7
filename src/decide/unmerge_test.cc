// A split leaves the state that the same events would have folded to had the join never been.

#include <gtest/gtest.h>

#include <random>

#include "decide/contact.h"
#include "decide/contact_fields.h"
#include "decide/counters.h"
#include "testing/world.h"

namespace rapport::decide {
namespace {

using model::Event;
using model::Record;
using testing::own;
using testing::tracked;
using testing::World;

constexpr int kSubjects = 6;

// One random history. Subjects hold the identifiers that their number says; evidence between two
// subjects is an event that lists both.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) {
    // A subject always begins with an event of its own: intake sees to that.
    for (uint64_t s = 1; s <= kSubjects; ++s) send(testing::identify({s}, {}));
  }

  void play(int steps) {
    for (int i = 0; i < steps; ++i) {
      switch (pick(10)) {
        case 0:
        case 1:
          merge();
          break;
        case 2:
          split();
          break;
        case 3:
          send(alias());
          break;
        case 4:
          send(evidence());
          break;
        case 5:
        case 6:
          send(message());
          break;
        default:
          send(profile());
          break;
      }
    }
  }

  // The same events without the joins that were undone, with refused evidence refused from the
  // start.
  void make_twin(World& twin) const {
    for (const auto& [subject, apart] : apart_) {
      Record seed;
      seed.key = {"subject", std::to_string(subject)};
      Json::Array numbers;
      for (int64_t n : apart) numbers.push_back(Json(n));
      seed.fields.set("apart", numbers);
      twin.put(seed);
    }
    for (Event event : events_) {
      // Time passes all the same.
      if (undone_.contains(event.sequence.value) || event.type == model::kContactsSplit)
        event.type = model::kTick;
      twin.fold(event);
    }
  }
  World world;

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  SubjectId subject() { return {static_cast<uint64_t>(1 + pick(kSubjects))}; }
  std::string mail(SubjectId s) {
    static const char* kDomains[] = {"acme.com", "beta.io", "gmail.com"};
    return "p" + std::to_string(s.value) + "@" + kDomains[s.value % 3];
  }
  Event send(Event event) {
    event.at = Micros{1'767'225'600'000'000} + hours(pick(24 * 50));
    events_.push_back(world.send(std::move(event)));
    return events_.back();
  }
  Event profile() {
    const SubjectId s = subject();
    std::vector<model::Identity> who;
    if (pick(2)) who.push_back(testing::email(mail(s), s));
    if (pick(3) == 0) who.push_back(testing::external_id("u" + std::to_string(s.value), s));
    Json traits = Json::object();
    traits.set(pick(2) ? "name" : "plan", "v" + std::to_string(random_() % 1000));
    return testing::identify(s, who, traits);
  }
  Event evidence() {
    const SubjectId a = subject(), b = subject();
    auto who = std::vector{testing::external_id("u" + std::to_string(a.value), a)};
    switch (pick(3)) {
      case 0:
        who.push_back(testing::email(mail(b), b));
        break;
      case 1:
        who.push_back(testing::phone("+49" + std::to_string(b.value), b));
        break;
      default:
        who.push_back(testing::anonymous("d" + std::to_string(b.value), b));
        break;
    }
    return testing::identify(a, who);
  }
  Event alias() {
    Event event = evidence();
    event.type = model::kAliased;
    return event;
  }
  Event message() {
    const int n = pick(8);
    return tracked(pick(3) ? "message.sent" : "conversation.started",
                   {static_cast<uint64_t>(1 + n % kSubjects)},
                   Json::object()
                       .set("conversation_id", "c" + std::to_string(n))
                       .set("author", "customer")
                       .set("text", "hi"));
  }
  std::string any_contact() {
    const auto all = world.all("contact");
    return all.empty() ? "" : all[static_cast<size_t>(pick(static_cast<int>(all.size())))]->key.id;
  }
  void merge() {
    const std::string keep = any_contact(), other = any_contact();
    if (keep != other)
      send(own("contacts.merged", Json::object().set("keep", keep).set("merge", other)));
  }
  void split() {
    const Record* contact = world.record("contact", any_contact());
    if (!contact || values_of(contact->fields, "joins").empty()) return;
    const auto& joins = values_of(contact->fields, "joins");
    const Json join = joins[static_cast<size_t>(pick(static_cast<int>(joins.size())))];
    for (const Json& one : joins) {
      if (one.integer("sequence") != join.integer("sequence")) continue;
      if (one.text("by") == "person") {
        undone_.insert(static_cast<uint64_t>(one.integer("sequence")));
      } else {
        apart_[one.integer("a")].insert(one.integer("b"));
        apart_[one.integer("b")].insert(one.integer("a"));
      }
    }
    send(own("contacts.split", Json::object()
                                   .set("contact", contact->key.id)
                                   .set("merge_sequence", join.integer("sequence"))));
  }

  std::mt19937 random_;
  std::vector<Event> events_;
  std::set<uint64_t> undone_;
  std::map<int64_t, std::set<int64_t>> apart_;
};

// Buckets that have left the window at the end say nothing any more.
Json settled(const Record& record) {
  Json fields = record.fields;
  Json figures = Json::object();
  const Micros now = Micros{1'767'225'600'000'000} + days(51);
  for (const auto& count : first_basics().counts)
    figures.set(count.name, counted(fields, count, now));
  fields.set("counters", figures);
  fields.erase("undone");
  fields.erase("apart");
  return fields;
}

using Picture = std::map<std::string, std::string>;

// What is in one picture only, for a person to read.
std::string difference(const Picture& ours, const Picture& twin) {
  std::string lines;
  for (const auto& [key, value] : ours)
    if (!twin.contains(key) || twin.at(key) != value) lines += "\n  ours " + key + " " + value;
  for (const auto& [key, value] : twin)
    if (!ours.contains(key) || ours.at(key) != value) lines += "\n  twin " + key + " " + value;
  return lines;
}

Picture picture(const World& world) {
  Picture all;
  for (const auto& [key, record] : world.records()) {
    if (key.type == "subject" && record.fields.text("contact").empty()) continue;
    all[key.type + "/" + key.id] =
        to_canonical_text(settled(record)) + to_canonical_text(record.provenance);
  }
  return all;
}

TEST(Unmerge, LeavesWhatTheEventsHadFoldedToWithoutTheMerge) {
  int splits = 0;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    History history(seed);
    history.play(60);
    World twin;
    history.make_twin(twin);
    ASSERT_EQ(difference(picture(history.world), picture(twin)), "") << "seed " << seed;
    splits += static_cast<int>(history.world.all("contact").size());
  }
  EXPECT_GT(splits, 1000);
}

}  // namespace
}  // namespace rapport::decide
