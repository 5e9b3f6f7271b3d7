// How a sandbox marks an answer that travels badly; sandbox.h reads the marks.
#pragma once

#include "base/http.h"
#include "base/time.h"

namespace rapport::sandbox {

// Status kCutAnswer: half of the body leaves, then the connection is reset.
HttpResponse cut_answer(HttpResponse answer);
// Status kSlowAnswer: the body takes `span` from its first byte to its last.
HttpResponse slow_answer(HttpResponse answer, Micros span);

}  // namespace rapport::sandbox
