// templates and the variables they share.
#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "decide/pack/read_timing.h"
#include "decide/pack/sections.h"

namespace rapport::decide {
namespace {

using Kind = YamlNode::Kind;

void read_variable(VariableSpec& variable, YamlFields& fields, PackFile& file) {
  variable.value = file.value(fields, "value");
  variable.optional = fields.flag("optional", false);
  variable.each = file.ids(fields, "each", IdForm::kName);
}

class TemplateReader {
 public:
  TemplateReader(TemplateSpec& made, PackFile& file) : made_(made), file_(file) {}

  void read(YamlFields& fields, const YamlNode& node) {
    made_.channel = file_.id(fields, "channel", IdForm::kName);
    made_.kind = file_.id_or(fields, "kind", "service");
    made_.purpose = file_.id_or(fields, "purpose", made_.id);
    read_trigger_name(fields);
    if (const YamlNode* from = fields.take("from"))
      made_.from = read_receiver(*from, "from", file_);
    if (const YamlNode* to = fields.take("reply_to")) {
      made_.reply_to = read_receiver(*to, "reply_to", file_);
    }
    read_copies(fields);
    made_.language = read_language(fields, "language", file_);
    if (const YamlNode* variables = fields.take("variables")) {
      file_.entries(*variables, "variable", IdForm::kName, made_.variables,
                    [&](VariableSpec& variable, YamlFields& inner, const YamlNode&) {
                      read_variable(variable, inner, file_);
                    });
    }
    read_wording(fields, node);
    if (const YamlNode* list = fields.take("attachments")) read_attachments(*list);
    made_.survey = file_.id_or(fields, "survey", "");
    if (const YamlNode* invite = fields.take("invite")) read_invite(*invite);
  }

 private:
  void read_trigger_name(YamlFields& fields) {
    const std::vector<std::string> names = file_.events(fields, "trigger");
    if (names.size() > 1) file_.refuse(*fields.take("trigger"), "'trigger' must be one event");
    if (!names.empty()) made_.trigger = names.front();
  }

  void read_copies(YamlFields& fields) {
    const YamlNode* cc = fields.take("cc");
    if (cc == nullptr) return;
    if (made_.channel != "email") {
      file_.refuse(*cc, "'cc' goes with the channel email");
      return;
    }
    each_item(*cc,
              [&](const YamlNode& item) { made_.cc.push_back(read_receiver(item, "cc", file_)); });
  }

  void read_wording(YamlFields& fields, const YamlNode& node) {
    const std::string what = fmt::format("template '{}'", made_.id);
    const YamlNode* texts = fields.take("texts");
    if (texts == nullptr) {
      file_.refuse(node, fmt::format("{} needs 'texts', by language", what));
    } else {
      made_.texts = read_languages(*texts);
      need_default(what, *texts, made_.texts);
    }
    const YamlNode* variants = fields.take("variants");
    if (variants == nullptr) return;
    file_.entries(*variants, "variant", IdForm::kId, made_.variants,
                  [&](TemplateVariant& variant, YamlFields& inner, const YamlNode&) {
                    variant.when = file_.need_condition(inner, "when");
                    const YamlNode* own = inner.require("texts");
                    if (own != nullptr) variant.texts = read_languages(*own);
                  });
  }

  // A variant may lack it: the template's own stands in.
  void need_default(std::string_view what, const YamlNode& texts,
                    const std::vector<LanguageTexts>& languages) {
    if (made_.language.empty()) return;
    std::vector<std::string> known;
    for (const LanguageTexts& one : languages) known.push_back(one.language);
    if (std::find(known.begin(), known.end(), made_.language) != known.end()) return;
    file_.refuse(texts, fmt::format("{} has no text in its default language '{}'{}", what,
                                    made_.language, suggestion(made_.language, known)));
  }

  std::vector<LanguageTexts> read_languages(const YamlNode& texts) {
    std::vector<LanguageTexts> made;
    if (texts.kind != Kind::kMap || texts.members.empty()) {
      file_.refuse(texts,
                   "'texts' must hold a text by language, such as en: {subject: …, body: …}");
      return made;
    }
    check_languages_differ(texts, file_);
    for (const auto& [key, value] : texts.members) {
      if (!check_language(key, file_)) continue;
      LanguageTexts one{
          .language = key.text, .place = file_.place(key), .subject = {}, .body = {}, .html = {}};
      YamlFields fields(value, fmt::format("text '{}'", key.text), file_.document());
      if (value.kind != Kind::kMap) continue;
      one.subject = read_text(fields, "subject");
      one.body = read_text(fields, "body");
      one.html = read_text(fields, "html");
      fields.finish();
      check_parts(fields, value);
      made.push_back(std::move(one));
    }
    return made;
  }

  // What a channel needs and what it cannot have.
  void check_parts(YamlFields& fields, const YamlNode& node) {
    const bool mail = made_.channel == "email";
    const bool document = made_.channel == "document";
    const auto need = [&](std::string_view key) {
      if (fields.take(key) != nullptr) return;
      file_.refuse(node, fmt::format("a text of the channel {} needs '{}'", made_.channel, key));
    };
    const auto leave = [&](std::string_view key) {
      const YamlNode* given = fields.take(key);
      if (given == nullptr) return;
      file_.refuse(*given, fmt::format("a text of the channel {} has no '{}'", made_.channel, key));
    };
    if (made_.channel.empty()) return;
    if (mail) need("subject");
    need(document ? "html" : "body");
    if (document) leave("body");
    if (!mail && !document) leave("html");
    if (made_.channel == "sms" || made_.channel == "whatsapp") leave("subject");
  }

  std::optional<TemplateText> read_text(YamlFields& fields, std::string_view key) {
    const YamlNode* node = fields.take(key);
    if (node == nullptr) return std::nullopt;
    if (node->kind != Kind::kScalar || trim(node->text).empty()) {
      file_.refuse(*node, fmt::format("'{}' must be a text", key));
      return std::nullopt;
    }
    Formula source = file_.text(*node);
    if (key == "subject" && source.text.find('\n') != std::string::npos) {
      file_.refuse(*node, "'subject' must be one line");
    }
    const std::string name = fmt::format("template '{}'", made_.id);
    auto content = Template::read(source.text, {.name = name});
    if (!content.ok()) {
      const TemplatePlace at = template_place(content.error().where);
      file_.refuse_at(source.place_at(at.line, at.column), content.error().message);
      return std::nullopt;
    }
    return TemplateText{.source = std::move(source), .content = *std::move(content)};
  }

  void read_attachments(const YamlNode& list) {
    each_item(list, [&](const YamlNode& item) {
      YamlFields fields(item, "an attachment", file_.document());
      if (item.kind != Kind::kMap) return;
      AttachmentSpec made{.document = file_.id_or(fields, "document", ""),
                          .file = fields.text_or("file", ""),
                          .name = fields.text_or("name", ""),
                          .place = file_.place(item)};
      const YamlNode* link = fields.take("file");
      if ((link != nullptr) == (fields.take("document") != nullptr)) {
        file_.refuse(item, "an attachment takes exactly one of document, file");
      } else if (link != nullptr && !made.file.starts_with("https://")) {
        file_.refuse(*link, "'file' must be an address that begins with https://");
      }
      fields.finish();
      made_.attachments.push_back(std::move(made));
    });
  }

  void read_invite(const YamlNode& node) {
    YamlFields fields(node, "'invite'", file_.document());
    if (node.kind != Kind::kMap) return;
    InviteSpec invite;
    fields.require("starts");
    invite.starts = file_.value(fields, "starts");
    fields.require("minutes");
    invite.minutes = fields.integer("minutes", 1, 24 * 60, 60);
    invite.location = fields.text_or("place", "");
    fields.finish();
    if (made_.channel != "email") file_.refuse(node, "'invite' goes with the channel email");
    made_.invite = std::move(invite);
  }

  TemplateSpec& made_;
  PackFile& file_;
};

}  // namespace

void read_templates(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "template", IdForm::kId, pack.templates,
               [&](TemplateSpec& made, YamlFields& fields, const YamlNode& node) {
                 TemplateReader(made, file).read(fields, node);
               });
}

void read_variables(const YamlNode& section, PackFile& file, PackSpec& pack) {
  file.entries(section, "variable", IdForm::kName, pack.variables,
               [&](VariableSpec& variable, YamlFields& fields, const YamlNode&) {
                 fields.require("value");
                 read_variable(variable, fields, file);
               });
}

}  // namespace rapport::decide
