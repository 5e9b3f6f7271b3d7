#include "model/company.h"

#include <fmt/format.h>
#include <libpsl.h>

#include <algorithm>
#include <string>

#include "base/crypto.h"
#include "base/text.h"
#include "model/free_mail_domains.h"

namespace rapport::model {
namespace {

// Underscores are not legal in host names but occur in mail domains all the same.
bool is_host_byte(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c >= 0x80;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_host_byte(c); });
}

bool is_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A name of at least two labels whose last is not a number: so no IP address, no "localhost".
bool is_domain_name(std::string_view host) {
  if (host.size() > 253) return false;
  const std::vector<std::string_view> labels = split(host, '.');
  return labels.size() >= 2 && std::all_of(labels.begin(), labels.end(), is_label) &&
         !is_number(labels.back());
}

std::string make_list_version() {
  std::string joined;
  for (const std::string_view domain : kFreeMailDomains) {
    joined += domain;
    joined += '\n';
  }
  return fmt::format("suffixes {} free-mail {}", psl_builtin_sha1sum(),
                     to_hex(bytes_of(sha256({joined})).substr(0, 8)));
}

}  // namespace

std::optional<std::string> registrable_domain(std::string_view host) {
  std::string name = ascii_lower(trim(host));
  if (name.ends_with('.')) name.pop_back();
  if (!is_domain_name(name)) return std::nullopt;
  // The list that is compiled into the library: it changes only with the package's version.
  const char* found = psl_registrable_domain(psl_builtin(), name.c_str());
  if (found == nullptr) return std::nullopt;
  return std::string(found);
}

std::optional<std::string> company_domain(std::string_view email) {
  const size_t at = email.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view host = email.substr(at + 1);
  if (is_free_mail(host)) return std::nullopt;
  return registrable_domain(host);
}

bool is_free_mail(std::string_view domain) {
  const auto listed = [](std::string_view name) {
    return std::binary_search(kFreeMailDomains.begin(), kFreeMailDomains.end(), name);
  };
  if (listed(ascii_lower(trim(domain)))) return true;
  const auto registrable = registrable_domain(domain);
  return registrable && listed(*registrable);
}

std::string_view company_list_version() {
  static const std::string version = make_list_version();
  return version;
}

}  // namespace rapport::model
