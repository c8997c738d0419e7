#include "connector/store/link_json.hpp"

#include "support.hpp"

namespace connector::store {
namespace {

TEST(LinkJson, SaysNothingOfDefaults) { EXPECT_EQ(link_body(link{}), "{}"); }

TEST(LinkJson, IsPinned) {
  // Stores hold this text: a change here needs a migration.
  EXPECT_EQ(
      link_body(full_link("1")),
      R"({"incident_url":"https://security.example/incident/1",)"
      R"("ticket_url":"https://servicenow.example/INC-1","merged_into":"id-survivor",)"
      R"("succeeded_by":"id-successor",)"
      R"("generation":2,"incident_version":9007199254740993,"ticket_version":-1,)"
      R"("bases":{"a \"rule\"\u000a":[[null,4.35,0.30000000000000004],[["x","y"],true]],)"
      R"("status":[["active"],["1"]]},)"
      R"("parked":[{"rule":"owner","to":"incident","reason":"no such user","wanted":["ann"],)"
      R"("from":["6816f79cc0a8016401c5a33be04be441"],"since":9000000000,"refused":true},)"
      R"({"to":"ticket"}],)"
      R"("conflicts":[{"rule":"status","base_incident":["active"],"base_ticket":["1"],)"
      R"("incident":["resolved"],"ticket":["2"],"since":8000000000},)"
      R"({"rule":"status","base_incident":["active"],"base_ticket":["1"],)"
      R"("incident":["resolved"],"ticket":["2"],"since":8000000000,)"
      R"("overwritten":"incident","restore":true}],)"
      R"("kept":[{"rule":"severity","incident":["informational"],"ticket":["3"]}],)"
      R"("incident_comments":"digest-a","ticket_comments":"digest-b","map_digest":"digest-c",)"
      R"("failures":4,"created_at":-50000000,"changed_at":7001433333})"
  );
  EXPECT_EQ(
      outstanding_body(*full_link("1").outstanding),
      R"({"what":"create","to":"incident",)"
      R"("fields":{"short_description":"Résumé \"quoted\" \\ \u0009","urgency":1},)"
      R"("derived":{"severity":["high"]},"version_seen":17,"sent_at":10000000000,)"
      R"("not_before":12400000000,"attempts":2,"empty_looks":1,"control":"link-0","epoch":"run-7"})"
  );
}

TEST(LinkJson, ReadsBackWhatItWrote) {
  auto const body = link_body(full_link("1"));
  link back;
  ASSERT_TRUE(read_link_body(body, back).has_value());

  EXPECT_EQ(link_body(back), body);
  auto const sent_body = outstanding_body(*full_link("1").outstanding);
  outstanding sent;
  ASSERT_TRUE(read_outstanding_body(sent_body, sent).has_value());
  EXPECT_EQ(outstanding_body(sent), sent_body);
  EXPECT_EQ(sent.what, outstanding::kind::create);
  EXPECT_EQ(sent.to, mapping::side::incident);
  EXPECT_EQ(back.bases->at("status").ticket, core::group{"1"});
  EXPECT_TRUE(back.parked.at(0).refused);
  EXPECT_EQ(back.parked.at(1).to, mapping::side::ticket);
}

TEST(LinkJson, RefusesWhatItWouldNotWrite) {
  for (auto const* body :
       {"",
        "[]",
        "{\"bases\":[]}",
        "{\"bases\":{\"r\":[[1]]}}",
        "{\"failures\":\"many\"}",
        "{\"created_at\":1.5}",
        "{\"failures\":99999999999}"}) {
    link into;
    auto const read = read_link_body(body, into);
    ASSERT_FALSE(read.has_value()) << body;
    EXPECT_EQ(read.error().code, core::errc::storage);
  }
}

}  // namespace
}  // namespace connector::store
