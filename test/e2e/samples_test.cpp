#include "test/simulators/samples.hpp"

#include <filesystem>
#include <iostream>

#include "test/e2e/estate.hpp"

/// Incidents as real tenants and the vendor's documents show them, several generations of the API.
namespace connector::e2e {
namespace {

struct tally {
  std::size_t incidents = 0, tickets = 0, reasons = 0;
};

/// Serves the incidents of one recorded answer and sees what becomes of each.
void play(std::filesystem::path const& sample, tally& sum) {
  auto const alone = std::filesystem::path{testing::TempDir()} / "one_sample";
  std::filesystem::remove_all(alone);
  std::filesystem::create_directories(alone);
  std::filesystem::copy_file(sample, alone / sample.filename());
  estate::choices chosen;
  chosen.graph.retention = {};
  chosen.graph.calls_per_minute = 0;
  chosen.lookback = std::chrono::hours{24 * 365 * 10};
  estate w{chosen};
  sum.incidents += simulators::load_samples(w.graph, alone.string());
  std::filesystem::remove_all(alone);

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{60});

  auto const name = sample.filename().string();
  w.graph.each_incident([&](boost::json::object const& incident) {
    std::string const id{incident.at("id").as_string()};
    std::vector<std::string> ids{id};
    auto found = support::run(w.loop, w.clock, w.store->links_by_incident("contoso", ids));
    ASSERT_TRUE(found);
    if (!found->empty()) {
      ++sum.tickets;
      auto const& link = found->front();
      ASSERT_EQ(link.state, store::link_state::linked) << name << '\n' << w.log();
      auto const ticket = w.servicenow.record(link.ticket_id);
      ASSERT_TRUE(ticket);
      EXPECT_FALSE(ticket->at("short_description").as_string().empty());
      for (auto const& p : link.parked) {
        std::cout << name << ": incident " << id << ": parked " << p.rule << ": " << p.reason
                  << '\n';
        EXPECT_FALSE(p.reason.empty());
      }
      return;
    }
    ++sum.reasons;
    adapter::wants wanted{w.route_to_tickets().map->fields(mapping::side::incident), true};
    auto read = support::run(
        w.loop, w.clock, w.route_to_tickets().from->system->read(std::move(ids), std::move(wanted))
    );
    ASSERT_TRUE(read);
    if (read->front().presence == adapter::presence::merged) {
      std::cout << name << ": incident " << id << ": no ticket: merged into "
                << read->front().merged_into << '\n';
      return;
    }
    auto const opening = w.route_to_tickets().map->opens(read->front().fields);
    EXPECT_FALSE(opening.opens) << name << ": incident " << id << " should have a ticket; "
                                << w.log();
    EXPECT_FALSE(opening.reason.empty());
    std::cout << name << ": incident " << id << ": no ticket: " << opening.reason << '\n';
  });
}

TEST(Samples, EachBecomesATicketOrHasAStatedReasonWhyNot) {
  std::filesystem::path const folder{PROJECT_DIR "/../shared/data/defender"};
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << "the collection of real payloads is not beside this checkout: " << folder;
  }
  tally sum;
  for (auto const& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() == ".json") play(entry.path(), sum);
  }
  std::cout << sum.incidents << " incidents: " << sum.tickets << " tickets, " << sum.reasons
            << " stated reasons\n";
  EXPECT_GE(sum.incidents, 8u);
  EXPECT_EQ(sum.tickets + sum.reasons, sum.incidents);
  EXPECT_GE(sum.tickets, 4u);
}

}  // namespace
}  // namespace connector::e2e
