#include "test/simulators/transport.hpp"

#include <boost/asio/io_context.hpp>

#include "test/simulators/test/support.hpp"
#include "test/support/run.hpp"

namespace simulators::testing {
namespace {

/// Time passes only in sleeps, and at once.
class leaping_clock : public connector::async::clock {
 public:
  explicit leaping_clock(core::time_point start) : now_{start} {}
  core::time_point now() const override { return now_; }
  steady_point steady_now() const override { return steady_; }
  boost::asio::awaitable<bool> wait_until(steady_point deadline) override {
    if (deadline > steady_) {
      now_ += std::chrono::duration_cast<core::ticks>(deadline - steady_);
      steady_ = deadline;
    }
    co_return true;
  }

 private:
  core::time_point now_;
  steady_point steady_{};
};

class Transport : public ::testing::Test {
 protected:
  core::time_point start = at("2026-03-01T10:00:00Z");
  leaping_clock clock{start};
  servicenow service{{}, start};
  servicenow_client client{service, start};
  faults between{1};
  simulated_transport transport{clock};

  Transport() { transport.route("https://instance.service-now.com", service, &between); }

  core::result<http::response> create() {
    http::request call;
    call.method = "POST";
    call.url = "https://instance.service-now.com/api/now/table/incident";
    call.headers = client.headers;
    call.headers.push_back({"Content-Type", "application/json"});
    call.body = "{}";
    call.deadline = std::chrono::seconds{10};
    return connector::support::run(transport.send(std::move(call)));
  }
  core::result<http::response> with(
      fault_kind kind, std::chrono::milliseconds delay = std::chrono::milliseconds{0}
  ) {
    fault next;
    next.kind = kind;
    next.delay = delay;
    between.script(next);
    return create();
  }
  core::error error_with(fault_kind kind) {
    auto const answer = with(kind);
    EXPECT_TRUE(answer.has_error());
    return answer.has_error() ? answer.error() : core::error{};
  }
};

TEST_F(Transport, BringsTheAnswer) {
  auto const answer = create();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(transport.calls("POST https://instance.service-now.com/api/now/table/incident"), 1U);
}

TEST_F(Transport, ReportsWhatACallerCanKnowOfTheEffect) {
  EXPECT_EQ(error_with(fault_kind::unreachable).code, core::errc::unreachable);
  EXPECT_EQ(error_with(fault_kind::unreachable).effect, core::effect::none);
  EXPECT_EQ(error_with(fault_kind::cut_before).effect, core::effect::unknown);
  EXPECT_EQ(error_with(fault_kind::lost_reply).effect, core::effect::unknown);
  EXPECT_EQ(error_with(fault_kind::cut_in_body).code, core::errc::malformed);
  EXPECT_EQ(service.records("incident"), 2U) << "the lost reply and the cut one took effect";
}

TEST_F(Transport, TimesOutWhileTheEffectStands) {
  auto const answer = with(fault_kind::slow, std::chrono::seconds{60});

  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().code, core::errc::timeout);
  EXPECT_EQ(answer.error().effect, core::effect::unknown);
  EXPECT_EQ(clock.now(), start + std::chrono::seconds{10}) << "not a moment longer";
  EXPECT_EQ(service.records("incident"), 1U);
}

TEST_F(Transport, LetsALateEffectHappenAfterTheTimeout) {
  auto const answer = with(fault_kind::late_effect, std::chrono::seconds{30});

  EXPECT_EQ(answer.error().code, core::errc::timeout);
  transport.settle();
  EXPECT_EQ(service.records("incident"), 0U);
  connector::support::run(clock.sleep_for(std::chrono::seconds{20}));
  transport.settle();
  EXPECT_EQ(service.records("incident"), 1U);
  EXPECT_EQ(transport.unsettled(), 0U);
}

TEST_F(Transport, TakesTheTimeItIsTold) {
  transport.latency = std::chrono::milliseconds{50};
  ASSERT_TRUE(create());
  EXPECT_EQ(clock.now(), start + std::chrono::milliseconds{50});
}

TEST_F(Transport, KnowsNoOtherOrigin) {
  http::request call;
  call.url = "https://elsewhere.example/api";
  auto const answer = connector::support::run(transport.send(call));

  ASSERT_TRUE(answer.has_error());
  EXPECT_EQ(answer.error().code, core::errc::unreachable);
}

TEST_F(Transport, HidesIdsInItsCounts) {
  http::request call;
  call.url = "https://graph.microsoft.com/v1.0/security/incidents/29/comments?x=1";
  EXPECT_EQ(
      pattern_of(call), "GET https://graph.microsoft.com/v1.0/security/incidents/{id}/comments"
  );
  call.url = "https://i/api/now/table/incident/0123456789abcdef0123456789abcdef";
  EXPECT_EQ(pattern_of(call), "GET https://i/api/now/table/incident/{id}");
}

}  // namespace
}  // namespace simulators::testing
