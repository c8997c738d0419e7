#include "connector/http/inflate.hpp"

#include <gtest/gtest.h>
#include <string>
#include <zlib.h>

namespace connector::http {
namespace {

constexpr std::size_t plenty = 64u << 20;

/// `window` as zlib's deflateInit2 takes it: 15 zlib, -15 bare.
std::string deflated(std::string const& text, int window) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&z, text.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

struct outcome {
  std::optional<core::error> failure;
  std::string text;
};

outcome decode(
    coding kind, std::string const& bytes, std::size_t max, std::size_t piece = 1u << 14
) {
  inflater decoder{kind, max};
  outcome got;
  for (std::size_t i = 0; i < bytes.size() && !got.failure; i += piece) {
    got.failure = decoder.put(std::string_view{bytes}.substr(i, piece), got.text);
  }
  if (!got.failure) got.failure = decoder.finish();
  return got;
}

TEST(Inflater, DecodesGzipAndBothKindsOfDeflate) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i);

  for (std::size_t const piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    EXPECT_EQ(decode(coding::gzip, gzip(text), plenty, piece).text, text);
    EXPECT_EQ(decode(coding::deflate, deflated(text, 15), plenty, piece).text, text);
    EXPECT_EQ(decode(coding::deflate, deflated(text, -15), plenty, piece).text, text);
  }
}

TEST(Inflater, JoinsGzipMembers) {
  auto const got = decode(coding::gzip, gzip("one ") + gzip("two"), plenty);

  EXPECT_FALSE(got.failure);
  EXPECT_EQ(got.text, "one two");
}

TEST(Inflater, TakesNoInputForAnEmptyBody) {
  EXPECT_FALSE(decode(coding::gzip, "", plenty).failure);
}

TEST(Inflater, StopsAtTheLimitOfBytes) {
  auto const bytes = gzip(std::string(1001, 'x'));

  EXPECT_FALSE(decode(coding::gzip, bytes, 1001).failure);
  auto const got = decode(coding::gzip, bytes, 1000);
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code, core::errc::malformed);
  EXPECT_LE(got.text.size(), 1000u);
}

TEST(Inflater, StopsABombEarly) {
  auto const bomb = gzip(std::string(50u << 20, '\0'));
  ASSERT_LT(bomb.size(), 60'000u);

  auto const got = decode(coding::gzip, bomb, plenty, 1024);

  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code, core::errc::malformed);
  EXPECT_LT(got.text.size(), 3u << 20);
}

TEST(Inflater, LetsWellCompressibleSmallBodiesPass) {
  auto const got = decode(coding::gzip, gzip(std::string(1u << 20, 'x')), plenty);

  EXPECT_FALSE(got.failure);
  EXPECT_EQ(got.text.size(), 1u << 20);
}

TEST(Inflater, ComplainsAboutEveryTruncation) {
  auto const whole = gzip("some text that takes a few bytes to say, and then a few more");
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_TRUE(decode(coding::gzip, whole.substr(0, size), plenty).failure) << size;
  }
}

TEST(Inflater, ComplainsAboutDamageAndRubbish) {
  auto damaged = gzip(std::string(1000, 'x') + "end");
  damaged[damaged.size() - 5] ^= 1;  // in the checksum
  EXPECT_TRUE(decode(coding::gzip, damaged, plenty).failure);
  EXPECT_TRUE(decode(coding::gzip, "not compressed at all", plenty).failure);
  EXPECT_TRUE(decode(coding::gzip, gzip("text") + "rubbish", plenty).failure);
  EXPECT_TRUE(decode(coding::deflate, deflated("text", 15) + "rubbish", plenty).failure);
}

}  // namespace
}  // namespace connector::http
