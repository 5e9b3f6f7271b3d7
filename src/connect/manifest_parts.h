// The parts of the manifest's grammar. Used inside the loader only.
#pragma once

#include "base/yaml_fields.h"
#include "connect/manifest.h"

namespace rapport::connect {

// Names a template may use, without "$".
using Variables = std::vector<std::string>;

// A request written out, or the name of one under 'calls'.
CallSpec read_call(const YamlNode& node, const std::string& what, const Variables& variables,
                   YamlDocument& document);

// Refuses unknown "$x" in a template or condition. Properties are "$property.<name>".
void check_variables(const YamlNode& node, const Variables& variables, YamlDocument& document);

void read_mapping(const YamlNode& node, ObjectSpec& object, YamlDocument& document);
void read_transcript(const YamlNode& node, ObjectSpec& object, YamlDocument& document);

// What stands in YAML for one property of an object.
model::FieldMapping read_field(const std::string& to, const YamlNode& node, YamlDocument& document);
// Directories that mappings name must be declared.
void check_directories(const YamlNode& node, const ObjectSpec& object, const Manifest& manifest,
                       YamlDocument& document);
void read_directories(const YamlNode& node, Manifest& manifest, YamlDocument& document);
void read_properties(const YamlNode& node, Manifest& manifest, YamlDocument& document);
inline constexpr std::string_view kFieldTypes[] = {"text", "number", "time", "epoch_millis",
                                                   "date"};

void read_quotas(const YamlNode& node, Manifest& manifest, YamlDocument& document);

// A path with "[0]" written as ".0"; refused when it is not one.
std::string read_path(const YamlNode& node, YamlDocument& document);
// A path into the source document: begins with one of the things there are.
std::string read_source_path(const YamlNode& node, YamlDocument& document);

}  // namespace rapport::connect
