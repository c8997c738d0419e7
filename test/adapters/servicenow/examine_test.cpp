#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::errc;
using verdict = adapter::check::verdict;
using testing::HasSubstr;

/// Answers each kind of call that `examine` makes, in whatever order.
class instance final : public http::transport {
 public:
  boost::asio::awaitable<core::result<http::response>> send(http::request call) override {
    calls.push_back(call);
    http::response answer;
    answer.status = 200;
    answer.headers = {{"Content-Type", "application/json"}, {"Date", date}};
    auto const path = path_of(call);
    if (down) co_return core::error{errc::unreachable, "no such host"};
    if (status != 200) {
      answer.status = status;
      answer.body = refusal("no", "no");
    } else if (path == "/api/now/v1/batch") {
      answer.status = batch_status;
      answer.body = R"({"batch_request_id":"1","serviced_requests":[{"id":"0","status_code":200,)"
                    R"("body":"eyJyZXN1bHQiOltdfQ=="}],"unserviced_requests":[]})";
    } else if (path == "/api/now/table/sys_dictionary") {
      answer.body = result_of(json::array{json::object{
          {"name", "task"},
          {"element", "correlation_id"},
          {"max_length", "100"},
          {"read_only", read_only},
          {"unique", "false"}}});
    } else if (path == "/api/now/table/sys_choice") {
      answer.body = result_of(json::array{json::object{{"value", "1"}, {"label", "New"}}});
    } else if (path == "/api/now/table/sys_journal_field") {
      answer.body = result_of(json::array{});
    } else if (path == "/api/now/table/sys_user") {
      answer.body = result_of(json::array{json::object{
          {"user_name", "sync.user"},
          {"time_zone", zone},
          {"date_format", ""},
          {"time_format", ""}}});
    } else if (query_of(call).find("no-such-key") != std::string::npos) {
      answer.body =
          result_of(obeys ? json::array{} : json::array{ticket(id_a, "2026-02-02 09:00:00", 1)});
    } else {
      auto record = ticket(id_a, "2026-02-02 09:00:00", 1);
      record["work_notes"] = json::object{{"display_value", note}, {"value", ""}};
      record["comments"] = json::object{{"display_value", ""}, {"value", ""}};
      answer.body = result_of(json::array{record});
    }
    co_return answer;
  }

  std::string date = "Sun, 01 Mar 2026 12:00:00 GMT";
  std::string zone = "GMT";
  std::string note;
  std::string read_only = "false";
  int status = 200;
  int batch_status = 200;
  bool obeys = true;
  bool down = false;
  std::vector<http::request> calls;
};

std::map<std::string, adapter::check> examined(instance& at) {
  still_clock clock;
  auto const random = async::make_seeded_random(1);
  adapter::surroundings around{"itsm", at, clock, *random};
  auto const system = servicenow::make_system(basic_settings(), around);
  std::map<std::string, adapter::check> by_name;
  for (auto& one : run(system->examine())) by_name[one.name] = one;
  return by_name;
}

TEST(Examine, FindsAGoodConnectionGoodAndWritesNothing) {
  instance at;
  auto const found = examined(at);
  for (auto const& [name, one] : found) EXPECT_EQ(one.found, verdict::good) << name << one.detail;
  for (auto const* name :
       {"reachable",
        "sign-in",
        "read incident",
        "clock",
        "columns",
        "queries",
        "key column",
        "choices",
        "journal",
        "batch",
        "time zone"}) {
    EXPECT_TRUE(found.contains(name)) << name;
  }
  for (auto const& call : at.calls) {
    if (call.method == "GET") continue;
    EXPECT_EQ(path_of(call), "/api/now/v1/batch");
    EXPECT_EQ(body_of(call).at("rest_requests").as_array().at(0).at("method"), "GET");
  }
}

TEST(Examine, TellsTheStagesOfFailureApart) {
  instance down;
  down.down = true;
  EXPECT_EQ(examined(down).at("reachable").found, verdict::bad);

  instance refusing;
  refusing.status = 401;
  auto const refused = examined(refusing);
  EXPECT_EQ(refused.at("reachable").found, verdict::good);
  EXPECT_EQ(refused.at("sign-in").found, verdict::bad);
  EXPECT_EQ(refusing.calls.size(), 1u) << "more would lock the user out";

  instance closed;
  closed.status = 403;
  auto const denied = examined(closed);
  EXPECT_EQ(denied.at("sign-in").found, verdict::good);
  EXPECT_EQ(denied.at("read incident").found, verdict::bad);
}

TEST(Examine, NoticesAClockThatIsOff) {
  instance at;
  at.date = "Sun, 01 Mar 2026 11:59:30 GMT";
  EXPECT_EQ(examined(at).at("clock").found, verdict::warning);
  at.date = "Sun, 01 Mar 2026 12:05:00 GMT";
  auto const off = examined(at).at("clock");
  EXPECT_EQ(off.found, verdict::bad);
  EXPECT_THAT(off.detail, HasSubstr("300 s behind"));
}

TEST(Examine, NoticesThatConditionsAreDropped) {
  instance at;
  at.obeys = false;
  EXPECT_EQ(examined(at).at("queries").found, verdict::bad);
}

TEST(Examine, NoticesThatTheJournalTableIsHidden) {
  instance at;
  at.note = "2026-02-02 10:00:00 - Joe (Work notes)\nhello\n\n";
  auto const found = examined(at).at("journal");
  EXPECT_EQ(found.found, verdict::warning);
  EXPECT_THAT(found.detail, HasSubstr("journal: display"));
}

TEST(Examine, NoticesAMissingBatchApi) {
  instance at;
  at.batch_status = 403;
  EXPECT_EQ(examined(at).at("batch").found, verdict::warning);
}

TEST(Examine, NoticesAReadOnlyKeyColumn) {
  instance at;
  at.read_only = "true";
  EXPECT_EQ(examined(at).at("key column").found, verdict::bad);
}

TEST(Examine, NoticesAZoneThatIsNotGmt) {
  instance at;
  at.zone = "Europe/Berlin";
  EXPECT_EQ(examined(at).at("time zone").found, verdict::warning);
}

}  // namespace
}  // namespace servicenow_test
