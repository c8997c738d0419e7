#include "adapters/defender/wire.hpp"

#include "adapters/defender/words.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using namespace adapters::defender;
using ::testing::HasSubstr;

adapter::object object_of(std::string_view text, adapter::wants const& needs = {}) {
  return to_object(parsed(text), needs).value();
}

core::value field_of(std::string_view text, char const* name) {
  auto const one = object_of(text);
  return core::field(one.fields, name);
}

TEST(Incident, CarriesWhatThePortAsksFor) {
  auto const one = object_of(R"({"id":"29","incidentWebUrl":"https://security.microsoft.com/x",
    "createdDateTime":"2026-01-22T12:09:23.1433333Z","lastUpdateDateTime":"2026-02-25T16:29:33.1Z",
    "lastModifiedBy":"API-App:x","status":"active","tenantId":"t","priorityScore":100})");

  EXPECT_EQ(one.id, "29");
  EXPECT_EQ(one.label, "29");
  EXPECT_EQ(one.url, "https://security.microsoft.com/x");
  EXPECT_EQ(one.presence, adapter::presence::present);
  EXPECT_EQ(one.created_at, at("2026-01-22T12:09:23.1433333Z"));
  EXPECT_EQ(one.changed_at, at("2026-02-25T16:29:33.1Z"));
  EXPECT_EQ(one.version, one.changed_at.time_since_epoch().count());
  EXPECT_EQ(one.changed_by, "API-App:x");
  EXPECT_EQ(one.fields.at("tenantId"), "t");
  EXPECT_EQ(one.fields.at("priorityScore"), 100);
  EXPECT_FALSE(one.comments);
}

TEST(Incident, NeedsNothingButItsId) {
  auto const one = object_of(R"({"id":"29"})");

  EXPECT_EQ(one.version, 0);
  EXPECT_EQ(one.fields.at("customTags"), json::array{});
  EXPECT_EQ(one.fields.at("systemTags"), json::array{});
  EXPECT_EQ(object_of(R"({"id":29})").id, "29");
}

TEST(Incident, WithoutAnIdIsMalformed) {
  for (auto const* text : {"{}", R"({"id":null})", R"({"id":""})", R"({"id":[]})", "[]", "null"}) {
    auto const one = to_object(parsed(text), {});
    ASSERT_FALSE(one) << text;
    EXPECT_EQ(one.error().code, errc::malformed);
  }
}

TEST(Incident, SaysNotSetInOneWay) {
  for (auto const* unset : {"null", R"("")", R"("unknown")", R"("Unknown")"}) {
    auto const text = R"({"id":"1","classification":)" + std::string{unset} +
                      R"(,"determination":)" + unset + "}";
    EXPECT_TRUE(field_of(text, "classification").is_null()) << text;
    EXPECT_TRUE(field_of(text, "determination").is_null()) << text;
  }
  EXPECT_TRUE(field_of(R"({"id":"1","determination":"NotAvailable"})", "determination").is_null());
  EXPECT_TRUE(field_of(R"({"id":"1","tenantId":""})", "tenantId").is_null());
}

TEST(Incident, KeepsAnUnknownSeverityWhichIsAValue) {
  EXPECT_EQ(field_of(R"({"id":"1","severity":"unknown"})", "severity"), "unknown");
  EXPECT_EQ(field_of(R"({"id":"1","severity":"UnSpecified"})", "severity"), "unknown");
}

TEST(Incident, HasNoOwnerWhereThePortalSaysUnassigned) {
  for (auto const* owner : {"Unassigned", "unassigned", " UNASSIGNED ", "", "  "}) {
    auto const text = R"({"id":"1","assignedTo":")" + std::string{owner} + "\"}";
    EXPECT_TRUE(field_of(text, "assignedTo").is_null()) << text;
  }
  EXPECT_EQ(
      field_of(R"({"id":"1","assignedTo":" Defender Experts "})", "assignedTo"), "Defender Experts"
  );
}

TEST(Incident, TakesTheTagsOfOlderAnswers) {
  EXPECT_EQ(field_of(R"({"id":"1","tags":["a"]})", "customTags"), parsed(R"(["a"])"));
  EXPECT_EQ(
      field_of(R"({"id":"1","tags":["a"],"customTags":["b"]})", "customTags"), parsed(R"(["b"])")
  );
  EXPECT_TRUE(field_of(R"({"id":"1","tags":["a"]})", "tags").is_null());
  EXPECT_EQ(
      field_of(R"({"id":"1","systemTags":["Defender Experts",null,""]})", "systemTags"),
      parsed(R"(["Defender Experts"])")
  );
}

TEST(Incident, LeavesNewWordsAsTheyAre) {
  EXPECT_EQ(field_of(R"({"id":"1","status":"awaitingApproval"})", "status"), "awaitingApproval");
  EXPECT_EQ(
      field_of(R"({"id":"1","determination":"noveltyOf2030"})", "determination"), "noveltyOf2030"
  );
  EXPECT_EQ(
      field_of(R"({"id":"1","status":"unknownFutureValue"})", "status"), "unknownFutureValue"
  );
}

TEST(Incident, NormalisesItsAlertsToo) {
  auto const alerts = field_of(
      R"({"id":"1","alerts":[{"severity":"High","classification":"unknown","determination":"Clean",
        "evidence":[{"@odata.type":"#microsoft.graph.security.newEvidence"}]}, null]})",
      "alerts"
  );

  auto const& alert = alerts.as_array().at(0).as_object();
  EXPECT_EQ(alert.at("severity"), "high");
  EXPECT_TRUE(alert.at("classification").is_null());
  EXPECT_EQ(alert.at("determination"), "notMalicious");
  EXPECT_EQ(alert.at("evidence").at(0).at("@odata.type"), "#microsoft.graph.security.newEvidence");
}

TEST(Incident, DropsTheTransportsAnnotations) {
  auto const one =
      object_of(R"({"@odata.context":"x","@odata.type":"y","id":"1","alerts@odata.context":"z"})");

  for (auto const& member : one.fields) {
    EXPECT_EQ(member.key().find('@'), json::string_view::npos) << member.key();
  }
}

TEST(Incident, OpensOnlyAddressesOfTheWeb) {
  EXPECT_EQ(object_of(R"({"id":"1","incidentWebUrl":"javascript:x"})").url, "");
  auto const quoted = R"({"id":"1","incidentWebUrl":"https://x/\"onload="})";
  EXPECT_EQ(object_of(quoted).url, "");
}

TEST(Incident, MovesItsFieldsInsteadOfCopyingThem) {
  reader read;
  auto parsed_once = read.parse(R"({"id":"1","description":"a text too long to fit in place"})");
  auto const* before = parsed_once->at("description").as_string().data();

  auto const one = to_object(std::move(*parsed_once), {});

  EXPECT_EQ(one->fields.at("description").as_string().data(), before);
}

struct drift {
  char const* met;
  char const* meant;
};

TEST(Words, KnowEveryNameADeterminationEverHad) {
  drift const cases[] = {
      {"compromisedUser", "compromisedAccount"},
      {"CompromisedUser", "compromisedAccount"},
      {"CompromisedAccount", "compromisedAccount"},
      {"clean", "notMalicious"},
      {"NotMalicious", "notMalicious"},
      {"insufficientData", "notEnoughDataToValidate"},
      {"NoEnoughDataToValidate", "notEnoughDataToValidate"},
      {"notEnoughDataToValidate", "notEnoughDataToValidate"},
      {"confirmedUserActivity", "confirmedActivity"},
      {"ConfirmedActivity", "confirmedActivity"},
      {"MultiStagedAttack", "multiStagedAttack"},
      {"APT", "apt"},
      {"NotAvailable", ""},
  };
  for (auto const& c : cases) EXPECT_EQ(determination_word(c.met), c.meant) << c.met;
}

TEST(Words, IgnoreCase) {
  EXPECT_EQ(status_word("InProgress"), "inProgress");
  EXPECT_EQ(status_word("AWAITINGACTION"), "awaitingAction");
  EXPECT_EQ(severity_word("Medium"), "medium");
  EXPECT_EQ(classification_word("TruePositive"), "truePositive");
}

TEST(Comments, AreReadInBothSpellings) {
  auto const comments = to_comments(parsed(R"([
    {"comment":"new","createdByDisplayName":"a@b.c","createdDateTime":"2026-01-02T00:00:00Z"},
    {"comment":"old","createdBy":"d@e.f","createdTime":"2021-09-30T12:07:37.2756993Z"}])"));

  ASSERT_EQ(comments.size(), 2u);
  EXPECT_EQ(comments[0].text, "old");
  EXPECT_EQ(comments[0].author, "d@e.f");
  EXPECT_EQ(comments[0].at, at("2021-09-30T12:07:37.2756993Z"));
  EXPECT_EQ(comments[1].author, "a@b.c");
}

TEST(Comments, HaveIdsThatStayAndDiffer) {
  auto const list = parsed(R"([
    {"comment":"x","createdByDisplayName":"a","createdDateTime":"2026-01-02T00:00:00Z"},
    {"comment":"x","createdByDisplayName":"a","createdDateTime":"2026-01-02T00:00:00.000Z"},
    {"comment":"x","createdByDisplayName":"b","createdDateTime":"2026-01-02T00:00:00Z"},
    {"comment":"y","createdByDisplayName":"a","createdDateTime":"2026-01-02T00:00:00Z"},
    {"comment":"x","createdByDisplayName":"a","createdDateTime":"2026-01-03T00:00:00Z"}])");

  auto const once = to_comments(list);
  auto const twice = to_comments(list);

  std::vector<std::string> ids;
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].id, twice[i].id);
    ids.push_back(once[i].id);
  }
  EXPECT_EQ(ids.size(), 5u);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(Comments, LoseTheirMarkup) {
  auto const comments = to_comments(parsed(R"([{"comment":"<p>Hello &amp; goodbye</p>"}])"));

  EXPECT_EQ(comments.at(0).text, "Hello & goodbye");
}

TEST(Comments, ThatAreNoneAreLeftOut) {
  EXPECT_TRUE(to_comments(parsed(R"([null,7,{"comment":null},{"comment":""},{}])")).empty());
  EXPECT_TRUE(to_comments(parsed("null")).empty());
}

TEST(Comments, ComeWithTheIncidentOnlyIfWanted) {
  auto const text = R"({"id":"1","comments":[{"comment":"x"}]})";

  EXPECT_FALSE(object_of(text).comments);
  EXPECT_EQ(object_of(text, with_comments()).comments->size(), 1u);
  EXPECT_FALSE(object_of(text).fields.contains("comments"));
  EXPECT_TRUE(object_of(R"({"id":"1"})", with_comments()).comments);
}

TEST(Comments, AreFoundWhateverTheirLineEnds) {
  auto const comments =
      to_comments(parsed(R"([{"comment":"one\r\ntwo\r\n"},{"comment":"other"}])"));

  EXPECT_EQ(find_comment(comments, "one\ntwo"), comments[0].id);
  EXPECT_EQ(find_comment(comments, "absent"), "");
}

TEST(Comments, AreFoundWhereTheyComeBackEscaped) {
  for (auto const* sent : {"a < b && c", "<b>bold</b>", "AT&T", "&lt;", "plain"}) {
    for (bool const escapes : {false, true}) {
      std::string stored;
      for (auto const* c = sent; *c != 0; ++c) {
        auto const one = std::string_view{c, 1};
        stored += !escapes     ? one
                  : one == "<" ? "&lt;"
                  : one == ">" ? "&gt;"
                  : one == "&" ? "&amp;"
                               : one;
      }
      json::array const list{core::record{{"comment", stored}}};
      EXPECT_NE(find_comment(to_comments(list), sent), "") << sent << " as " << stored;
    }
  }
}

TEST(Reader, RefusesWhatIsNoCompleteJson) {
  reader read;
  for (auto const* text : {"", "{", R"({"a":1)", "{} trailing", "<html>"}) {
    auto const got = read.parse(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code, errc::malformed);
  }
  EXPECT_TRUE(read.parse("{}")) << "and works again afterwards";
}

TEST(Reader, RefusesBottomlessNesting) {
  reader read;
  EXPECT_FALSE(read.parse(std::string(1000, '[') + std::string(1000, ']')));
  EXPECT_TRUE(read.parse(std::string(60, '[') + std::string(60, ']')));
}

TEST(Rows, NeedAListCalledValue) {
  for (auto const* text : {"{}", "[]", "null", R"({"value":{}})"}) {
    EXPECT_FALSE(to_rows(parsed(text))) << text;
  }
  auto const found = to_rows(parsed(R"({"value":[1],"@odata.count":7,"@odata.nextLink":"x"})"));
  EXPECT_EQ(found->count, 7u);
  EXPECT_EQ(found->next_link, "x");
}

}  // namespace
}  // namespace defender_test
