// Answers that go on: what arrives, how they end, and that a slow client is dropped.
#include "net/stream.h"

#include "net/server_fixture.h"

namespace rapport::net {
namespace {

constexpr size_t kMost = 4096;

TEST(Stream, KeepsWhatFitsAndGivesUpOnWhatDoesNot) {
  int woken = 0;
  Stream stream({}, 8, [&] { ++woken; });
  EXPECT_TRUE(stream.send("1234"));
  EXPECT_TRUE(stream.send("5678"));
  EXPECT_EQ(woken, 1) << "one call is enough until something is taken";
  EXPECT_EQ(stream.take().text, "12345678");
  EXPECT_TRUE(stream.send("abcdefgh"));
  EXPECT_EQ(woken, 2);
  EXPECT_FALSE(stream.send("i"));
  EXPECT_EQ(woken, 3) << "so that the connection closes";
  EXPECT_FALSE(stream.send(""));
  const auto taken = stream.take();
  EXPECT_TRUE(taken.too_slow);
  EXPECT_EQ(taken.text, "");
}

TEST(Stream, TakesNothingAfterItsEnd) {
  Stream stream({}, 8, [] {});
  EXPECT_TRUE(stream.send("last"));
  stream.end();
  EXPECT_FALSE(stream.send("late"));
  const auto taken = stream.take();
  EXPECT_EQ(taken.text, "last");
  EXPECT_TRUE(taken.ended);
}

class StreamedTest : public testing::Test {
 protected:
  StreamedTest() {
    server_.echo().on_serve = [this](HttpRequest, Respond respond) {
      const std::lock_guard lock(mutex_);
      stream_ = respond.stream({200, {{"Content-Type", "text/event-stream"}}, {}}, kMost);
    };
  }
  std::shared_ptr<Stream> stream() {
    for (int i = 0; i < 2000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (stream_) return stream_;
      }
      pause();
    }
    return nullptr;
  }
  static void pause() { ::poll(nullptr, 0, 1); }

  std::mutex mutex_;
  std::shared_ptr<Stream> stream_;
  RunningServer server_;
};

TEST_F(StreamedTest, ArrivesInOrderUntilItsEnd) {
  RawClient client(server_->port());
  client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = this->stream();
  ASSERT_TRUE(stream);
  EXPECT_TRUE(stream->send("data: 1\n\n"));
  EXPECT_TRUE(stream->send("data: 2\n\n"));
  stream->end();
  const std::string all = client.receive_to_end();
  EXPECT_NE(all.find("200 OK"), all.npos);
  EXPECT_EQ(all.find("Content-Length"), all.npos);
  EXPECT_NE(all.find("Connection: close"), all.npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\n")) << all;
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(StreamedTest, DropsAClientThatDoesNotRead) {
  RawClient client(server_->port());
  client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = this->stream();
  ASSERT_TRUE(stream);
  const std::string much(kMost / 2, 'x');
  bool taken = true;
  for (int i = 0; i < 20'000 && taken; ++i) {
    taken = stream->send(much);
    if (i % 64 == 0) pause();
  }
  EXPECT_FALSE(taken);
  for (int i = 0; i < 2000 && stream->open(); ++i) pause();
  EXPECT_FALSE(stream->open());
  EXPECT_EQ(server_.refused("slow_stream"), 1u);
}

TEST_F(StreamedTest, SeesThatTheClientHasGone) {
  auto client = std::make_unique<RawClient>(server_->port());
  client->send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = this->stream();
  ASSERT_TRUE(stream);
  EXPECT_TRUE(stream->send("data: 1\n\n"));
  client.reset();
  for (int i = 0; i < 2000 && stream->open(); ++i) pause();
  EXPECT_FALSE(stream->open());
  EXPECT_FALSE(stream->send("data: 2\n\n"));
}

TEST_F(StreamedTest, EndsWhenTheServerDrains) {
  RawClient client(server_->port());
  client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto stream = this->stream();
  ASSERT_TRUE(stream);
  EXPECT_TRUE(stream->send("data: last\n\n"));
  server_->drain(seconds(20));
  EXPECT_TRUE(client.receive_to_end().ends_with("data: last\n\n"));
  client.close();
  for (int i = 0; i < 5000 && !server_.ended; ++i) pause();
  EXPECT_TRUE(server_.ended);
}

}  // namespace
}  // namespace rapport::net
