// Templates, variables, kinds of messages and surveys as they were written. The grammar and its
// meaning: docs/spec/messages.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "decide/pack/flow_spec.h"
#include "decide/pack/spec_parts.h"
#include "decide/templates/template.h"

namespace rapport::decide {

// One of team, role, user, owner_of.
struct ReceiverSpec {
  std::string by;  // which; empty: nobody is named
  ValueSpec who;
};

struct VariableSpec : Entry {
  ValueSpec value;                // null: given by `send`
  std::vector<std::string> each;  // members of the items, when it is a list
  bool optional = false;          // may be missing
};

// A part of a text. `place` maps a place of the text to one of the file.
struct TemplateText {
  Formula source;
  Template content;  // without partials and raw values
};
struct LanguageTexts {
  std::string language;  // BCP 47 as written
  Place place;
  std::optional<TemplateText> subject, body, html;
};
struct TemplateVariant : Entry {
  Formula when;
  std::vector<LanguageTexts> texts;
};
struct AttachmentSpec {
  std::string document;  // a template of the channel document; or
  std::string file, name;
  Place place;
};
struct InviteSpec {
  ValueSpec starts;
  int64_t minutes = 0;
  std::string location;
};

struct TemplateSpec : Entry {
  std::string channel;
  std::string kind = "service";
  std::string purpose;  // its id unless it is given
  std::string trigger;
  ReceiverSpec from, reply_to;
  std::vector<ReceiverSpec> cc;
  std::string language;
  std::vector<VariableSpec> variables;
  std::vector<LanguageTexts> texts;
  std::vector<TemplateVariant> variants;
  std::vector<AttachmentSpec> attachments;
  std::string survey;
  std::optional<InviteSpec> invite;
};

enum class Consent : uint8_t { kRequired, kUnlessRefused, kNone };

struct QuietHours {
  TimeOfDay from, to;                 // never equal; over midnight when to is before from
  std::vector<std::string> channels;  // empty: all
};
struct CapSpec {
  int64_t at_most = 1;
  Micros within;
  bool of_kind = false;  // else of all kinds that have caps
  std::string channel;   // empty: all
};
struct MessagingSpec : Entry {
  Consent consent = Consent::kUnlessRefused;
  int64_t priority = 100;
  std::vector<QuietHours> quiet_hours;
  std::string hours;  // a calendar; empty: at all times
  std::vector<CapSpec> caps;
  Micros keep = days(3);
};

struct SurveyTexts {
  std::string language;
  std::string question, low, high, comment, thanks;
  Place place;
};
struct SurveySpec : Entry {
  int64_t from = 0, to = 10;
  std::string answer;  // the event that an answer is
  std::string pause_of;
  Micros pause;
  Micros open_for = days(30);
  std::string language;
  std::vector<std::pair<std::string, ValueSpec>> keeps;
  std::vector<SurveyTexts> texts;
};

}  // namespace rapport::decide
