#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class ServiceNowReads : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  servicenow service{{}, now};
  servicenow_client client{service, now};

  std::string create(json::object const& fields) {
    return text_at(client.create(fields), "sys_id");
  }
  json::object get(std::string const& id, std::string const& parameters = {}) {
    auto const answer = client.get("/api/now/table/incident/" + id + "?" + parameters);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return object_of(answer).at("result").as_object();
  }
};

TEST_F(ServiceNowReads, SendsEveryRawValueAsText) {
  auto const id = create({{"impact", 1}});

  for (auto const& [name, value] : get(id, "sysparm_exclude_reference_link=true")) {
    EXPECT_TRUE(value.is_string()) << name;
  }
}

TEST_F(ServiceNowReads, LinksReferencesUnlessToldNot) {
  auto const beth = service.user("beth.anglin");
  auto const id = create({{"assigned_to", beth}});

  auto const linked = get(id).at("assigned_to").as_object();
  EXPECT_EQ(text_at(linked, "value"), beth);
  EXPECT_EQ(
      text_at(linked, "link"), "https://instance.service-now.com/api/now/table/sys_user/" + beth
  );
  EXPECT_EQ(get(id).at("assignment_group"), "");
  EXPECT_EQ(text_at(get(id, "sysparm_exclude_reference_link=true"), "assigned_to"), beth);
}

TEST_F(ServiceNowReads, ShowsDisplayValues) {
  auto const id = create({{"assigned_to", service.user("beth.anglin")}, {"state", "2"}});

  auto const shown = get(id, "sysparm_display_value=true");
  EXPECT_EQ(shown.at("state"), "In Progress");
  EXPECT_EQ(text_at(shown.at("assigned_to").as_object(), "display_value"), "Beth Anglin");
  EXPECT_TRUE(shown.at("assigned_to").as_object().contains("link"));

  auto const both = get(id, "sysparm_display_value=all&sysparm_exclude_reference_link=true");
  EXPECT_EQ(json::serialize(both.at("state")), R"({"display_value":"In Progress","value":"2"})");
  EXPECT_FALSE(both.at("assigned_to").as_object().contains("link"));
}

TEST_F(ServiceNowReads, ShowsTimesInTheUsersZoneAndFormat) {
  service.settings().user_zone = std::chrono::minutes{-480};
  service.settings().user_date_format = "dd/MM/yyyy";
  auto const both = get(create({}), "sysparm_display_value=all&sysparm_fields=opened_at");

  EXPECT_EQ(
      json::serialize(both.at("opened_at")),
      R"({"display_value":"01/03/2026 02:00:00","value":"2026-03-01 10:00:00"})"
  );
}

TEST_F(ServiceNowReads, ShowsJournalsAsABlobNewestFirst) {
  auto const id = create({{"comments", "first\n\nparagraph"}});
  now += std::chrono::seconds{7};
  service.add_journal(id, "comments", "second", "beth.anglin", now);

  auto const raw = get(id, "sysparm_fields=comments,work_notes");
  EXPECT_EQ(raw.at("comments"), "");
  auto const shown = get(id, "sysparm_display_value=true&sysparm_fields=comments,work_notes");
  EXPECT_EQ(
      text_at(shown, "comments"),
      "2026-03-01 10:00:07 - Beth Anglin (Additional comments)\nsecond\n\n"
      "2026-03-01 10:00:00 - Defender Integration (Additional comments)\nfirst\n\nparagraph\n\n"
  );
  EXPECT_EQ(shown.at("work_notes"), "");
}

TEST_F(ServiceNowReads, KeepsJournalEntriesInTheirTable) {
  auto const id = create({{"work_notes", "text"}});
  auto const url =
      "/api/now/table/sys_journal_field?sysparm_query=" +
      quote("element_id=" + id + "^elementINcomments,work_notes^ORDERBYsys_created_on");

  auto const body = object_of(client.get(url));
  auto const& rows = body.at("result").as_array();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].as_object().at("name"), "incident");
  EXPECT_EQ(rows[0].as_object().at("value"), "text");
  EXPECT_EQ(rows[0].as_object().at("sys_created_by"), "svc.defender");

  using access = servicenow_settings::journal_access;
  service.settings().journals = access::forbidden;
  auto const refused = client.get(url);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(
      text_at(object_of(refused).at("error").as_object(), "detail"),
      "Insufficient rights to query records"
  );
  service.settings().journals = access::empty;
  EXPECT_EQ(client.get(url).body, R"({"result":[]})");
}

TEST_F(ServiceNowReads, IgnoresUnknownFieldsAndWalksOverReferences) {
  auto const id = create({{"assigned_to", service.user("beth.anglin")}});

  auto const record = get(id, "sysparm_fields=number,nonsense,assigned_to.email,caller_id.email");
  EXPECT_EQ(record.size(), 3U);
  EXPECT_EQ(record.at("assigned_to.email"), "beth.anglin@example.com");
  EXPECT_EQ(record.at("caller_id.email"), "");
}

TEST_F(ServiceNowReads, DropsAnInvalidTermSoThatMoreRowsComeBack) {
  create({{"correlation_id", "a"}});
  create({{"correlation_id", "b"}});

  EXPECT_EQ(client.numbers("correlation_id=a").size(), 1U);
  EXPECT_EQ(client.numbers("corelation_id=a").size(), 2U);
  EXPECT_EQ(client.numbers("correlation_id=a^corelation_id=x").size(), 1U);
  service.settings().invalid_query_returns_no_rows = true;
  EXPECT_EQ(client.numbers("corelation_id=a").size(), 0U);
}

TEST_F(ServiceNowReads, FindsByKeysSetsAndDotWalks) {
  auto const id = create({{"correlation_id", "k1"}, {"assigned_to", service.user("beth.anglin")}});
  auto const other = create({{"correlation_id", "k2"}});

  EXPECT_EQ(client.numbers("correlation_idINk1,k2,k3^ORDERBYnumber").size(), 2U);
  EXPECT_EQ(client.numbers("sys_idIN" + id + "," + other).size(), 2U);
  EXPECT_EQ(client.numbers("number=INC0010002"), std::vector<std::string>{"INC0010002"});
  EXPECT_EQ(
      client.numbers("assigned_to.email=beth.anglin@example.com"),
      std::vector<std::string>{"INC0010001"}
  );
  EXPECT_EQ(client.numbers("correlation_id=K1").size(), 0U);
}

TEST_F(ServiceNowReads, PagesByKeysetAcrossOneSecond) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(create({}));
  std::sort(ids.begin(), ids.end());
  now += std::chrono::seconds{1};
  ids.push_back(create({}));

  auto const query = "sys_updated_on=2026-03-01 10:00:00^sys_id>" + ids[2] +
                     "^NQsys_updated_on>2026-03-01 10:00:00^ORDERBYsys_updated_on^ORDERBYsys_id";
  auto const answer = client.get(
      "/api/now/table/incident?sysparm_no_count=true&sysparm_limit=2&sysparm_query=" +
      quote(query) + "&sysparm_fields=sys_id"
  );
  auto const all = client.get(
      "/api/now/table/incident?sysparm_query=" + quote(query) + "&sysparm_fields=sys_id"
  );
  auto const ids_in = [](http::response const& list) {
    std::vector<std::string> out;
    auto const body = object_of(list);
    for (auto const& row : body.at("result").as_array()) {
      out.push_back(text_at(row.as_object(), "sys_id"));
    }
    return out;
  };

  EXPECT_EQ(ids_in(answer), (std::vector{ids[3], ids[4]}));
  EXPECT_EQ(ids_in(all), (std::vector{ids[3], ids[4], ids[5]}));
  EXPECT_EQ(http::find(answer.headers, "X-Total-Count"), "");
  EXPECT_EQ(http::find(all.headers, "X-Total-Count"), "3");
}

TEST_F(ServiceNowReads, UnionsTheHalvesOfNqWithoutDoubles) {
  create({{"impact", "1"}, {"urgency", "1"}});
  create({{"impact", "1"}});

  EXPECT_EQ(client.numbers("impact=1^NQurgency=1").size(), 2U);
  EXPECT_EQ(client.numbers("impact=1^urgency=1^ORurgency=3^priority=3").size(), 1U);
}

TEST_F(ServiceNowReads, AppliesTheLimitBeforeTheAcl) {
  auto const first = create({});
  now += std::chrono::seconds{1};
  create({});
  service.hide(first, true, now);

  EXPECT_TRUE(client.numbers("ORDERBYsys_updated_on", "&sysparm_limit=1").empty());
  EXPECT_EQ(client.numbers("ORDERBYsys_updated_on", "&sysparm_limit=2").size(), 1U);
  EXPECT_EQ(client.get("/api/now/table/incident/" + first).status, 404);
}

TEST_F(ServiceNowReads, LinksToTheNextPage) {
  for (int i = 0; i < 5; ++i) create({});
  auto const answer = client.get("/api/now/table/incident?sysparm_limit=2&sysparm_offset=2");

  auto const links = std::string{http::find(answer.headers, "Link")};
  EXPECT_NE(links.find("sysparm_offset=4>;rel=\"next\""), std::string::npos) << links;
  EXPECT_NE(links.find("sysparm_offset=0>;rel=\"prev\""), std::string::npos) << links;
  EXPECT_NE(links.find("sysparm_offset=4>;rel=\"last\""), std::string::npos) << links;
  EXPECT_EQ(http::find(answer.headers, "X-Total-Count"), "5");
}

TEST_F(ServiceNowReads, AnswersNothingFoundByVersion) {
  EXPECT_EQ(client.get("/api/now/table/incident").body, R"({"result":[]})");
  EXPECT_EQ(client.get("/api/now/v2/table/incident").status, 200);
  auto const first = client.get("/api/now/v1/table/incident");
  EXPECT_EQ(first.status, 404);
  EXPECT_EQ(text_at(object_of(first).at("error").as_object(), "message"), "No Record found");
}

TEST_F(ServiceNowReads, ChecksHeadersTablesAndVerbs) {
  EXPECT_EQ(client.get("/api/now/table/nonsense").status, 400);
  EXPECT_EQ(client.get("/api/now/nonsense").status, 400);
  EXPECT_EQ(client.call("OPTIONS", "/api/now/table/incident").status, 405);
  service.settings().security_incidents = false;
  auto const invalid = client.get("/api/now/table/sn_si_incident");
  EXPECT_EQ(
      text_at(object_of(invalid).at("error").as_object(), "message"), "Invalid table sn_si_incident"
  );
  client.headers.pop_back();
  EXPECT_EQ(client.get("/api/now/table/incident").status, 400) << "no Accept";
  client.headers.push_back({"Accept", "application/xml"});
  EXPECT_EQ(client.get("/api/now/table/incident").status, 406);
}

TEST_F(ServiceNowReads, LagsInQueriesButNotByPath) {
  auto const id = create({{"correlation_id", "k"}});
  service.settings().list_lag = std::chrono::seconds{10};
  client.patch(id, {{"impact", "1"}});
  auto const twin = create({{"correlation_id", "k"}});

  EXPECT_EQ(client.numbers("impact=1").size(), 0U);
  EXPECT_EQ(client.numbers("correlation_id=k").size(), 1U);
  EXPECT_EQ(get(twin).at("correlation_id"), "k");
  now += std::chrono::seconds{10};
  EXPECT_EQ(client.numbers("impact=1").size(), 1U);
  EXPECT_EQ(client.numbers("correlation_id=k").size(), 2U);
}

TEST_F(ServiceNowReads, DescribesItself) {
  auto const rows = [&](std::string const& path) {
    auto const body = object_of(client.get(path));
    return body.at("result").as_array();
  };
  auto const codes = rows(
      "/api/now/table/sys_choice?sysparm_fields=value&sysparm_query=" +
      quote("name=incident^element=close_code^inactive=false^language=en^ORDERBYsequence")
  );
  EXPECT_EQ(codes.size(), 9U);
  EXPECT_EQ(codes[0].as_object().at("value"), "Solution provided");
  auto const lengths = rows(
      "/api/now/table/sys_dictionary?sysparm_fields=name,element,max_length&sysparm_query=" +
      quote("nameINtask,incident^elementINshort_description,correlation_id^ORDERBYelement")
  );
  ASSERT_EQ(lengths.size(), 2U);
  EXPECT_EQ(lengths[0].as_object().at("max_length"), "100");
  EXPECT_EQ(lengths[1].as_object().at("name"), "task");
  EXPECT_EQ(
      rows(
          "/api/now/table/sys_user?sysparm_query=" +
          quote("email=beth.anglin@example.com^active=true")
      )
          .size(),
      1U
  );
}

}  // namespace
}  // namespace simulators::testing
