#include "test/simulators/faults.hpp"

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class Faults : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  servicenow service{{}, now};
  servicenow_client client{service, now};
  faults between{7};

  outcome create(std::string const& key = "k") {
    http::request call;
    call.method = "POST";
    call.url = "https://instance.service-now.com/api/now/table/incident";
    call.headers = client.headers;
    call.headers.push_back({"Content-Type", "application/json"});
    call.body = R"({"correlation_id":")" + key + R"("})";
    return between.handle(service, call, now);
  }
  outcome with(fault_kind kind, std::chrono::milliseconds delay = std::chrono::milliseconds{0}) {
    fault next;
    next.kind = kind;
    next.delay = delay;
    between.script(next);
    return create();
  }
};

TEST_F(Faults, HaveOrHaveNoEffectAsTheirKindSays) {
  using fate = outcome::fate;
  auto const created = [&] { return service.records("incident"); };

  EXPECT_EQ(with(fault_kind::too_many_requests).answer.status, 429);
  EXPECT_EQ(with(fault_kind::server_error).answer.status, 503);
  EXPECT_EQ(with(fault_kind::html_page).answer.status, 200);
  EXPECT_EQ(with(fault_kind::unreachable).end, fate::unreachable);
  EXPECT_EQ(with(fault_kind::cut_before).end, fate::lost_before);
  EXPECT_EQ(with(fault_kind::late_effect).end, fate::late_effect);
  EXPECT_EQ(created(), 0U);

  EXPECT_EQ(with(fault_kind::lost_reply).end, fate::lost_after);
  EXPECT_EQ(with(fault_kind::cut_in_body).end, fate::cut_in_body);
  EXPECT_FALSE(read_json(with(fault_kind::truncated_json).answer.body));
  EXPECT_EQ(http::find(with(fault_kind::wrong_type).answer.headers, "Content-Type"), "text/html");
  EXPECT_EQ(with(fault_kind::slow, std::chrono::seconds{3}).delay, std::chrono::seconds{3});
  EXPECT_EQ(created(), 5U);
}

TEST_F(Faults, SayWhenToComeBackInBothForms) {
  fault next;
  next.kind = fault_kind::too_many_requests;
  next.delay = std::chrono::seconds{5};
  auto const wait = [&](fault::wait form) {
    next.retry_after = form;
    between.script(next);
    auto const out = create();
    return std::string{http::find(out.answer.headers, "Retry-After")};
  };

  EXPECT_EQ(wait(fault::wait::none), "");
  EXPECT_EQ(wait(fault::wait::seconds), "5");
  EXPECT_EQ(wait(fault::wait::date), "Sun, 01 Mar 2026 10:00:05 GMT");
}

TEST_F(Faults, StrikeOnlyTheCallsTheyAreScriptedFor) {
  between.script({fault_kind::cut_before}, "DELETE");
  EXPECT_EQ(create().answer.status, 201);
  between.script({fault_kind::cut_before}, "POST");
  EXPECT_EQ(create().end, outcome::fate::lost_before);
  EXPECT_EQ(create().answer.status, 201) << "once";
}

TEST_F(Faults, RepeatWithTheSeed) {
  auto const run = [&](std::uint64_t seed) {
    between = faults{seed};
    between.rates[fault_kind::server_error] = 0.3;
    between.rates[fault_kind::lost_reply] = 0.3;
    std::string trace;
    for (int i = 0; i < 40; ++i) {
      auto const out = create();
      trace += out.end == outcome::fate::lost_after ? 'l' : out.answer.status == 201 ? '.' : 'e';
    }
    return trace;
  };

  auto const first = run(7);
  EXPECT_EQ(run(7), first);
  EXPECT_NE(run(8), first);
  for (char const each : {'l', '.', 'e'}) EXPECT_NE(first.find(each), first.npos);
  between.off();
  EXPECT_EQ(create().answer.status, 201);
}

TEST_F(Faults, SkewTheServersClock) {
  between.skew = std::chrono::seconds{-90};
  auto const out = create();

  EXPECT_EQ(http::find(out.answer.headers, "Date"), "Sun, 01 Mar 2026 09:58:30 GMT");
  EXPECT_NE(out.answer.body.find(R"("sys_created_on":"2026-03-01 09:58:30")"), std::string::npos);
}

TEST_F(Faults, ShowStaleReadsDoubleRowsAndLateWrites) {
  auto const id = text_at(client.create({}), "sys_id");
  service.settings().list_lag = std::chrono::seconds{5};
  client.patch(id, {{"impact", "1"}});
  http::request call;
  call.url = "https://instance.service-now.com/api/now/table/incident/" + id;
  call.headers = client.headers;
  between.script({fault_kind::stale_read});
  auto const stale = between.handle(service, call, now);
  EXPECT_NE(stale.answer.body.find(R"("impact":"3")"), std::string::npos);
  EXPECT_NE(
      between.handle(service, call, now).answer.body.find(R"("impact":"1")"), std::string::npos
  );

  call.url = "https://instance.service-now.com/api/now/table/incident";
  between.script({fault_kind::duplicate_rows});
  auto const doubled = object_of(between.handle(service, call, now).answer);
  EXPECT_EQ(doubled.at("result").as_array().size(), 2U);

  service.settings().list_lag = {};
  with(fault_kind::late_visibility, std::chrono::seconds{9});
  EXPECT_EQ(client.numbers("correlation_id=k").size(), 0U);
  now += std::chrono::seconds{9};
  EXPECT_EQ(client.numbers("correlation_id=k").size(), 1U);
}

}  // namespace
}  // namespace simulators::testing
