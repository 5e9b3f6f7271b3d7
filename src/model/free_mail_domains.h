// Domains whose addresses say nothing about a company: free mail, internet providers' mail for
// households, relays that hide an address, and disposable mail. Sorted, lower case.
#pragma once

#include <span>
#include <string_view>

namespace rapport::model {

extern const std::span<const std::string_view> kFreeMailDomains;

}  // namespace rapport::model
