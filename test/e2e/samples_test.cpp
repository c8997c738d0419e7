#include "test/simulators/samples.hpp"

#include <filesystem>
#include <iostream>

#include "test/e2e/estate.hpp"

/// Incidents as real tenants and the vendor's documents show them, several generations of the API.
namespace connector::e2e {
namespace {

TEST(Samples, EachBecomesATicketOrHasAStatedReasonWhyNot) {
  std::filesystem::path const folder{PROJECT_DIR "/../shared/data/defender"};
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "the collection of real payloads is not beside this checkout: " << folder;
  }
  estate::choices chosen;
  chosen.graph.retention = {};
  chosen.graph.calls_per_minute = 0;
  chosen.lookback = std::chrono::hours{24 * 365 * 10};
  estate w{chosen};
  auto const loaded = simulators::load_samples(w.graph, folder.string());
  ASSERT_GE(loaded, 8u);

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{60});

  std::size_t tickets = 0, reasons = 0;
  w.graph.each_incident([&](boost::json::object const& incident) {
    std::string const id{incident.at("id").as_string()};
    std::vector<std::string> ids{id};
    auto found = support::run(w.loop, w.clock, w.store->links_by_incident("contoso", ids));
    ASSERT_TRUE(found);
    if (!found->empty()) {
      ++tickets;
      auto const& link = found->front();
      EXPECT_EQ(link.state, store::link_state::linked) << w.log();
      auto const ticket = w.servicenow.record(link.ticket_id);
      ASSERT_TRUE(ticket);
      EXPECT_FALSE(ticket->at("short_description").as_string().empty());
      for (auto const& p : link.parked) {
        std::cout << "incident " << id << ": parked " << p.rule << ": " << p.reason << '\n';
        EXPECT_FALSE(p.reason.empty());
      }
      return;
    }
    ++reasons;
    auto ids_again = ids;
    auto wanted = adapter::wants{w.route().map->fields(mapping::side::incident), true};
    auto read = support::run(
        w.loop, w.clock, w.route().from->system->read(std::move(ids_again), std::move(wanted))
    );
    ASSERT_TRUE(read);
    if (read->front().presence == adapter::presence::merged) {
      std::cout << "incident " << id << ": no ticket: merged into " << read->front().merged_into
                << '\n';
      return;
    }
    auto const opening = w.route().map->opens(read->front().fields);
    EXPECT_FALSE(opening.opens) << "incident " << id << " should have a ticket; " << w.log();
    EXPECT_FALSE(opening.reason.empty());
    std::cout << "incident " << id << ": no ticket: " << opening.reason << '\n';
  });
  std::cout << tickets << " tickets, " << reasons << " stated reasons\n";
  EXPECT_EQ(tickets + reasons, w.graph.incidents());
  EXPECT_GE(tickets, 4u);
  EXPECT_EQ(w.servicenow.records("incident"), tickets);
}

}  // namespace
}  // namespace connector::e2e
