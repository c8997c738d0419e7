#include "connector/http/url.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string list_url(std::string const& filter, int top = 50) {
  return std::string{graph} + "/security/incidents?$filter=" + http::percent_encode(filter) +
         "&$orderby=lastUpdateDateTime&$top=" + std::to_string(top) + "&$count=true";
}

constexpr auto next =
    R"("@odata.nextLink":"https://graph.microsoft.com/v1.0/security/incidents?$skip=2")";

TEST(Changes, AsksForWhatChangedSinceInOneCall) {
  world w;
  w.transport.then(200, list_of({}));

  auto const page = w.changes(since("2026-03-01T00:00:00.5Z"));

  EXPECT_THAT(page.rows, IsEmpty());
  EXPECT_EQ(page.continuation, "");
  ASSERT_EQ(w.transport.calls.size(), 1u) << "an empty poll is one call";
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(call.url, list_url("lastUpdateDateTime ge 2026-03-01T00:00:00.5Z"));
  EXPECT_FALSE(call.fresh_connection);
}

TEST(Changes, SendsTheHeadersThatGraphNeeds) {
  world w;
  w.transport.then(200, list_of({}));

  w.changes(since("2026-03-01T00:00:00Z"));

  auto const& call = w.transport.calls.at(0);
  EXPECT_EQ(header(call, "Authorization"), "Bearer token-1-canary");
  EXPECT_EQ(header(call, "Prefer"), "include-unknown-enum-members");
  EXPECT_EQ(header(call, "client-request-id").size(), 36u);
  EXPECT_THAT(header(call, "User-Agent"), HasSubstr("itsm-connector/"));
}

TEST(Changes, BoundsTheWindowAtBothEnds) {
  world w;
  w.transport.then(200, list_of({}));
  auto query = since("2026-03-01T00:00:00Z");
  query.to = at("2026-03-02T00:00:00Z");
  query.rows_max = 10;

  w.changes(query);

  EXPECT_EQ(
      w.transport.calls.at(0).url,
      list_url(
          "lastUpdateDateTime ge 2026-03-01T00:00:00Z and "
          "lastUpdateDateTime le 2026-03-02T00:00:00Z",
          10
      )
  );
}

TEST(Changes, NeverAsksForMoreThanFiftyRows) {
  world w;
  w.transport.then(200, list_of({}));
  auto query = since("2026-03-01T00:00:00Z");
  query.rows_max = 500;

  w.changes(query);

  EXPECT_THAT(w.transport.calls.at(0).url, HasSubstr("$top=50&"));
}

TEST(Changes, GoOnFromTheLastRowsStampInFullPrecision) {
  world w;
  w.transport.then(
      200,
      list_of(
          {incident("1", "2026-03-01T10:00:00.1Z"), incident("2", "2026-03-01T10:00:00.4733333Z")},
          next
      )
  );
  w.transport.then(
      200,
      list_of({incident("2", "2026-03-01T10:00:00.4733333Z"), incident("3", "2026-03-01T11:00:00Z")}
      )
  );

  auto query = since("2026-03-01T00:00:00Z");
  auto const first = w.changes(query);
  query.continuation = first.continuation;
  auto const second = w.changes(query);

  EXPECT_THAT(ids_of(first.rows), ElementsAre("1", "2"));
  EXPECT_EQ(
      w.transport.calls.at(1).url, list_url("lastUpdateDateTime ge 2026-03-01T10:00:00.4733333Z")
  );
  EXPECT_THAT(ids_of(second.rows), ElementsAre("3")) << "a row handed out before is dropped";
  EXPECT_EQ(second.continuation, "");
}

TEST(Changes, KeepTheUpperBoundOnLaterPages) {
  world w;
  w.transport.then(
      200,
      list_of({incident("1", "2026-03-01T10:00:00Z"), incident("2", "2026-03-01T11:00:00Z")}, next)
  );
  w.transport.then(200, list_of({}));
  auto query = since("2026-03-01T00:00:00Z");
  query.to = at("2026-03-02T00:00:00Z");

  query.continuation = w.changes(query).continuation;
  w.changes(query);

  EXPECT_EQ(
      w.transport.calls.at(1).url,
      list_url("lastUpdateDateTime ge 2026-03-01T11:00:00Z and "
               "lastUpdateDateTime le 2026-03-02T00:00:00Z")
  );
}

TEST(Changes, HandOutAnIncidentAgainThatChangedMeanwhile) {
  world w;
  w.transport.then(
      200,
      list_of({incident("1", "2026-03-01T10:00:00Z"), incident("2", "2026-03-01T11:00:00Z")}, next)
  );
  w.transport.then(200, list_of({incident("2", "2026-03-01T11:00:05Z")}));

  auto query = since("2026-03-01T00:00:00Z");
  query.continuation = w.changes(query).continuation;

  EXPECT_THAT(ids_of(w.changes(query).rows), ElementsAre("2"));
}

TEST(Changes, KeepEveryRowOfAStampSharedAcrossPages) {
  world w;
  auto const tie = "2026-03-01T11:00:00.3333333Z";
  w.transport.then(
      200,
      list_of({incident("1", "2026-03-01T10:00:00Z"), incident("2", tie), incident("3", tie)}, next)
  );
  w.transport.then(
      200,
      list_of(
          {incident("2", tie),
           incident("3", tie),
           incident("4", tie),
           incident("5", "2026-03-01T12:00:00Z")}
      )
  );

  auto query = since("2026-03-01T00:00:00Z");
  query.continuation = w.changes(query).continuation;

  EXPECT_THAT(ids_of(w.changes(query).rows), ElementsAre("4", "5"));
}

TEST(Changes, FollowTheNextLinkWhereAWholePageHasOneStamp) {
  world w;
  auto const tie = "2026-03-01T11:00:00Z";
  w.transport.then(200, list_of({incident("1", tie), incident("2", tie)}, next));
  w.transport.then(200, list_of({incident("3", tie), incident("4", "2026-03-01T12:00:00Z")}, next));
  w.transport.then(200, list_of({incident("4", "2026-03-01T12:00:00Z")}));

  auto query = since("2026-03-01T00:00:00Z");
  auto const first = w.changes(query);
  query.continuation = first.continuation;
  auto const second = w.changes(query);
  query.continuation = second.continuation;
  auto const third = w.changes(query);

  EXPECT_EQ(w.transport.calls.at(1).url, std::string{graph} + "/security/incidents?$skip=2");
  EXPECT_THAT(ids_of(second.rows), ElementsAre("3", "4"));
  EXPECT_FALSE(second.left) << "a count behind a link counts something else";
  EXPECT_EQ(w.transport.calls.at(2).url, list_url("lastUpdateDateTime ge 2026-03-01T12:00:00Z"))
      << "back to paging by key once the stamp is past";
  EXPECT_THAT(third.rows, IsEmpty());
  EXPECT_EQ(third.continuation, "");
}

TEST(Changes, LeaveTheNextLinkOnceItsStampIsPast) {
  world w;
  auto const first = "2026-03-01T11:00:00Z";
  auto const second = "2026-03-01T11:00:00.0033333Z";
  w.transport.then(200, list_of({incident("1", first), incident("2", first)}, next));
  w.transport.then(200, list_of({incident("3", second), incident("4", second)}, next));
  w.transport.then(200, list_of({incident("3", second), incident("4", second)}, next));
  w.transport.then(200, list_of({incident("5", second)}));

  auto query = since("2026-03-01T00:00:00Z");
  std::vector<std::string> ids;
  do {
    auto const page = w.changes(query);
    for (auto const& id : ids_of(page.rows)) ids.push_back(id);
    query.continuation = page.continuation;
  } while (!query.continuation.empty());

  EXPECT_EQ(
      w.transport.calls.at(2).url, list_url("lastUpdateDateTime ge 2026-03-01T11:00:00.0033333Z")
  );
  EXPECT_THAT(ids, ElementsAre("1", "2", "3", "4", "5"));
}

TEST(Changes, GoOnPastAnEmptyPageWithANextLink) {
  world w;
  w.transport.then(200, list_of({}, next));
  w.transport.then(200, list_of({incident("1", "2026-03-01T10:00:00Z")}));

  auto query = since("2026-03-01T00:00:00Z");
  auto const empty = w.changes(query);
  ASSERT_NE(empty.continuation, "");
  query.continuation = empty.continuation;

  EXPECT_THAT(ids_of(w.changes(query).rows), ElementsAre("1"));
}

TEST(Changes, NeverSendTheTokenToAnotherOrigin) {
  for (auto const* link :
       {"https://evil.example/v1.0/security/incidents",
        "http://graph.microsoft.com/v1.0/x",
        "https://graph.microsoft.com.evil.example/x",
        "https://graph.microsoft.com@evil.example/",
        "https://graph.microsoft.com:444/v1.0/x",
        "//graph.microsoft.com/x",
        "nonsense"}) {
    world w;
    w.transport.then(200, list_of({}, R"("@odata.nextLink":")" + std::string{link} + "\""));
    auto query = since("2026-03-01T00:00:00Z");
    query.continuation = w.changes(query).continuation;

    auto const e = w.failing_changes(query);

    EXPECT_EQ(e.code, errc::malformed) << link;
    EXPECT_EQ(w.transport.calls.size(), 1u) << link;
  }
}

TEST(Changes, EndAListingWhoseLinksGoInCircles) {
  world w;
  auto query = since("2026-03-01T00:00:00Z");
  int pages = 0;
  for (;; ++pages) {
    w.transport.then(200, list_of({}, next));
    auto page = run(w.system->changes(query));
    if (!page) {
      EXPECT_EQ(page.error().code, errc::malformed);
      break;
    }
    query.continuation = page->continuation;
    ASSERT_LT(pages, 2000);
  }
}

TEST(Changes, RefuseAPageInAnotherOrderThanAskedFor) {
  world w;
  w.transport.then(
      200,
      list_of({incident("1", "2026-03-01T11:00:00Z"), incident("2", "2026-03-01T10:00:00Z")}, next)
  );

  EXPECT_EQ(w.failing_changes(since("2026-03-01T00:00:00Z")).code, errc::malformed);
}

TEST(Changes, PutAnUnorderedLastPageInOrder) {
  world w;
  w.transport.then(
      200, list_of({incident("1", "2026-03-01T11:00:00Z"), incident("2", "2026-03-01T10:00:00Z")})
  );

  EXPECT_THAT(ids_of(w.changes(since("2026-03-01T00:00:00Z")).rows), ElementsAre("2", "1"));
}

TEST(Changes, RefuseAPageThatIgnoresTheFilter) {
  world w;
  w.transport.then(200, list_of({incident("1", "2020-01-01T00:00:00Z")}));

  auto const e = w.failing_changes(since("2026-03-01T00:00:00Z"));

  EXPECT_EQ(e.code, errc::malformed);
  EXPECT_THAT(e.detail, HasSubstr("incident 1"));
}

TEST(Changes, TellHowManyRowsAreLeft) {
  world w;
  w.transport.then(
      200,
      list_of(
          {incident("1", "2026-03-01T10:00:00Z"), incident("2", "2026-03-01T11:00:00Z")},
          std::string{next} + R"(,"@odata.count":120)"
      )
  );

  EXPECT_EQ(w.changes(since("2026-03-01T00:00:00Z")).left, 118u);
}

TEST(Changes, KeepARowWithoutAStampAsAHint) {
  world w;
  w.transport.then(
      200,
      list_of(
          {incident("1", "2026-03-01T10:00:00Z"),
           R"({"id":"2"})",
           incident("3", "2026-03-01T11:00:00Z")}
      )
  );

  auto const page = w.changes(since("2026-03-01T00:00:00Z"));

  ASSERT_THAT(ids_of(page.rows), ElementsAre("1", "2", "3"));
  EXPECT_EQ(page.rows[1].version, 0);
  EXPECT_EQ(page.rows[1].changed_at, page.rows[0].changed_at);
}

TEST(Changes, FailAPageWithARowThatCannotBeAskedAbout) {
  world w;
  w.transport.then(
      200,
      list_of(
          {incident("1", "2026-03-01T10:00:00Z"),
           R"({"displayName":"lost","lastUpdateDateTime":"2026-03-01T10:00:01Z"})"}
      )
  );

  auto const e = w.failing_changes(since("2026-03-01T00:00:00Z"));

  EXPECT_EQ(e.code, errc::malformed);
  EXPECT_THAT(e.detail, HasSubstr("row 2"));
  EXPECT_THAT(e.detail, HasSubstr("lost"));
}

TEST(Changes, RefuseAContinuationOfSomebodyElse) {
  world w;
  for (auto const* text : {"nonsense", "{}", "[]", R"({"stamp":"x or id ne null"})"}) {
    auto query = since("2026-03-01T00:00:00Z");
    query.continuation = text;
    EXPECT_EQ(w.failing_changes(query).code, errc::invalid) << text;
  }
}

}  // namespace
}  // namespace defender_test
