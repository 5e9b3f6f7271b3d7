// Received mail taken apart, as far as reports need it. Lenient: mail of others is often malformed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rapport::connect {

using MailFields = std::vector<std::pair<std::string, std::string>>;  // names in lower case

// "Name: value" lines up to the first empty line, unfolded; what is no such line is skipped. At
// most 1,000. `rest` gets what follows the empty line.
MailFields read_fields(std::string_view text, std::string_view* rest = nullptr);
std::string_view field(const MailFields& fields, std::string_view name);  // the first; empty: none

struct ContentType {
  std::string type = "text/plain";                                  // lower case
  std::map<std::string, std::string, std::less<>> parameters = {};  // names in lower case
};
ContentType read_content_type(std::string_view value);

// The parts between the boundary's lines, at most 100.
std::vector<std::string_view> split_parts(std::string_view body, std::string_view boundary);

std::string decode_body(std::string_view body, std::string_view transfer_encoding);

}  // namespace rapport::connect
