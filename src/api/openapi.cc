#include "api/openapi.h"

// The document is a file of the source tree; the assembler puts its bytes into the program.
asm(".section .rodata\n"
    ".global rapport_openapi_begin\n"
    ".global rapport_openapi_end\n"
    "rapport_openapi_begin:\n"
    ".incbin \"" RAPPORT_OPENAPI_FILE
    "\"\n"
    "rapport_openapi_end:\n"
    ".byte 0\n"
    ".text\n");
extern "C" const char rapport_openapi_begin[];
extern "C" const char rapport_openapi_end[];

namespace rapport::api {

std::string_view openapi_document() {
  return {rapport_openapi_begin, static_cast<size_t>(rapport_openapi_end - rapport_openapi_begin)};
}

}  // namespace rapport::api
