// One file of a pack while it is read: what is wrong with it, and the values that all sections
// have in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "base/yaml_fields.h"
#include "decide/pack/spec.h"

namespace rapport::decide {

// What an id may consist of. A name stands in expressions and has no '-'.
enum class IdForm { kId, kName, kBand };

class PackFile {
 public:
  // `name` as it stands in messages, `text` outlives this.
  PackFile(std::string pack, std::string name, std::string_view text);

  YamlDocument& document() { return document_; }
  void refuse(const YamlNode& node, std::string_view message) { document_.refuse(node, message); }
  void refuse_at(const Place& place, std::string_view message) {
    document_.refuse({.line = place.line, .column = place.column}, message);
  }
  void rename(std::string_view pack) { pack_ = pack; }  // what entries say they belong to
  Place place(const YamlNode& node) const;

  // Calls `read` with key and value of each member; a value that is no map is refused, and so is an
  // id of another form. An empty section is fine.
  using ReadEntry = std::function<void(const YamlNode& key, const YamlNode& value)>;
  void each(const YamlNode& map, std::string_view what, IdForm form, const ReadEntry& read);

  // Reads each member as an entry: `read(entry, fields, node)` takes what is its own, the rest is
  // done here. `noun` is what one of them is called: "score".
  template <class E, class Read>
  void entries(const YamlNode& map, std::string_view noun, IdForm form, std::vector<E>& out,
               const Read& read) {
    each(map, noun, form, [&](const YamlNode& key, const YamlNode& value) {
      const YamlNode node = as_map(key, value);
      const std::string what = std::string(noun) + " '" + key.text + "'";
      if (node.kind != YamlNode::Kind::kMap) return refuse(node, what + " must be a mapping");
      YamlFields fields(node, what, document_);
      E entry;
      begin(entry, key, fields);
      read(entry, fields, node);
      fields.finish();
      out.push_back(std::move(entry));
    });
  }

  std::string id(YamlFields& fields, std::string_view key, IdForm form = IdForm::kId);  // required
  std::string id_or(YamlFields& fields, std::string_view key, std::string_view fallback,
                    IdForm form = IdForm::kId);
  std::vector<std::string> ids(YamlFields& fields, std::string_view key, IdForm form = IdForm::kId);
  std::vector<std::string> events(YamlFields& fields, std::string_view key);
  bool check_id(const YamlNode& node, std::string_view word, IdForm form);

  // Finite and within; anything else is refused and nothing is given.
  std::optional<double> number(YamlFields& fields, std::string_view key, double least, double most);
  std::optional<double> number(const YamlNode& node, std::string_view key, double least,
                               double most);
  // Longer than nothing. Absent: zero.
  Micros span(YamlFields& fields, std::string_view key);
  // The text of a span, also of business hours and days; absent: empty.
  std::string wait(YamlFields& fields, std::string_view key);

  Formula condition(YamlFields& fields, std::string_view key);  // absent: empty
  Formula need_condition(YamlFields& fields, std::string_view key);
  ValueSpec value(YamlFields& fields, std::string_view key);  // absent: null
  ValueSpec value(const YamlNode& node);
  Formula text(const YamlNode& node) const { return formula(node, 0); }  // any text with its places

 private:
  void begin(Entry& entry, const YamlNode& key, YamlFields& fields);  // says, spec
  // An entry with nothing under it is an empty mapping.
  static YamlNode as_map(const YamlNode& key, const YamlNode& value);
  Formula formula(const YamlNode& node, size_t skip) const;
  size_t begin_of(const YamlNode& node, char& style) const;
  size_t source_of(const YamlNode& node) const;
  Place place_of(size_t offset) const;

  std::string pack_;
  std::string_view text_;
  std::vector<size_t> lines_;  // where each starts
  YamlDocument document_;
};

// "3d", "48h", "90s".
std::optional<Micros> parse_span(std::string_view text);
// "2 business hours", "1 business day of support".
bool is_business_span(std::string_view text);
// "50000 USD", "-12.50 EUR": a decimal number and a code of ISO 4217's form.
bool is_money(std::string_view text);
bool has_form(std::string_view word, IdForm form);
std::string_view describe(IdForm form);

}  // namespace rapport::decide
