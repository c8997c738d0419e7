#include "adapters/servicenow/look_up.hpp"

#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::errc;
using testing::HasSubstr;

adapter::question ask(std::string kind, std::string by, std::string key, std::string want) {
  return {std::move(kind), std::move(by), std::move(key), std::move(want)};
}

json::object person(std::string id, std::string email, std::string name = "Joe") {
  return {{"sys_id", id}, {"email", email}, {"name", name}};
}

TEST(LookUp, AsksForManyPeopleInOneQuery) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{person("u2", "b@x.com"), person("u1", "A@x.com")})
  );

  auto const got = run(w.system->look_up(
      {ask("user", "email", "a@x.com", "id"),
       ask("user", "email", "b@x.com", "name"),
       ask("user", "email", "c@x.com", "id")}
  ));

  ASSERT_TRUE(got) << got.error().detail;
  ASSERT_EQ(w.transport.calls.size(), 1u);
  EXPECT_EQ(path_of(w.transport.calls[0]), "/api/now/table/sys_user");
  EXPECT_EQ(query_of(w.transport.calls[0]), "emailINa@x.com,b@x.com,c@x.com^active=true");
  EXPECT_EQ(parameter(w.transport.calls[0], "sysparm_fields"), "sys_id,email,name");
  EXPECT_EQ(got->at(0).found, "u1");
  EXPECT_EQ(got->at(1).found, "Joe");
  EXPECT_TRUE(got->at(2).found.is_null());
  EXPECT_FALSE(got->at(2).several);
}

TEST(LookUp, DoesNotGuessBetweenSeveral) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{person("u1", "a@x.com"), person("u2", "a@x.com")})
  );
  auto const got = run(w.system->look_up({ask("user", "email", "a@x.com", "id")}));
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->at(0).found.is_null());
  EXPECT_TRUE(got->at(0).several);
}

TEST(LookUp, AsksForAnIdWhetherActiveOrNot) {
  world w;
  w.transport.will_answer(200, result_of(json::array{person("u1", "a@x.com")}));
  auto const got = run(w.system->look_up({ask("user", "id", "u1", "email")}));
  ASSERT_TRUE(got);
  EXPECT_EQ(query_of(w.transport.calls[0]), "sys_id=u1");
  EXPECT_EQ(got->at(0).found, "a@x.com");
}

TEST(LookUp, AsksEachTableOnItsOwn) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{json::object{{"sys_id", "g1"}, {"name", "SOC"}}})
  );
  w.transport.will_answer(
      200,
      result_of(json::array{json::object{{"sys_id", "c1"}, {"name", "host1"}, {"u_zone", "z"}}})
  );
  auto const got = run(w.system->look_up(
      {ask("group", "name", "SOC", "id"), ask("cmdb_ci", "name", "host1", "u_zone")}
  ));
  ASSERT_TRUE(got);
  EXPECT_EQ(path_of(w.transport.calls[0]), "/api/now/table/sys_user_group");
  EXPECT_EQ(path_of(w.transport.calls[1]), "/api/now/table/cmdb_ci");
  EXPECT_EQ(got->at(0).found, "g1");
  EXPECT_EQ(got->at(1).found, "z");
}

TEST(LookUp, KeepsNamesWithCommasWhole) {
  world w;
  w.transport.will_answer(200, result_of(json::array{person("u1", "x", "Doe, John")}));
  w.transport.will_answer(200, result_of(json::array{person("u2", "y", "Ann")}));
  auto const got = run(
      w.system->look_up({ask("user", "name", "Doe, John", "id"), ask("user", "name", "Ann", "id")})
  );
  ASSERT_TRUE(got);
  EXPECT_EQ(query_of(w.transport.calls[0]), "name=Doe, John^active=true");
  EXPECT_EQ(got->at(0).found, "u1");
  EXPECT_EQ(got->at(1).found, "u2");
}

TEST(LookUp, NeverSendsAKeyThatWouldChangeTheQuery) {
  world w;
  auto const got = run(w.system->look_up(
      {ask("user", "email", "a^ORactive=true", "id"),
       ask("user", "name", "javascript:gs.getUserID()", "id"),
       ask("user", "email", "", "id"),
       ask("sys_user?x=1", "name", "a", "id"),
       ask("user", "name^x", "a", "id")}
  ));
  ASSERT_TRUE(got);
  for (auto const& one : *got) EXPECT_TRUE(one.found.is_null());
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(LookUp, RemembersWhatItFoundForAWhile) {
  world w;
  auto const asked = ask("user", "email", "a@x.com", "id");
  w.transport.will_answer(200, result_of(json::array{person("u1", "a@x.com")}));
  ASSERT_TRUE(run(w.system->look_up({asked})));

  w.clock.steady += servicenow::directory::kept_for - std::chrono::seconds{1};
  EXPECT_EQ(run(w.system->look_up({asked}))->at(0).found, "u1");
  EXPECT_EQ(w.transport.calls.size(), 1u);

  w.clock.steady += std::chrono::seconds{2};
  w.transport.will_answer(200, result_of(json::array{person("u9", "a@x.com")}));
  EXPECT_EQ(run(w.system->look_up({asked}))->at(0).found, "u9");
}

TEST(LookUp, DoesNotRememberThatNobodyWasThere) {
  world w;
  auto const asked = ask("user", "email", "a@x.com", "id");
  w.transport.will_answer(200, result_of(json::array{}));
  w.transport.will_answer(200, result_of(json::array{person("u1", "a@x.com")}));
  EXPECT_TRUE(run(w.system->look_up({asked}))->at(0).found.is_null());
  EXPECT_EQ(run(w.system->look_up({asked}))->at(0).found, "u1");
}

TEST(LookUp, NoticesThatAColumnDoesNotExist) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{json::object{{"sys_id", "u1"}}, json::object{{"sys_id", "u2"}}})
  );
  auto const got = run(w.system->look_up({ask("user", "u_nickname", "joe", "id")}));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::forbidden);
  EXPECT_THAT(got.error().detail, HasSubstr("u_nickname"));
}

TEST(LookUp, AsksOneByOneWhenAPageWasCut) {
  world w;
  json::array crowd;
  for (int i = 0; i < 500; ++i) crowd.push_back(person("u" + std::to_string(i), "a@x.com"));
  w.transport.will_answer(200, result_of(crowd));
  w.transport.will_answer(
      200, result_of(json::array{person("u1", "a@x.com"), person("u2", "a@x.com")})
  );
  w.transport.will_answer(200, result_of(json::array{person("u9", "b@x.com")}));
  auto const got = run(w.system->look_up(
      {ask("user", "email", "a@x.com", "id"), ask("user", "email", "b@x.com", "id")}
  ));
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->at(0).several);
  EXPECT_EQ(got->at(1).found, "u9");
}

TEST(LookUp, KeepsUrlsShort) {
  world w;
  std::vector<adapter::question> many;
  for (int i = 0; i < 40; ++i) {
    std::string name;
    for (int k = 0; k < 40; ++k) name += "\xC3\xA4";
    many.push_back(ask("user", "name", name + std::to_string(i), "id"));
  }
  for (int i = 0; i < 10; ++i) w.transport.will_answer(200, result_of(json::array{}));
  ASSERT_TRUE(run(w.system->look_up(many)));
  for (auto const& call : w.transport.calls) EXPECT_LT(call.url.size(), 4500u);
  w.transport.script.clear();
}

}  // namespace
}  // namespace servicenow_test
