// The company behind a mail address or host name.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rapport::model {

// Registrable domain of a host by the public-suffix list: "mail.acme.co.uk" → "acme.co.uk". None
// for a public suffix itself, an IP address, or a name without a dot. Pure given the list, which is
// named in engine.changed (see company_list_version).
std::optional<std::string> registrable_domain(std::string_view host);

// CH-13: registrable domain of the address unless it is a free-mail or disposable-mail domain.
std::optional<std::string> company_domain(std::string_view email);
bool is_free_mail(std::string_view domain);

std::string_view company_list_version();

}  // namespace rapport::model
