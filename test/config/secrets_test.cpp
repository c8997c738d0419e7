#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "test/config/reading.hpp"

namespace connector::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// A text that no complaint may hold.
constexpr auto canary = "hunter2";

TEST(Secrets, ComeFromTheEnvironmentAndFromFiles) {
  auto in =
      reading{"a: ${env:PW}\nb: '${file:pw}'\n", {{"PW", canary}}, {{"/etc/connector/pw", "s3\n"}}};

  EXPECT_EQ(in.top->secret("a").reveal(), canary);
  EXPECT_EQ(in.top->secret_if("b")->reveal(), "s3");
  EXPECT_EQ(in.top->secret_if("c"), std::nullopt);
  EXPECT_THAT(in.complaints(), IsEmpty());
}

TEST(Secrets, AreNeverWrittenIntoTheFile) {
  auto in = reading{"a: hunter2\nb: x${env:PW}\nc: ${env:PW}hunter2\nd: ''\n", {{"PW", "x"}}};

  for (auto const* key : {"a", "b", "c", "d"}) EXPECT_TRUE(in.top->secret(key).empty());
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "1:4: 'a' is a secret: write ${env:NAME} or ${file:PATH}, not the secret itself",
          "2:4: 'b' is a secret: write ${env:NAME} or ${file:PATH}, not the secret itself",
          "3:4: 'c' is a secret: write ${env:NAME} or ${file:PATH}, not the secret itself",
          "4:4: 'd' is a secret: write ${env:NAME} or ${file:PATH}, not the secret itself"
      )
  );
}

TEST(Secrets, MustBeThere) {
  auto in = reading{"a: ${env:NOT_SET}\nb: ${env:EMPTY}\n", {{"EMPTY", ""}}};

  in.top->secret("a");
  in.top->secret("b");
  in.top->secret("c");
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "1:4: the environment variable 'NOT_SET' is not set",
          "2:4: 'b' is empty: what ${env:EMPTY} refers to holds nothing",
          "1:1: 'c' is missing"
      )
  );
}

TEST(Secrets, PrintAsNothingOfThemselves) {
  auto in = reading{"a: ${env:PW}\n", {{"PW", canary}}};
  auto out = std::ostringstream{};

  out << in.top->secret("a");
  EXPECT_EQ(out.str(), "<secret>");
}

/// Every getter meets the secret where it does not belong: as what a reference stands for.
TEST(Secrets, ShowInNoComplaintOfAnyGetter) {
  auto in = reading{"a: ${env:PW}\nlist: [\"${env:PW}\"]\n", {{"PW", "http://u:hunter2@h w"}}};

  in.top->url_or("a", "");
  in.top->flag_or("a", false);
  in.top->number_or("a", 0, 0, 1);
  in.top->span_or("a", {});
  in.top->one_of("a", {"x"}, "x");
  in.top->sub("a");
  in.top->list("list");
  EXPECT_EQ(in.complaints().size(), 7u);
  for (auto const& line : in.complaints()) EXPECT_THAT(line, Not(HasSubstr(canary)));
}

/// The secret is written into the file, at every place that a slip can bring it to.
TEST(Secrets, ShowInNoComplaintAboutBrokenFiles) {
  for (auto const* text : {
           "client_secret: *hunter2\n",           "client_secret: !hunter2 x\n",
           "client_secret: \"hunter2\n",          "client_secret: hunter2: x\n",
           "client_secret: 'a' hunter2\n",        "client_secret: \"\\hunter2\"\n",
           "client_secret: &a hunter2 *a\n",      "client_secret: {hunter2\n",
           "client_secret: [hunter2\n",           "client_secret: @hunter2\n",
           "client_secret: %hunter2\n",           "client_secret: `hunter2\n",
           "client_secret: hunter2\n\tx: y\n",    "%hunter2 a b\n---\na: b\n",
           "client_secret: |hunter2\n  x\n",      "a: ${hunter2}\n",
           "client_secret:\n  hunter2\n",         "client_secret: [hunter2]\n",
           "client_secret: {hunter2: hunter2}\n", "proxy: http://u:hunter2@host\n",
       }) {
    auto in = reading{text};
    if (in.top) {
      in.top->secret("client_secret");
      in.top->text_if("a");
      in.top->url_or("proxy", "");
    }
    EXPECT_THAT(in.complaints(), Not(IsEmpty())) << text;
    for (auto const& line : in.complaints()) EXPECT_THAT(line, Not(HasSubstr("hunter"))) << text;
  }
}

}  // namespace
}  // namespace connector::config
