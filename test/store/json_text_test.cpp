#include "connector/store/json_text.hpp"

#include <bit>
#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "support.hpp"

namespace connector::store {
namespace {

core::value again(core::value const& v) { return good(parse_json(json_text(v))); }

TEST(JsonText, KeepsEveryBitOfADouble) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    auto const bits = random();
    auto const d = std::bit_cast<double>(bits);
    if (!std::isfinite(d)) continue;
    auto const back = again(d);
    ASSERT_TRUE(back.is_double()) << d;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back.get_double()), std::bit_cast<std::uint64_t>(d))
        << d;
  }
}

TEST(JsonText, KeepsTheKindOfANumber) {
  for (auto const& v :
       {core::value(1.0),
        core::value(-0.0),
        core::value(1e300),
        core::value(1),
        core::value(std::numeric_limits<std::int64_t>::min()),
        core::value(std::numeric_limits<std::uint64_t>::max())}) {
    auto const back = again(v);
    EXPECT_EQ(back.kind(), v.kind()) << json_text(v);
    EXPECT_EQ(back, v);
  }
}

TEST(JsonText, KeepsAnInfiniteNumber) {
  auto const infinite = std::numeric_limits<double>::infinity();
  EXPECT_EQ(again(infinite), core::value(infinite));
  EXPECT_EQ(again(-infinite), core::value(-infinite));
}

TEST(JsonText, KeepsEveryByteOfAText) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  EXPECT_EQ(again(core::value(every)), core::value(every));
  EXPECT_EQ(again(core::record{{every, 1}}), core::value(core::record{{every, 1}}));
}

TEST(JsonText, KeepsOrderAndNesting) {
  auto const v = boost::json::parse(R"({"z":[],"a":{},"m":[null,true,false,[1,[2.5]],{"x":""}]})");
  EXPECT_EQ(json_text(v), R"({"z":[],"a":{},"m":[null,true,false,[1,[2.5]],{"x":""}]})");
  EXPECT_EQ(again(v), v);
}

TEST(JsonText, ReadsWhatIsDeeplyNested) {
  core::value v = 1;
  for (int i = 0; i < 200; ++i) v = core::value(boost::json::array{std::move(v)});
  EXPECT_EQ(again(v), v);
}

TEST(JsonText, RefusesWhatIsNoJson) {
  for (auto const* text : {"", "{", "[1,]", "1 2", "{\"a\":1}x", "nul"}) {
    auto const read = parse_json(text);
    ASSERT_FALSE(read.has_value()) << text;
    EXPECT_EQ(read.error().code, core::errc::storage);
  }
}

}  // namespace
}  // namespace connector::store
