// The OpenAPI 3.1 document of everything the server answers: src/api/openapi.json, built in.
#pragma once

#include <string_view>

namespace rapport::api {

std::string_view openapi_document();

}  // namespace rapport::api
