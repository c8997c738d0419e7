#include "connector/sync/listing.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <set>

#include "test/support/fake_system.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::sync {
namespace {

/// A system that, like Graph, says how many rows are left.
class counted : public testing::Test {
 protected:
  counted() {
    adapter::capabilities c;
    c.page_rows_max = 10;
    system.emplace(clock, c);
    system->tells_left = true;
  }

  void add(int count, std::chrono::milliseconds apart) {
    for (int i = 0; i < count; ++i) {
      system->add(std::to_string(system->ids().size()), {});
      clock.advance(apart);
    }
  }

  std::set<std::string> list(std::size_t at_once) {
    adapter::change_query all;
    listing pass{*system, all, at_once, clock.now()};
    std::set<std::string> ids;
    while (!pass.done()) {
      auto const before = pass.complete_before();
      auto rows = support::run(loop, clock, pass.next(30));
      EXPECT_TRUE(rows);
      for (auto const& row : *rows) {
        EXPECT_GE(row.changed_at, before) << "given out as complete before";
        ids.insert(row.id);
      }
    }
    return ids;
  }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  std::optional<support::fake_system> system;
};

using Listing = counted;

TEST_F(Listing, FindsEveryRowOfAnEvenStream) {
  add(200, std::chrono::seconds{1});

  EXPECT_EQ(list(8).size(), 200u);
}

TEST_F(Listing, FindsEveryRowOfBurstsAndPauses) {
  add(3, std::chrono::hours{5});
  add(90, std::chrono::milliseconds{1});
  add(1, std::chrono::hours{48});
  add(60, std::chrono::milliseconds{0});
  add(40, std::chrono::minutes{7});

  EXPECT_EQ(list(8).size(), 194u);
  EXPECT_EQ(list(1).size(), 194u);
}

TEST_F(Listing, AsksForPagesSideBySideWithFewCallsMore) {
  add(400, std::chrono::seconds{1});
  using call = support::fake_system::call;

  list(1);
  auto const one_by_one = system->calls[call::changes];
  list(8);
  auto const together = system->calls[call::changes] - one_by_one;

  EXPECT_LE(together, one_by_one * 3 / 2);
}

TEST_F(Listing, AsksForABurstWithinFewStampsSideBySide) {
  adapter::capabilities c;
  c.page_rows_max = 10;
  c.stamp_step = std::chrono::milliseconds{3};
  system.emplace(clock, c);
  system->tells_left = true;
  for (int i = 0; i < 40; ++i) {
    add(10, std::chrono::milliseconds{0});
    clock.advance(c.stamp_step);
  }
  clock.advance(std::chrono::milliseconds{400});
  using call = support::fake_system::call;

  EXPECT_EQ(list(1).size(), 400u);
  auto const one_by_one = system->calls[call::changes];
  EXPECT_EQ(list(8).size(), 400u);
  auto const together = system->calls[call::changes] - one_by_one;

  EXPECT_LE(together, one_by_one * 3 / 2);
  EXPECT_GE(system->listed_at_once, 8);
}

TEST_F(Listing, OfAPageIsOneCall) {
  add(5, std::chrono::seconds{1});

  list(8);

  EXPECT_EQ(system->calls[support::fake_system::call::changes], 1);
}

}  // namespace
}  // namespace connector::sync
