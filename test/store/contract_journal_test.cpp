#include "connector/store/journal_chain.hpp"
#include "contract.hpp"

namespace connector::store {
namespace {

using StoreJournal = every_store;
INSTANTIATE_TEST_SUITE_P(Contract, StoreJournal, kinds_of_store(), name_of);

TEST_P(StoreJournal, GivesTheJournalOldestFirstFromAPlaceOn) {
  changes all;
  for (int n = 1; n <= 5; ++n) all.journal.push_back({0, at(n), "id-1", "seen", {{"n", n}}, ""});
  put(*in, all);

  auto const some = good(run(in->journal_after(2, 2)));

  ASSERT_EQ(some.size(), 2U);
  EXPECT_EQ(some[0].seq, 3);
  EXPECT_EQ(some[1].seq, 4);
  EXPECT_EQ(some[1].data, (core::value{{"n", 4}}));
  EXPECT_TRUE(good(run(in->journal_after(5, 10))).empty());
}

TEST_P(StoreJournal, NumbersTheJournalWithoutGaps) {
  put(*in, entries(2));
  put(*in, entries(1, "id-1"));
  restart();
  put(*in, entries(1));

  auto const all = good(run(in->journal("", 100, 10)));

  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(all[i].seq, static_cast<std::int64_t>(4 - i));
  EXPECT_EQ(all[1].link, "id-1");
  EXPECT_EQ(all[1].kind, "sent");
  EXPECT_EQ(all[1].data, (core::value{{"n", 0}}));
}

TEST_P(StoreJournal, GivesTheJournalInPagesNewestFirst) {
  put(*in, entries(5));

  auto const page = good(run(in->journal("", 4, 2)));

  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].seq, 3);
  EXPECT_EQ(page[1].seq, 2);
}

TEST_P(StoreJournal, GivesTheJournalOfOneLink) {
  put(*in, entries(2, "id-1"));
  put(*in, entries(2, "id-2"));

  auto const found = good(run(in->journal("id-1", 100, 10)));

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].link, "id-1");
}

TEST_P(StoreJournal, ChainsTheJournal) {
  EXPECT_EQ(good(run(verify_journal(*in))), 0U);
  put(*in, entries(3));
  restart();
  put(*in, entries(2500));

  auto const oldest = good(run(in->journal("", 2, 1)));
  ASSERT_EQ(oldest.size(), 1U);
  EXPECT_EQ(oldest[0].chain, chain_of("", oldest[0]));
  EXPECT_EQ(good(run(verify_journal(*in))), 2503U);
}

TEST_P(StoreJournal, ContinuesTheChainAfterARefusedCommit) {
  put(*in, entries(2));
  put(*in, with_links({simple_link("1")}));
  auto bad = entries(3);
  bad.links = {simple_link("2")};
  bad.links[0].ticket_id = "ticket-1";
  EXPECT_FALSE(attempt(bad).has_value());

  put(*in, entries(1));

  EXPECT_EQ(good(run(verify_journal(*in))), 3U);
}

TEST_P(StoreJournal, TrimsTheJournalByAge) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(4), 1000))), 4U);

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).back().seq, 5);
  EXPECT_EQ(good(run(verify_journal(*in))), 6U);
  EXPECT_EQ(good(run(in->trim_journal(at(4), 1000))), 0U);
}

TEST_P(StoreJournal, TrimsTheJournalByNumber) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), 3))), 7U);

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).size(), 3U);
  EXPECT_EQ(good(run(verify_journal(*in))), 3U);
}

TEST_P(StoreJournal, TrimsNothingWithinTheBounds) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), std::size_t(-1)))), 0U);
}

TEST_P(StoreJournal, ContinuesTheChainAfterTrimmingEverything) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(1000), 0))), 10U);
  restart();
  put(*in, entries(2));

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).back().seq, 11);
  EXPECT_EQ(good(run(verify_journal(*in))), 2U);
}

TEST_P(StoreJournal, TrimsMoreThanOneTurnTakes) {
  for (int i = 0; i < 3; ++i) put(*in, entries(4000));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), 500))), 11500U);
  EXPECT_EQ(good(run(verify_journal(*in))), 500U);
}

}  // namespace
}  // namespace connector::store
