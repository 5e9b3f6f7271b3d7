// How this vendor's API looks when something is wrong with it: the answers of armed faults.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/http.h"
#include "sandbox/faults.h"
#include "sandbox/hubspot/call.h"
#include "sandbox/hubspot/portal.h"
#include "sandbox/hubspot/refusal.h"

namespace rapport::sandbox::hubspot {

HttpResponse plain_page(int status, std::string_view title);
// The vendor's error body, with a fresh correlation id in it and in a header.
HttpResponse refuse(Portal& portal, const Refusal& refusal);

Refusal unknown_credentials();
Refusal expired_credentials(Micros expired_at, Micros now);
// 429, naming the window that is full.
HttpResponse too_many_calls(Portal& portal, std::string_view policy);

// Instead of carrying out the call.
HttpResponse answer_fault(Portal& portal, const ArmedFault& fault);
// Instead of the answer of a call that was carried out.
HttpResponse spoil(Portal& portal, const ArmedFault& fault, HttpResponse answer);
// Whether the caller is left without knowing that the call was carried out.
bool hides_outcome(FaultKind kind);

// Takes the inputs that a partial_batch refuses out of the call, as entries for its errors.
Json hold_back(Call& call, const ArmedFault& fault, Faults& dice);
// A 207 with those errors beside the answer's own.
HttpResponse add_errors(const Portal& portal, HttpResponse answer, const Json& entries);

// Carries out a schema_drift: {"change": "remove_property" | "change_type" | "remove_option",
// "object", "property", "type"?, "option"?}. What is wrong with it, or nothing.
Result<void> drift(Portal& portal, const Json& order);

}  // namespace rapport::sandbox::hubspot
