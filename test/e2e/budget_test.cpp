#include <functional>

#include "connector/async/tasks.hpp"
#include "test/e2e/estate.hpp"

namespace connector::e2e {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

/// The engine at work in simulated time, while `story` is told.
void live(estate& w, std::function<awaitable<void>(async::task_group&)> story) {
  std::function<awaitable<int>()> all = [&]() -> awaitable<int> {
    async::task_group tasks{
        w.loop.get_executor(), [](auto const& task, auto) { ADD_FAILURE() << task << " failed"; }};
    tasks.spawn("sync", w.engine().run());
    co_await story(tasks);
    tasks.cancel();
    co_await tasks.drain();
    co_return 0;
  };
  support::run(w.loop, w.clock, all());
}

std::size_t refused_as_too_many(estate const& w) {
  std::size_t all = 0;
  for (auto const& [operation, count] : w.graph.operations()) {
    if (operation.find("429") != std::string::npos) all += count;
  }
  return all;
}

estate::choices paced() {
  estate::choices c;
  c.budgets = true;
  return c;
}

void add_old(estate& w, int count) {
  for (int i = 0; i < count; ++i) {
    w.open({{"displayName", "Old " + std::to_string(i)}, {"severity", "medium"}});
  }
  // Beyond what polls look back to.
  w.wait(3h);
}

TEST(CallBudget, TheUrgentIncidentOvertakesABackfillOfTwoThousand) {
  estate w{paced()};
  add_old(w, 2000);
  sync::backfill_state filling;
  filling.asked.route = "main";
  std::function<awaitable<void>()> fill = [&]() -> awaitable<void> {
    auto done = co_await w.engine().backfill(filling);
    EXPECT_TRUE(done) << done.error().detail;
  };
  live(w, [&](async::task_group& tasks) -> awaitable<void> {
    co_await w.clock.sleep_for(90s);
    tasks.spawn("backfill", fill());
    co_await w.clock.sleep_for(4min);
    EXPECT_TRUE(filling.all_listed);
    EXPECT_EQ(filling.to_open, 2000U);
    auto const opened = w.servicenow.records("incident");
    EXPECT_GT(opened, 100U) << "the backfill is under way";
    EXPECT_LT(opened, 1500U) << "and far from its end";
    auto const id = w.open(
        {{"displayName", "A response is waiting"},
         {"severity", "high"},
         {"status", "awaitingAction"},
         {"assignedTo", "Customer"}}
    );
    // One poll, and the calls that it takes.
    co_await w.clock.sleep_for(70s);
    std::vector<std::string> ids{id};
    auto links = co_await w.store->links_by_incident("contoso", ids);
    EXPECT_TRUE(links && links->size() == 1 && !links->front().ticket_id.empty())
        << "the urgent incident has no ticket after one poll";
    co_await w.clock.sleep_for(40min);
    EXPECT_EQ(w.servicenow.records("incident"), 2001U);
    EXPECT_EQ(w.servicenow.tickets_by_correlation("incident").size(), 2001U);
  });
  EXPECT_EQ(refused_as_too_many(w), 0U) << "the simulator allows 150 calls in a minute";
}

TEST(CallBudget, AStormOfLowLanesDoesNotHoldUpTheUrgent) {
  estate w{paced()};
  w.open({{"displayName", "Before"}, {"severity", "medium"}});
  live(w, [&](async::task_group&) -> awaitable<void> {
    co_await w.clock.sleep_for(2min);
    for (int i = 0; i < 1000; ++i) {
      w.open({{"displayName", "Storm " + std::to_string(i)}, {"severity", "medium"}});
    }
    co_await w.clock.sleep_for(90s);
    auto const id = w.open(
        {{"displayName", "A response is waiting"},
         {"severity", "high"},
         {"status", "awaitingAction"},
         {"assignedTo", "Customer"}}
    );
    co_await w.clock.sleep_for(110s);
    std::vector<std::string> ids{id};
    auto links = co_await w.store->links_by_incident("contoso", ids);
    EXPECT_TRUE(links && links->size() == 1 && !links->front().ticket_id.empty())
        << "the urgent incident waits behind the storm";
    co_await w.clock.sleep_for(30min);
    EXPECT_EQ(w.servicenow.records("incident"), 1002U);
  });
  EXPECT_EQ(refused_as_too_many(w), 0U);
}

TEST(CallBudget, ABackfillGoesOnWhereACrashLeftIt) {
  estate w{paced()};
  add_old(w, 300);
  sync::backfill_state filling;
  filling.asked.route = "main";
  filling.asked.most = 250;
  std::function<awaitable<void>()> fill = [&]() -> awaitable<void> {
    auto done = co_await w.engine().backfill(filling);
    EXPECT_TRUE(done) << done.error().detail;
  };
  live(w, [&](async::task_group& tasks) -> awaitable<void> {
    tasks.spawn("backfill", fill());
    co_await w.clock.sleep_for(40s);
  });
  EXPECT_LT(w.servicenow.records("incident"), 250U);
  w.start();
  live(w, [&](async::task_group& tasks) -> awaitable<void> {
    auto before = co_await w.engine().last_backfill("main");
    EXPECT_TRUE(before && *before);
    filling = **before;
    EXPECT_GT(filling.to_open, 0U);
    tasks.spawn("backfill", fill());
    co_await w.clock.sleep_for(20min);
  });
  EXPECT_EQ(filling.to_open, 250U);
  EXPECT_EQ(w.servicenow.records("incident"), 250U);
  EXPECT_EQ(w.servicenow.tickets_by_correlation("incident").size(), 250U);
}

TEST(CallBudget, ADryRunCountsAndWritesNothing) {
  estate w{paced()};
  add_old(w, 120);
  sync::backfill_state filling;
  filling.asked.route = "main";
  filling.asked.dry_run = true;
  std::function<awaitable<int>()> fill = [&]() -> awaitable<int> {
    auto done = co_await w.engine().backfill(filling);
    EXPECT_TRUE(done);
    co_return 0;
  };
  support::run(w.loop, w.clock, fill());
  EXPECT_EQ(filling.to_open, 120U);
  EXPECT_EQ(w.servicenow.records("incident"), 0U);
  auto const counts = support::run(w.loop, w.clock, w.store->count());
  EXPECT_EQ(counts->links, 0U);
}

}  // namespace
}  // namespace connector::e2e
