// How HubSpot says no. An endpoint that cannot do what is asked returns a Refusal; the handler
// turns it into the vendor's error body with a correlation id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/http.h"
#include "base/json.h"

namespace rapport::sandbox::hubspot {

inline constexpr std::string_view kValidation = "VALIDATION_ERROR";
inline constexpr std::string_view kNotFound = "OBJECT_NOT_FOUND";
inline constexpr std::string_view kConflict = "CONFLICT";

struct Refusal {
  int status = 400;
  std::string message;
  std::string category = std::string(kValidation);  // empty: the vendor names none
  std::string sub_category = {};
  Json context = {};  // object of name -> [text], or null
  Json errors = {};   // array, or null
  Json links = {};    // object, or null
};

// A value or the reason why there is none.
template <class T>
using Either = std::variant<T, Refusal>;
template <class T>
const Refusal* refusal_of(const Either<T>& either) {
  return std::get_if<Refusal>(&either);
}

// One property value that was not accepted.
struct Fault {
  std::string property;
  std::string code;  // e.g. PROPERTY_DOESNT_EXIST
  std::string message;
  std::string value = {};
};

Refusal bad_input(std::string message);
Refusal no_such_record();                         // an id that names nothing
Refusal no_such_record(std::string_view odd_id);  // an id that is not even a number
Refusal bad_values(const std::vector<Fault>& faults, int64_t portal);
Refusal missing_properties(std::string_view type, const std::vector<std::string>& names);
Refusal missing_scopes(const std::vector<std::string>& scopes);

// The error body of a whole answer, and the shorter entry of a batch's `errors`.
Json error_body(const Refusal& refusal, std::string_view correlation_id);
Json error_entry(const Refusal& refusal);

// {"ids": ["1", "2"]}
Json context_of(std::string_view name, const std::vector<std::string>& values);

HttpResponse json_response(int status, const Json& body);

}  // namespace rapport::sandbox::hubspot
