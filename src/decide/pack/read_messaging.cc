// messaging and surveys.
#include <fmt/core.h>

#include <algorithm>

#include "decide/pack/read_timing.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;

void read_quiet_hours(MessagingSpec& messaging, const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "'quiet_hours'", file.document());
  if (node.kind != Kind::kMap) return;
  fields.require("from");
  fields.require("to");
  const auto from = read_time_of_day(fields, "from", file);
  const auto to = read_time_of_day(fields, "to", file);
  std::vector<std::string> channels = file.ids(fields, "channels", IdForm::kName);
  fields.finish();
  if (!from || !to) return;
  if (*from == *to) {
    file.refuse(node,
                "quiet hours of a whole day: nothing would ever leave; give 'to' another "
                "time, or stop sending with the switch");
    return;
  }
  messaging.quiet_hours.push_back({*from, *to, std::move(channels)});
}

void read_cap(MessagingSpec& messaging, const YamlNode& node, PackFile& file) {
  YamlFields fields(node, "a cap", file.document());
  if (node.kind != Kind::kMap) return;
  CapSpec cap;
  const YamlNode* most = fields.require("at_most");
  if (most != nullptr && most->text == "0") {
    file.refuse(*most,
                "a cap of 0 lets nothing leave; leave out what sends, or stop sending with "
                "the switch");
  } else {
    cap.at_most = fields.integer("at_most", 1, 1000, 1);
  }
  fields.require("within");
  cap.within = file.span(fields, "within");
  if (cap.within > days(366)) file.refuse(*fields.take("within"), "'within' is 366d at most");
  cap.of_kind = fields.choice("of", {"all", "kind"}, 0) == 1;
  cap.channel = file.id_or(fields, "channel", "", IdForm::kName);
  fields.finish();
  messaging.caps.push_back(std::move(cap));
}

void read_kind(MessagingSpec& messaging, YamlFields& fields, PackFile& file) {
  messaging.consent =
      static_cast<Consent>(fields.choice("consent", {"required", "unless_refused", "none"}, 1));
  messaging.priority = fields.integer("priority", 0, 1000, messaging.priority);
  if (const YamlNode* quiet = fields.take("quiet_hours")) {
    each_item(*quiet, [&](const YamlNode& item) { read_quiet_hours(messaging, item, file); });
  }
  messaging.hours = file.id_or(fields, "hours", "");
  if (const YamlNode* caps = fields.take("caps")) {
    each_item(*caps, [&](const YamlNode& item) { read_cap(messaging, item, file); });
  }
  if (fields.take("keep") != nullptr) messaging.keep = file.span(fields, "keep");
}

class SurveyReader {
 public:
  SurveyReader(SurveySpec& survey, PackFile& file) : survey_(survey), file_(file) {}

  void read(YamlFields& fields, const YamlNode& node) {
    if (const YamlNode* scale = fields.require("scale")) read_scale(*scale);
    fields.require("answer");
    const std::vector<std::string> answer = file_.events(fields, "answer");
    if (answer.size() > 1) file_.refuse(*fields.take("answer"), "'answer' must be one event");
    if (!answer.empty()) survey_.answer = answer.front();
    if (const YamlNode* pause = fields.take("pause")) read_pause(*pause);
    if (fields.take("open_for") != nullptr) survey_.open_for = file_.span(fields, "open_for");
    survey_.language = read_language(fields, "language", file_);
    if (const YamlNode* keeps = fields.take("keeps")) {
      file_.each(*keeps, "kept value", IdForm::kName,
                 [&](const YamlNode& key, const YamlNode& value) {
                   survey_.keeps.emplace_back(key.text, file_.value(value));
                 });
    }
    const YamlNode* texts = fields.take("texts");
    if (texts == nullptr) {
      file_.refuse(node, fmt::format("survey '{}' needs 'texts', by language", survey_.id));
    } else {
      read_texts(*texts);
    }
  }

 private:
  void read_scale(const YamlNode& node) {
    YamlFields fields(node, "'scale'", file_.document());
    if (node.kind != Kind::kMap) return;
    fields.require("from");
    fields.require("to");
    survey_.from = fields.integer("from", 0, 100, 0);
    survey_.to = fields.integer("to", 0, 100, 10);
    fields.finish();
    const int64_t points = survey_.to - survey_.from + 1;
    if (points >= 2 && points <= 11) return;
    file_.refuse(
        node, fmt::format("a scale has 2 to 11 points, this one {}", std::max<int64_t>(points, 0)));
  }

  void read_pause(const YamlNode& node) {
    YamlFields fields(node, "'pause'", file_.document());
    if (node.kind != Kind::kMap) return;
    survey_.pause_of = file_.id(fields, "of", IdForm::kName);
    fields.require("for");
    survey_.pause = file_.span(fields, "for");
    fields.finish();
  }

  void read_texts(const YamlNode& texts) {
    if (texts.kind != Kind::kMap) {
      file_.refuse(texts, "'texts' must hold texts by language, such as en: {question: …}");
      return;
    }
    check_languages_differ(texts, file_);
    bool found = survey_.language.empty();
    for (const auto& [key, value] : texts.members) {
      found |= key.text == survey_.language;
      if (!check_language(key, file_)) continue;
      YamlFields fields(value, fmt::format("text '{}'", key.text), file_.document());
      if (value.kind != Kind::kMap) continue;
      SurveyTexts one;
      one.language = key.text;
      one.place = file_.place(key);
      one.question = fields.text("question");
      one.low = fields.text_or("low", "");
      one.high = fields.text_or("high", "");
      one.comment = fields.text_or("comment", "");
      one.thanks = fields.text_or("thanks", "");
      fields.finish();
      survey_.texts.push_back(std::move(one));
    }
    if (found) return;
    file_.refuse(texts, fmt::format("survey '{}' has no text in its default language '{}'",
                                    survey_.id, survey_.language));
  }

  SurveySpec& survey_;
  PackFile& file_;
};

}  // namespace

void read_messaging(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "kind of messages", IdForm::kId, pack.messaging,
               [&](MessagingSpec& messaging, YamlFields& fields, const YamlNode&) {
                 read_kind(messaging, fields, file);
               });
}

void read_surveys(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "survey", IdForm::kId, pack.surveys,
               [&](SurveySpec& survey, YamlFields& fields, const YamlNode& node) {
                 SurveyReader(survey, file).read(fields, node);
               });
}

}  // namespace rapport::decide
