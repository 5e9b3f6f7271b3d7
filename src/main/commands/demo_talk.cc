#include "main/commands/demo_talk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rapport {

namespace {

constexpr int kAtOnce = 8;  // conversations of the lively beginning
constexpr std::string_view kChannels[] = {"web", "whatsapp", "email", "web", "app"};

// "Ibáñez" as a mailbox has it.
std::string plain(std::string_view name) {
  constexpr std::pair<std::string_view, char> kPlain[] = {
      {"á", 'a'}, {"é", 'e'}, {"í", 'i'}, {"ó", 'o'}, {"ú", 'u'}, {"ñ", 'n'}, {"Á", 'a'}};
  std::string out;
  while (!name.empty()) {
    const auto* accent = std::find_if(std::begin(kPlain), std::end(kPlain),
                                      [&](const auto& one) { return name.starts_with(one.first); });
    const bool found = accent != std::end(kPlain);
    out += found ? accent->second : ascii_lower(name.substr(0, 1))[0];
    name.remove_prefix(found ? accent->first.size() : 1);
  }
  return out;
}

}  // namespace

// splitmix64.
uint64_t DemoTalk::below(uint64_t bound) {
  uint64_t z = dice_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return (z ^ z >> 31) % bound;
}

std::string_view DemoTalk::one_of(std::span<const std::string_view> texts) {
  const auto there = std::count_if(texts.begin(), texts.end(), [](auto t) { return !t.empty(); });
  return texts[below(static_cast<uint64_t>(there))];
}

DemoCall DemoTalk::next() {
  // A call is the next one once no conversation that is still to be told can come before it.
  while (calls_.empty() || calls_.front().after >= start_) converse();
  DemoCall call = std::move(calls_.front());
  calls_.pop_front();
  return call;
}

DemoTalk::Person DemoTalk::somebody(std::string_view language) {
  const auto all = demo_names();
  const auto& names = *std::find_if(all.begin(), all.end(),
                                    [&](const auto& one) { return one.language == language; });
  Person person;
  person.language = language;
  person.id = fmt::format("demo-{:x}-{}", seed_, ++people_);
  person.first = one_of(names.first);
  person.last = one_of(names.last);
  const bool at_work = below(4) > 0;
  person.email = fmt::format("{}.{}.{:x}-{}@{}", plain(person.first), plain(person.last), seed_,
                             people_, at_work ? one_of(names.domains) : "gmail.com");
  return person;
}

void DemoTalk::add(Micros after, const Person& person, Json call) {
  call.set("messageId", fmt::format("demo-{:x}-{}", seed_, ++number_));
  call.set("userId", person.id);
  const auto place =
      std::upper_bound(calls_.begin(), calls_.end(), after,
                       [](Micros instant, const DemoCall& one) { return instant < one.after; });
  calls_.insert(place, {after, std::move(call)});
}

void DemoTalk::track(Micros after, const Person& person, std::string_view event, Json properties) {
  properties.set("conversation_id", conversation_);
  add(after, person,
      Json::object().set("type", "track").set("event", event).set("properties", properties));
}

void DemoTalk::begin(Micros at, const Person& person, const DemoStory& story) {
  Json traits = Json::object();
  traits.set("email", person.email).set("language", person.language);
  traits.set("firstName", person.first).set("lastName", person.last);
  add(at, person, Json::object().set("type", "identify").set("traits", std::move(traits)));
  track(at, person, "conversation.started",
        Json::object()
            .set("channel", one_of(kChannels))
            .set("topics", Json::Array{Json(story.topic)}));
}

// The first round tells every story in its order, so that the beginning shows all languages.
void DemoTalk::converse() {
  const auto stories = demo_stories();
  const auto turn = static_cast<uint64_t>(conversations_);
  const DemoStory& story = stories[turn < stories.size() ? turn : below(stories.size())];
  const Person person = somebody(story.language);
  conversation_ = fmt::format("demo-chat-{:x}-{}", seed_, ++conversations_);
  const std::string order = fmt::format("{}", 70000 + below(9999));
  Micros at = start_;
  begin(at, person, story);
  for (const DemoLine& line : story.lines) {
    say(at, person, line, order);
    at = at + millis(900 + static_cast<int64_t>(below(900)));
  }
  if (story.satisfaction > 0)
    track(at, person, "satisfaction.received", Json::object().set("score", story.satisfaction));
  start_ = start_ + (conversations_ < kAtOnce ? millis(1600) : millis(3000));
}

void DemoTalk::say(Micros at, const Person& person, const DemoLine& line,
                   const std::string& order) {
  const std::string text = fmt::format(fmt::runtime(one_of(line.texts)), order);
  if (line.who == '!')
    return track(at, person, "conversation.escalated", Json::object().set("reason", text));
  if (line.who == '.')
    return track(at, person, "conversation.ended", Json::object().set("resolution_status", text));
  const std::string_view author = line.who == 'c' ? "customer" : line.who == 'a' ? "ai" : "agent";
  track(at, person, "message.sent", Json::object().set("author", author).set("text", text));
}

}  // namespace rapport
