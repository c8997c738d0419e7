#include "connector/http/parser.hpp"

#include <gtest/gtest.h>
#include <iomanip>
#include <sstream>

#include "connector/http/inflate.hpp"

namespace connector::http {
namespace {

struct parsed {
  std::optional<core::error> failure;
  response got;
  bool done = false;
  bool keep_alive = false;
  std::size_t left = 0;
};

/// Feeds `bytes` as the client does: what is not taken is offered again with more behind it.
parsed parse(
    std::vector<std::string> const& pieces,
    bool closed = false,
    parse_limits limits = {},
    bool to_head = false
) {
  parsed out;
  auto const parser = make_response_parser(out.got, limits, to_head);
  std::string held;
  for (auto const& piece : pieces) {
    held += piece;
    if (parser->done()) continue;
    auto const taken = parser->put(held);
    if (!taken) {
      out.failure = taken.error();
      return out;
    }
    held.erase(0, *taken);
  }
  if (closed && !parser->done()) {
    auto const end = parser->end();
    if (!end) out.failure = end.error();
  }
  out.done = parser->done();
  out.keep_alive = out.done && parser->keep_alive();
  out.left = held.size();
  return out;
}

parsed parse_whole(std::string const& bytes, bool closed = false, parse_limits limits = {}) {
  return parse({bytes}, closed, limits);
}

std::string chunked(std::string const& body, std::size_t size) {
  std::ostringstream out;
  for (std::size_t i = 0; i < body.size(); i += size) {
    auto const piece = body.substr(i, size);
    out << std::hex << piece.size() << ";ext=1\r\n" << piece << "\r\n";
  }
  out << "0\r\nX-Trailer: ignored\r\n\r\n";
  return out.str();
}

std::string const ok = "HTTP/1.1 200 OK\r\n";

TEST(ResponseParser, ReadsAChunkedGzipAnswerSplitAtEveryByte) {
  std::string const text = "a body that is compressed, cut into chunks, and cut again on its way";
  auto const bytes = ok + "Content-Encoding: gzip\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n" +
                     chunked(gzip(text), 11);

  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    auto const got = parse({bytes.substr(0, cut), bytes.substr(cut)});

    ASSERT_FALSE(got.failure) << cut << ": " << got.failure->detail;
    ASSERT_TRUE(got.done) << cut;
    EXPECT_EQ(got.got.body, text);
    EXPECT_EQ(got.got.headers.size(), 3u);
    EXPECT_TRUE(got.keep_alive);
    EXPECT_EQ(got.left, 0u);
  }
}

TEST(ResponseParser, ReadsOneByteAtATime) {
  auto const bytes = ok + "Transfer-Encoding: chunked\r\n\r\n" + chunked("hello", 2);
  std::vector<std::string> pieces;
  for (char const c : bytes) pieces.emplace_back(1, c);

  auto const got = parse(pieces);

  ASSERT_TRUE(got.done);
  EXPECT_EQ(got.got.body, "hello");
}

TEST(ResponseParser, IsNeverDoneWithAPrefix) {
  auto const bytes = ok + "Transfer-Encoding: chunked\r\n\r\n" + chunked("hello", 2);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto const got = parse_whole(bytes.substr(0, size), true);
    EXPECT_FALSE(got.done) << size;
    ASSERT_TRUE(got.failure) << size;
    EXPECT_EQ(got.failure->code, core::errc::malformed);
  }
}

TEST(ResponseParser, LeavesWhatFollowsTheMessage) {
  auto const got = parse_whole(ok + "Content-Length: 2\r\n\r\nabHTTP");

  EXPECT_TRUE(got.done);
  EXPECT_EQ(got.got.body, "ab");
  EXPECT_EQ(got.left, 4u);
}

TEST(ResponseParser, ReadsToTheEndWithoutALength) {
  auto const got = parse_whole(ok + "\r\nall there is", true);

  EXPECT_TRUE(got.done);
  EXPECT_EQ(got.got.body, "all there is");
  EXPECT_FALSE(got.keep_alive);
}

TEST(ResponseParser, KnowsAnswersWithoutABody) {
  for (auto const* status : {"204 No Content", "304 Not Modified"}) {
    auto const got =
        parse_whole("HTTP/1.1 " + std::string{status} + "\r\nContent-Length: 5\r\n\r\n");
    EXPECT_TRUE(got.done) << status;
  }
  EXPECT_TRUE(parse({ok + "Content-Length: 5\r\n\r\n"}, false, {}, true).done);
}

TEST(ResponseParser, SeesWhenTheConnectionEnds) {
  EXPECT_FALSE(parse_whole(ok + "Connection: close\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse_whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse_whole(ok + "Content-Length: 0\r\n\r\n").keep_alive);
}

TEST(ResponseParser, RefusesWhatTwoReadersCouldFrameDifferently) {
  for (auto const* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5x\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Bad Name: x\r\n",
        "NoColon\r\n",
        "X: a\rb\r\n"}) {
    auto const got = parse_whole(ok + headers + "\r\n0\r\n\r\n", true);
    ASSERT_TRUE(got.failure) << headers;
    EXPECT_EQ(got.failure->code, core::errc::malformed) << headers;
  }
}

TEST(ResponseParser, RefusesBrokenChunks) {
  for (auto const* body : {"x\r\n", "5\r\nhelloXX0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n"}) {
    EXPECT_TRUE(parse_whole(ok + "Transfer-Encoding: chunked\r\n\r\n" + body).failure) << body;
  }
}

TEST(ResponseParser, RefusesAStatusLineThatIsNone) {
  for (auto const* line :
       {"HTTP/2 200 OK\r\n", "HTTP/1.1 20 OK\r\n", "ICY 200 OK\r\n", "<html>\r\n"}) {
    EXPECT_TRUE(parse_whole(std::string{line} + "\r\n").failure) << line;
  }
}

TEST(ResponseParser, LimitsTheHeaderWholeAndInPieces) {
  std::string headers;
  while (headers.size() <= 64u << 10) headers += "X-Filler: " + std::string(90, 'x') + "\r\n";
  EXPECT_TRUE(parse_whole(ok + headers + "\r\n").failure);
  EXPECT_TRUE(parse_whole(ok + "X: " + std::string(65u << 10, 'x')).failure);

  // Line by line, with three bytes of the next: the way around Beast's own limit.
  std::vector<std::string> pieces{ok + "X-F"};
  for (int i = 0; i < 800; ++i) pieces.push_back("iller: " + std::string(90, 'x') + "\r\nX-F");
  EXPECT_TRUE(parse(pieces).failure);
}

TEST(ResponseParser, LimitsTrailersAndChunkExtensions) {
  auto const start = ok + "Transfer-Encoding: chunked\r\n\r\n";
  std::string const filler(70u << 10, 'x');

  EXPECT_TRUE(parse_whole(start + "0\r\nX: " + filler).failure);
  EXPECT_TRUE(parse_whole(start + "1;" + filler).failure);
}

TEST(ResponseParser, LimitsTheBody) {
  parse_limits limits;
  limits.body_bytes_max = 10;
  auto const start = ok + "Transfer-Encoding: chunked\r\n\r\n";

  EXPECT_FALSE(parse_whole(ok + "Content-Length: 10\r\n\r\n0123456789", false, limits).failure);
  EXPECT_TRUE(parse_whole(ok + "Content-Length: 11\r\n\r\n0", false, limits).failure);
  EXPECT_TRUE(parse_whole(ok + "Content-Length: 99999999999999\r\n\r\n0", false, limits).failure);
  EXPECT_TRUE(parse_whole(start + chunked("0123456789+", 4), false, limits).failure);
  EXPECT_TRUE(parse_whole(ok + "\r\n0123456789+", false, limits).failure);
}

TEST(ResponseParser, LimitsTheDecodedBody) {
  parse_limits limits;
  limits.body_bytes_max = 1000;
  auto const body = gzip(std::string(1001, 'x'));
  auto const head = ok + "Content-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size());

  EXPECT_TRUE(parse_whole(head + "\r\n\r\n" + body, false, limits).failure);
}

TEST(ResponseParser, RefusesACodingThatNobodyAskedFor) {
  auto const got = parse_whole(ok + "Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx");

  ASSERT_TRUE(got.failure);
  EXPECT_NE(got.failure->detail.find("br"), std::string::npos);
}

TEST(RequestParser, LeavesCodingsToTheHandler) {
  request got;
  auto const parser = make_request_parser(got, {});
  auto const body = gzip("text");
  auto const taken = parser->put(
      "POST /a?b HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body
  );

  ASSERT_TRUE(taken.has_value());
  ASSERT_TRUE(parser->done());
  EXPECT_EQ(got.method, "POST");
  EXPECT_EQ(got.url, "/a?b");
  EXPECT_EQ(got.body, body);
}

}  // namespace
}  // namespace connector::http
