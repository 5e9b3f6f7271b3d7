// rooms: intake
// Request bodies of the tracking API. The first byte chooses the call, the rest is the body.
// Whatever comes, each call is either an event that can be sealed and read back, or refused with
// a reason, a place, and JSON that can be looked at again.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "intake/identity.h"
#include "intake/normalise.h"
#include "intake/request.h"

namespace rapport::intake {
namespace {

constexpr Micros kReceived{1'772'442'000'000'000};
constexpr Key kKey{1};

class Index final : public Subjects {
 public:
  Result<std::optional<store::Ids::Bound>> find(const Digest16& identifier) override {
    const auto found = bound_.find(identifier);
    if (found == bound_.end()) return std::optional<store::Ids::Bound>();
    return std::optional(found->second);
  }
  Result<SubjectId> allocate() override { return SubjectId{++last_}; }
  void learn(const model::Event& event) {
    for (const auto& b : event.bindings) bound_[b.hash] = {b.subject, b.claimed_by};
  }

 private:
  std::map<Digest16, store::Ids::Bound> bound_;
  uint64_t last_ = 0;
};

void check_identities(const model::Event& event) {
  CHECK(!event.identities.empty());
  CHECK(event.subject.value != 0);
  CHECK(event.identities.front().subject == event.subject);
  for (const auto& identity : event.identities) {
    CHECK(identity.subject.value != 0);
    switch (identity.kind) {
      case model::IdentifierKind::kEmail:
        CHECK(normalise_email(identity.value) == identity.value);
        break;
      case model::IdentifierKind::kPhone:
        CHECK(identity.value.starts_with('+') && identity.value.size() <= 20);
        break;
      default:
        CHECK(normalise_id(identity.value) == identity.value);
    }
  }
}

void check_good(TrackingCall call, Index& index, const IntakeOptions& options) {
  model::Event& event = call.event;
  CHECK(!event.type.empty());
  CHECK(event.at <= kReceived + options.max_future && event.at >= kReceived - options.max_past);
  const Claimants claimants = claimants_of(kKey, std::move(event.identities), call.previous_id);
  CHECK(assign_subjects(kKey, claimants, index, event));
  index.learn(event);
  check_identities(event);
  // What is known now names the same subject again, and teaches nothing.
  model::Event again;
  CHECK(assign_subjects(kKey, claimants, index, again));
  CHECK(again.subject == event.subject && again.bindings.empty());

  model::Event back;
  CHECK(model::decode_body(model::encode_body(event), back));
  CHECK(back.type == event.type && back.identities == event.identities && back.at == event.at);
  CHECK(back.properties == event.properties && back.context == event.context);
}

void check_refused(const Reading& reading, const IntakeOptions& options, PhoneBook& phones) {
  const Error& error = reading.call.error();
  CHECK(!error.message.empty());
  if (error.code == Code::kTooLarge) {
    CHECK(reading.raw.size() <= 4096);
    return;
  }
  CHECK(error.code == Code::kInvalid);
  auto raw = parse_json(reading.raw, {.depth = 70, .members = 200'000});
  CHECK(raw);
  (void)read_again(std::move(raw).value(), kReceived, options, phones).raw;
}

void run(Call call, std::string_view body) {
  const IntakeOptions options;
  PhoneBook phones("DE");
  auto request = read_request(call, body, kReceived, options, phones);
  if (!request) {
    CHECK(!request.error().message.empty());
    CHECK(request.error().code == Code::kInvalid || request.error().code == Code::kTooLarge);
    return;
  }
  Index index;
  for (Reading& reading : *request) {
    if (reading.call) {
      check_good(std::move(reading.call).value(), index, options);
    } else {
      check_refused(reading, options, phones);
    }
  }
}

}  // namespace
}  // namespace rapport::intake

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using rapport::intake::Call;
  if (size == 0) return 0;
  const auto call = static_cast<Call>(bytes[0] % 7);
  rapport::intake::run(call, {reinterpret_cast<const char*>(bytes) + 1, size - 1});
  return 0;
}
