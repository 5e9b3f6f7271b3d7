// Times, spans, receivers and escalations, as workflows and messages have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/pack/message_spec.h"
#include "decide/pack/pack_file.h"

namespace rapport::decide {

// A list of lists, or one: calls for each item.
void each_item(const YamlNode& node, const std::function<void(const YamlNode&)>& read);

std::optional<TimeOfDay> read_time_of_day(YamlFields& fields, std::string_view key, PackFile& file);
// `at` and `hours`.
PutOff read_put_off(YamlFields& fields, PackFile& file);
std::vector<EscalationSpec> read_escalations(const YamlNode& list, PackFile& file);
// One of team, role, user, owner_of; what else it is is refused as `key`.
ReceiverSpec read_receiver(const YamlNode& node, std::string_view key, PackFile& file);
// A language tag; absent or wrong: empty, and refused.
std::string read_language(YamlFields& fields, std::string_view key, PackFile& file);
bool check_language(const YamlNode& node, PackFile& file);
// The keys of `texts` are languages; one that stands twice, spelled otherwise, is refused.
void check_languages_differ(const YamlNode& texts, PackFile& file);

}  // namespace rapport::decide
