// Every message of packs/text-signals/cases says what stands there. BO-133, BO-134, BO-135, CO-26,
// CO-27, CO-28, CH-132
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "base/text.h"
#include "learn/read_text_signals.h"
#include "learn/text_signals.h"

namespace rapport::learn {
namespace {

const std::string kPack = RAPPORT_SOURCE_DIR "/packs/text-signals";

std::string file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

struct Case {
  std::string place;     // "en.txt:12"
  std::string language;  // of the file
  std::string section;   // "intent", "sentiment", "topic", "entity", "language"
  std::string subject;   // "pricing_question"
  bool expected = true;
  std::string text;
  std::string value;
};

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::istringstream lines(file(path));
  Case base{
      .place = {}, .language = path.stem(), .section = {}, .subject = {}, .text = {}, .value = {}};
  std::string line;
  for (int number = 1; std::getline(lines, line); number++) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] == '[') {
      const size_t space = line.find(' ');
      base.section = line.substr(1, space - 1);
      base.subject = line.substr(space + 1, line.size() - space - 2);
      continue;
    }
    if (line.size() < 3 || (line[0] != '+' && line[0] != '-'))
      BUG("a case begins with + or -: " + line);
    Case made = base;
    made.place = path.filename().string() + ":" + std::to_string(number);
    made.expected = line[0] == '+';
    const size_t arrow = line.find(" => ");
    made.text = line.substr(2, arrow == line.npos ? arrow : arrow - 2);
    if (arrow != line.npos) made.value = line.substr(arrow + 4);
    cases.push_back(made);
  }
  return cases;
}

bool is_found(const TextSignals& signals, const Case& each) {
  if (each.section == "intent") return signals.intent(each.subject) != nullptr;
  if (each.section == "topic") return signals.topic(each.subject) != nullptr;
  if (each.section == "language") return signals.language == each.subject;
  if (each.section == "sentiment") {
    return name(signals.sentiment.polarity) == each.subject &&
           (each.value.empty() || signals.sentiment.finer == each.value);
  }
  if (each.section != "entity") BUG("no such section: " + each.section);
  for (const Entity& entity : signals.entities) {
    if (entity.kind == each.subject && (each.value.empty() || entity.value == each.value))
      return true;
  }
  return false;
}

std::string said(const TextSignals& signals) {
  std::string out = "found:";
  for (const Signal& intent : signals.intents) {
    out += " " + intent.name + "(" + intent.evidence[0].word + ")";
  }
  out += "; " + std::string(name(signals.sentiment.polarity)) + " " + signals.sentiment.finer;
  for (const Evidence& each : signals.sentiment.evidence) out += " '" + each.word + "'";
  for (const Entity& entity : signals.entities) out += "; " + entity.kind + "=" + entity.value;
  return out + "; language " + signals.language;
}

class TextCases : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto definitions = load_text_signals(file(kPack + "/text.yaml"), "text.yaml");
    ASSERT_TRUE(definitions.ok()) << definitions.error().message;
    auto compiled = WordSignals::compile(*definitions);
    ASSERT_TRUE(compiled.ok()) << compiled.error().message;
    definitions_ = new TextDefinitions(std::move(*definitions));
    reader_ = new WordSignals(std::move(*compiled));
    cases_ = new std::vector<Case>();
    for (const char* language : {"en", "es", "id"}) {
      const auto more = read_cases(kPack + "/cases/" + language + ".txt");
      cases_->insert(cases_->end(), more.begin(), more.end());
    }
  }
  static void TearDownTestSuite() {
    delete cases_;
    delete reader_;
    delete definitions_;
  }
  static inline TextDefinitions* definitions_ = nullptr;
  static inline WordSignals* reader_ = nullptr;
  static inline std::vector<Case>* cases_ = nullptr;
};

TEST_F(TextCases, EachIsReadAsItsLanguageAndAsUnknown) {
  for (const Case& each : *cases_) {
    const auto known = reader_->read(each.text, each.language);
    EXPECT_EQ(is_found(known, each), each.expected)
        << each.place << ": " << each.section << ' ' << each.subject << ": " << each.text << "\n  "
        << said(known);
    const auto unknown = reader_->read(each.text, "");
    EXPECT_EQ(is_found(unknown, each), each.expected)
        << each.place << " (language unknown): " << each.subject << ": " << each.text << "\n  "
        << said(unknown);
  }
}

TEST_F(TextCases, EveryIntentHasFourMessagesAndTwoNearMissesInEachLanguage) {
  std::map<std::string, std::pair<int, int>> counts;
  for (const Case& each : *cases_) {
    auto& [hits, misses] = counts[each.language + " " + each.subject];
    (each.expected ? hits : misses)++;
  }
  for (const TextDefinition& intent : definitions_->intents) {
    for (const Words& language : definitions_->languages) {
      const auto [hits, misses] = counts[language.language + " " + intent.name];
      EXPECT_GE(hits, 4) << language.language << " " << intent.name;
      EXPECT_GE(misses, 2) << language.language << " " << intent.name;
    }
  }
}

TEST_F(TextCases, EveryIntentHasWordsInEveryLanguage) {
  for (const TextDefinition& intent : definitions_->intents) {
    EXPECT_EQ(intent.words.size(), 3U) << intent.name;
    EXPECT_FALSE(intent.spec.empty()) << intent.name;
  }
}

}  // namespace
}  // namespace rapport::learn
