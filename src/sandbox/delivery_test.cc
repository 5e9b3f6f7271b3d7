#include <gtest/gtest.h>

#include "sandbox/carriage.h"
#include "sandbox/sandbox.h"
#include "testing/fakes.h"

namespace rapport::sandbox {
namespace {

HttpResponse whole() {
  return {201, {{"Content-Type", "application/json"}}, "0123456789"};
}

TEST(Delivery, AnOrdinaryAnswerTravelsWhole) {
  const Delivery delivery = delivery_of(whole());
  EXPECT_EQ(delivery.how, Carriage::kWhole);
  EXPECT_EQ(delivery.answer.status, 201);
  EXPECT_EQ(delivery.body_size, 10u);
}

TEST(Delivery, ACutAnswerKnowsItsStatusAndItsWholeSize) {
  const Delivery delivery = delivery_of(cut_answer(whole()));
  EXPECT_EQ(delivery.how, Carriage::kCut);
  EXPECT_EQ(delivery.answer.status, 201);
  EXPECT_EQ(delivery.answer.body, "01234");
  EXPECT_EQ(delivery.body_size, 10u);
  EXPECT_EQ(delivery.answer.headers.size(), 1u);
}

TEST(Delivery, ASlowAnswerIsWholeAndSaysHowLongItTakes) {
  const Delivery delivery = delivery_of(slow_answer(whole(), seconds(7)));
  EXPECT_EQ(delivery.how, Carriage::kSlow);
  EXPECT_EQ(delivery.span, seconds(7));
  EXPECT_EQ(delivery.answer.body, "0123456789");
  EXPECT_EQ(delivery.answer.headers.size(), 1u);
}

TEST(Delivery, CarryTellsWhatTheCallerSeesAndMovesItsClock) {
  ManualClock clock;
  auto waited = [&, last = clock.now()]() mutable {
    const Micros span = clock.now() - last;
    last = clock.now();
    return span;
  };
  EXPECT_EQ(carry(whole(), seconds(5), clock).value().body, "0123456789");
  for (const int status : {kLostResponse, kNoConnection})
    EXPECT_EQ(carry({status, {}, {}}, seconds(5), clock).error().code, Code::kIo);
  EXPECT_EQ(carry(cut_answer(whole()), seconds(5), clock).error().code, Code::kIo);
  EXPECT_EQ(waited(), seconds(0));
  EXPECT_EQ(carry({kNoAnswer, {}, {}}, seconds(5), clock).error().code, Code::kTimeout);
  EXPECT_EQ(waited(), seconds(5));
  EXPECT_EQ(carry(slow_answer(whole(), seconds(3)), seconds(5), clock).value().status, 201);
  EXPECT_EQ(waited(), seconds(3));
  EXPECT_EQ(carry(slow_answer(whole(), seconds(9)), seconds(5), clock).error().code,
            Code::kTimeout);
  EXPECT_EQ(waited(), seconds(5));
}

}  // namespace
}  // namespace rapport::sandbox
