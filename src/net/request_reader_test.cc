#include "net/request_reader.h"

#include <gtest/gtest.h>

#include "net/answer_text.h"

namespace rapport::net {
namespace {

struct Outcome {
  ReadStep step = ReadStep::kMore;
  int status = 0;  // of the refusal
  HttpRequest request;
  std::string rest;
};

// Feeds `bytes` in pieces of `piece`, as a socket would.
Outcome read_in_pieces(const std::string& bytes, size_t piece, const ReadLimits& limits = {}) {
  RequestReader reader(limits);
  std::string buffer;
  Outcome outcome;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    buffer += bytes.substr(at, piece);
    size_t taken = 0;
    outcome.step = reader.read(buffer, taken);
    buffer.erase(0, taken);
    if (outcome.step == ReadStep::kMore) continue;
    outcome.rest = buffer + (at + piece < bytes.size() ? bytes.substr(at + piece) : "");
    break;
  }
  if (outcome.step == ReadStep::kDone) outcome.request = std::move(reader.request());
  if (outcome.step == ReadStep::kRefused) outcome.status = reader.refusal().status;
  return outcome;
}

Outcome read(const std::string& bytes, const ReadLimits& limits = {}) {
  const Outcome whole = read_in_pieces(bytes, bytes.size(), limits);
  const Outcome single = read_in_pieces(bytes, 1, limits);
  EXPECT_EQ(whole.step, single.step) << bytes;
  EXPECT_EQ(whole.status, single.status) << bytes;
  EXPECT_EQ(whole.request.body, single.request.body) << bytes;
  EXPECT_EQ(whole.rest, single.rest) << bytes;
  return whole;
}

TEST(RequestReader, ReadsHeadBodyAndLeavesTheNextRequest) {
  const Outcome outcome = read(
      "POST /v1/track?x=1 HTTP/1.1\r\nHost: a:80\r\nX-One:  two \r\nContent-Length: 5\r\n\r\n"
      "helloGET / HTTP/1.1\r\n");
  ASSERT_EQ(outcome.step, ReadStep::kDone);
  EXPECT_EQ(outcome.request.method, "POST");
  EXPECT_EQ(outcome.request.target, "/v1/track?x=1");
  EXPECT_EQ(header(outcome.request.headers, "x-one"), "two");
  EXPECT_EQ(outcome.request.body, "hello");
  EXPECT_EQ(outcome.rest, "GET / HTTP/1.1\r\n");
}

TEST(RequestReader, DecodesChunksAndDropsTrailers) {
  const Outcome outcome = read(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6;ext=\"1\"\r\n world\r\n0\r\nX-Role: admin\r\n\r\nrest");
  ASSERT_EQ(outcome.step, ReadStep::kDone);
  EXPECT_EQ(outcome.request.body, "hello world");
  EXPECT_EQ(header(outcome.request.headers, "x-role"), "");
  EXPECT_EQ(header(outcome.request.headers, "transfer-encoding"), "");
  EXPECT_EQ(outcome.rest, "rest");
}

TEST(RequestReader, UnderstandsAbsoluteTargets) {
  EXPECT_EQ(read("GET http://a.example/x?y HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "/x?y");
  EXPECT_EQ(read("GET http://a.example HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "/");
  EXPECT_EQ(read("GET http://a.example?q HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "/?q");
  EXPECT_EQ(read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").request.target, "*");
}

TEST(RequestReader, ToleratesOneEmptyLineBeforeARequest) {
  EXPECT_EQ(read("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").step, ReadStep::kDone);
  EXPECT_EQ(read("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").status, 400);
}

struct Refused {
  const char* what;
  int status;
  std::string bytes;
};

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

// S9: what proxies and servers are known to read differently.
std::vector<Refused> refused_requests() {
  return {
      {"length and chunks", 400,
       post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "abc")},
      {"chunks and length", 400,
       post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "abc")},
      {"two lengths", 400, post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc")},
      {"two equal lengths", 400, post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")},
      {"list of lengths", 400, post("Content-Length: 3, 3\r\n", "abc")},
      {"signed length", 400, post("Content-Length: +3\r\n", "abc")},
      {"negative length", 400, post("Content-Length: -3\r\n", "abc")},
      {"hexadecimal length", 400, post("Content-Length: 0x3\r\n", "abc")},
      {"length with blank", 400, post("Content-Length: 3 3\r\n", "abc")},
      {"empty length", 400, post("Content-Length: \r\n", "abc")},
      {"huge length", 400, post("Content-Length: 99999999999999999999\r\n", "abc")},
      {"bare LF in head", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF after field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"bare LF at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare CR in field", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n"},
      {"folded line", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"},
      {"folded line by tab", 400, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n"},
      {"blank before fields", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"two hosts", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {"no host", 400, "GET / HTTP/1.1\r\n\r\n"},
      {"host with path", 400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"host with user", 400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"blank before colon", 400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n"},
      {"empty name", 400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
      {"NUL in value", 400, std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 34)},
      {"no version", 400, "GET /\r\nHost: a\r\n\r\n"},
      {"HTTP/2", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
      {"two blanks", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"target with tab", 400, "GET /\tx HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"raw UTF-8 target", 400, "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"star", 400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"other scheme", 400, "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no authority", 400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT", 501, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"gzip transfer coding", 501, post("Transfer-Encoding: gzip, chunked\r\n")},
      {"unknown transfer coding", 501, post("Transfer-Encoding: xchunked\r\n")},
      {"quoted transfer coding", 501, post("Transfer-Encoding: \"chunked\"\r\n")},
      {"two transfer codings", 400,
       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"chunks in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"unknown content coding", 415, post("Content-Encoding: br\r\nContent-Length: 1\r\n", "x")},
      {"two content codings", 415,
       post("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n", "x")},
      {"list of content codings", 415,
       post("Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n", "x")},
      {"not gzip", 400, post("Content-Encoding: gzip\r\nContent-Length: 3\r\n", "abc")},
      {"unknown expectation", 417, post("Expect: 200-ok\r\nContent-Length: 1\r\n")},
      {"chunk size with sign", 400, chunked("+5\r\nhello\r\n0\r\n\r\n")},
      {"chunk size with 0x", 400, chunked("0x5\r\nhello\r\n0\r\n\r\n")},
      {"chunk size with blank", 400, chunked("5 \r\nhello\r\n0\r\n\r\n")},
      {"chunk size of 9 digits", 400, chunked("000000005\r\nhello\r\n0\r\n\r\n")},
      {"chunk without size", 400, chunked("\r\nhello\r\n0\r\n\r\n")},
      {"bare LF after size", 400, chunked("5\nhello\r\n0\r\n\r\n")},
      {"bare LF after chunk", 400, chunked("5\r\nhello\n0\r\n\r\n")},
      {"chunk longer than said", 400, chunked("5\r\nhello!\r\n0\r\n\r\n")},
      {"CR in extension", 400, chunked("5;a\rb\r\nhello\r\n0\r\n\r\n")},
      {"LF in extension", 400, chunked("5;a\nb\r\nhello\r\n0\r\n\r\n")},
      {"bare LF at the end of chunks", 400, chunked("0\r\n\n")},
      {"bare LF in trailer", 400, chunked("0\r\nA: b\n\r\n")},
      {"huge chunk", 413, chunked("ffffffff\r\n")},
  };
}

TEST(RequestReader, RefusesWhatOthersMayReadDifferently) {
  for (const Refused& refused : refused_requests()) {
    const Outcome outcome = read(refused.bytes);
    EXPECT_EQ(outcome.step, ReadStep::kRefused) << refused.what;
    EXPECT_EQ(outcome.status, refused.status) << refused.what;
  }
}

TEST(RequestReader, RefusesALongHeadAtTheLimitAndNotBefore) {
  ReadLimits limits;
  limits.header_bytes = 256;
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const std::string fits = start + std::string(256 - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(fits.size(), 256u);
  EXPECT_EQ(read(fits, limits).step, ReadStep::kDone);
  EXPECT_EQ(read(start + std::string(300, 'x') + "\r\n\r\n", limits).status, 431);
  EXPECT_EQ(read(std::string(300, 'G'), limits).status, 431);
}

TEST(RequestReader, RefusesTooManyFields) {
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "a:\r\n";
  EXPECT_EQ(read(post(fields)).status, 431);
}

TEST(RequestReader, RefusesALongBodyByItsLengthBeforeReadingIt) {
  ReadLimits limits;
  limits.body_bytes = 10;
  EXPECT_EQ(read(post("Content-Length: 11\r\n"), limits).status, 413);
  EXPECT_EQ(read(post("Content-Length: 10\r\n", "0123456789"), limits).step, ReadStep::kDone);
  EXPECT_EQ(read(chunked("6\r\n012345\r\n5\r\n"), limits).status, 413);
  EXPECT_EQ(read(chunked("6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"), limits).step, ReadStep::kDone);
}

TEST(RequestReader, RefusesFramingThatOutweighsTheBody) {
  ReadLimits limits;
  limits.body_bytes = 1000;
  EXPECT_EQ(read_in_pieces(chunked("1;" + std::string(20'000, 'x')), 512, limits).status, 413);
  EXPECT_EQ(read_in_pieces(chunked("0\r\nA: " + std::string(20'000, 'x')), 512, limits).status,
            413);
}

TEST(RequestReader, SaysWhetherTheConnectionStays) {
  auto stays = [](const std::string& bytes) {
    RequestReader reader({});
    size_t taken = 0;
    EXPECT_EQ(reader.read(bytes, taken), ReadStep::kDone);
    return reader.keep_alive();
  };
  EXPECT_TRUE(stays("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(stays("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(stays("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(AnswerText, LeavesNoWayToStartAHeaderInAValue) {
  std::string out;
  HttpResponse response{200, {{"X", "a\r\nSet-Cookie: b"}, {"Content-Length", "99"}}, "body"};
  append_head(out, response, Persistence::kDefault);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: a  Set-Cookie: b\r\n\r\n");
}

TEST(AnswerText, GivesNoLengthWhereNoBodyMayBe) {
  std::string out;
  append_head(out, {204, {}, ""}, Persistence::kClose);
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace rapport::net
