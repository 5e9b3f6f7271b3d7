// One HubSpot account: everything the endpoints read and write.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "sandbox/hubspot/effects.h"
#include "sandbox/hubspot/links.h"
#include "sandbox/hubspot/records.h"
#include "sandbox/hubspot/schema.h"
#include "sandbox/sandbox.h"

namespace rapport::sandbox::hubspot {

inline constexpr int64_t kPortalId = 24'680'135;
inline constexpr uint64_t kFirstRecordId = 20'000'000'001;
inline constexpr size_t kMaxBatch = 100;

class Portal {
 public:
  Portal(const SandboxOptions& options, Random& random, Micros now)
      : schema(now),
        records(kFirstRecordId),
        links(schema),
        now(now),
        search_lag(options.search_lag),
        associate_by_domain(options.associate_by_domain),
        random_(random) {}
  Portal(const Portal&) = delete;  // links point into the schema

  Schema schema;
  Records records;
  Links links;
  Effects effects;
  Micros now;         // of the call under way, in whole milliseconds
  Micros search_lag;  // as a fault has it for the call under way
  const bool associate_by_domain;

  std::string uuid();

 private:
  Random& random_;
};

}  // namespace rapport::sandbox::hubspot
