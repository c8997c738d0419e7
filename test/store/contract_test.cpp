// What store.hpp promises, asked of every store.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "connector/store/journal_chain.hpp"
#include "connector/store/memory.hpp"
#include "connector/store/sqlite.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

using testing::Values;

/// A kind of store on a place of its own, and a way to stop and start it.
class backend {
 public:
  virtual ~backend() = default;
  virtual std::unique_ptr<store> open() = 0;
};

class memory_backend final : public backend {
 public:
  std::unique_ptr<store> open() override { return make_memory_store(disk_); }

 private:
  std::shared_ptr<memory_disk> disk_ = std::make_shared<memory_disk>();
};

class sqlite_backend final : public backend {
 public:
  std::unique_ptr<store> open() override {
    sqlite_settings settings;
    settings.path = folder_.file();
    return good(open_sqlite(settings));
  }

 private:
  scratch_folder folder_;
};

class Store : public testing::TestWithParam<std::string> {
 protected:
  Store() {
    if (GetParam() == "Memory") {
      place = std::make_unique<memory_backend>();
    } else {
      place = std::make_unique<sqlite_backend>();
    }
    in = place->open();
  }

  void restart() {
    in.reset();
    in = place->open();
  }

  std::vector<link> links(std::vector<std::string> wanted) {
    return good(run(in->links(std::move(wanted))));
  }
  link one_link(std::string const& id) {
    auto found = links({id});
    EXPECT_EQ(found.size(), 1U) << id;
    return found.empty() ? link{} : found.front();
  }
  std::vector<std::string> listed(
      link_filter filter, std::string after = {}, std::size_t max = 100
  ) {
    return ids(good(run(in->list_links(std::move(filter), std::move(after), max))));
  }
  counts counted() { return good(run(in->count())); }
  core::result<void> attempt(changes all) { return run(in->commit(std::move(all))); }

  std::unique_ptr<backend> place;
  std::unique_ptr<store> in;
};

std::string name_of(testing::TestParamInfo<std::string> const& backend) { return backend.param; }
INSTANTIATE_TEST_SUITE_P(Contract, Store, Values("Memory", "Sqlite"), name_of);

TEST_P(Store, GivesTheJournalOldestFirstFromAPlaceOn) {
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

TEST_P(Store, TakesWhatIsAboutToBeSentWithoutTheRestOfItsLink) {
  auto kept = simple_link("1");
  kept.lane = 3;
  kept.due = at(500);
  put(*in, with_links({kept, simple_link("2")}));
  changes sends;
  sends.outbox.push_back({"id-1", *full_link("1").outstanding, at(90)});
  put(*in, sends);
  restart();

  auto const sending = one_link("id-1");
  ASSERT_TRUE(sending.outstanding);
  EXPECT_EQ(outstanding_body(*sending.outstanding), outstanding_body(*full_link("1").outstanding));
  EXPECT_EQ(sending.due, at(90));
  EXPECT_EQ(sending.lane, 3);
  EXPECT_EQ(good(run(in->next_due())), at(90));
  EXPECT_TRUE(good(run(in->links_due(at(89), 10))).empty());
  EXPECT_EQ(ids(good(run(in->links_due(at(90), 10)))), std::vector<std::string>{"id-1"});
  EXPECT_EQ(ids(good(run(in->links_due(at(500), 10)))), std::vector<std::string>{"id-1"});
  EXPECT_EQ(counted().outstanding, 1U);

  put(*in, with_links({kept}));
  EXPECT_FALSE(one_link("id-1").outstanding);
  EXPECT_EQ(one_link("id-1").due, at(500));
  EXPECT_EQ(counted().outstanding, 0U);
}

TEST_P(Store, GivesBackEveryMemberOfALink) {
  auto const l = full_link("1");
  put(*in, with_links({l}));

  EXPECT_EQ(whole(one_link("id-1")), whole(l));
}

TEST_P(Store, KeepsWhatWasCommittedOverARestart) {
  changes all = with_links({full_link("1")});
  all.cursors = {{"defender", at(123)}};
  all.settings["key"] = "value";
  all.journal = {{0, at(5), "id-1", "sent", {{"field", "state"}}, ""}};
  comment_entry c;
  c.link = "id-1";
  c.origin_id = "c1";
  all.comments = {c};
  put(*in, all);

  restart();

  EXPECT_EQ(whole(one_link("id-1")), whole(full_link("1")));
  EXPECT_EQ(good(run(in->read_cursor("defender"))).value().position, at(123));
  EXPECT_EQ(good(run(in->setting("key"))), "value");
  EXPECT_EQ(good(run(in->journal("", 100, 10))).size(), 1U);
  EXPECT_EQ(good(run(in->comments({"id-1"}))).size(), 1U);
  EXPECT_EQ(counted().merged, 1U);
}

TEST_P(Store, ReplacesALinkByItsId) {
  put(*in, with_links({full_link("1")}));

  auto const simple = simple_link("1");
  put(*in, with_links({simple}));

  EXPECT_EQ(whole(one_link("id-1")), whole(simple));
  EXPECT_EQ(counted().links, 1U);
}

TEST_P(Store, TakesTheLastOfTwoLinksWithOneId) {
  auto first = simple_link("1");
  auto second = first;
  second.failures = 9;

  put(*in, with_links({first, second}));

  EXPECT_EQ(one_link("id-1").failures, 9);
}

TEST_P(Store, HasNoLinkThatWasNeverCommitted) {
  EXPECT_TRUE(links({"id-1", ""}).empty());
  EXPECT_TRUE(links({}).empty());
}

TEST_P(Store, GivesALinkOnceHoweverOftenItIsAskedFor) {
  put(*in, with_links({simple_link("1"), simple_link("2")}));

  EXPECT_EQ(links({"id-1", "id-2", "id-1"}).size(), 2U);
}

TEST_P(Store, FindsLinksOfAnIncidentOnEveryRoute) {
  auto a = simple_link("1");
  auto b = simple_link("2");
  b.incident_id = a.incident_id;
  b.route = "other route";
  auto elsewhere = simple_link("3");
  elsewhere.incident_id = a.incident_id;
  elsewhere.route = "third route";
  elsewhere.incident_connection = "other tenant";
  put(*in, with_links({a, b, elsewhere}));

  auto found = ids(good(run(in->links_by_incident("defender", {"incident-1", "incident-9"}))));

  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"id-1", "id-2"}));
}

TEST_P(Store, FindsALinkThatIsGoneByItsIncident) {
  auto l = simple_link("1");
  l.state = link_state::gone;
  put(*in, with_links({l}));

  EXPECT_EQ(good(run(in->links_by_incident("defender", {"incident-1"}))).size(), 1U);
}

TEST_P(Store, FindsALinkByItsTicket) {
  put(*in, with_links({simple_link("1"), simple_link("2")}));

  EXPECT_EQ(
      ids(good(run(in->links_by_ticket("servicenow", {"ticket-2", "ticket-9"})))),
      std::vector<std::string>{"id-2"}
  );
  EXPECT_TRUE(good(run(in->links_by_ticket("jira", {"ticket-2"}))).empty());
}

TEST_P(Store, FindsALinkByItsNewKeysOnly) {
  auto l = simple_link("1");
  put(*in, with_links({l}));

  l.ticket_id = "ticket-new";
  l.incident_id = "incident-new";
  put(*in, with_links({l}));

  EXPECT_TRUE(good(run(in->links_by_ticket("servicenow", {"ticket-1"}))).empty());
  EXPECT_TRUE(good(run(in->links_by_incident("defender", {"incident-1"}))).empty());
  EXPECT_EQ(good(run(in->links_by_ticket("servicenow", {"ticket-new"}))).size(), 1U);
  EXPECT_EQ(good(run(in->links_by_incident("defender", {"incident-new"}))).size(), 1U);
}

TEST_P(Store, NeverTakesAnUnknownTicketForAKey) {
  auto a = simple_link("1");
  auto b = simple_link("2");
  a.ticket_id = b.ticket_id = "";
  a.ticket_label = b.ticket_label = "";

  put(*in, with_links({a, b}));

  EXPECT_EQ(counted().links, 2U);
  EXPECT_TRUE(good(run(in->links_by_ticket("servicenow", {""}))).empty());
}

TEST_P(Store, RefusesASecondLinkForAnIncidentOnItsRoute) {
  put(*in, with_links({simple_link("1")}));
  auto second = simple_link("2");
  second.incident_id = "incident-1";

  auto const done = attempt(with_links({second}));

  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, core::errc::storage);
  EXPECT_TRUE(links({"id-2"}).empty());
}

TEST_P(Store, RefusesTwoLinksForAnIncidentInOneCommit) {
  auto second = simple_link("2");
  second.incident_id = "incident-1";

  EXPECT_FALSE(attempt(with_links({simple_link("1"), second})).has_value());
  EXPECT_EQ(counted().links, 0U);
}

TEST_P(Store, AllowsANewLinkForAnIncidentWhoseLinkIsGone) {
  auto old = simple_link("1");
  put(*in, with_links({old}));
  old.state = link_state::gone;
  auto fresh = simple_link("2");
  fresh.incident_id = old.incident_id;

  // The new one comes first: the order inside a commit means nothing.
  put(*in, with_links({fresh, old}));

  EXPECT_EQ(counted().gone, 1U);
  EXPECT_EQ(counted().linked, 1U);
}

TEST_P(Store, LetsTwoLinksSwapTheirKeysInOneCommit) {
  auto a = simple_link("1");
  auto b = simple_link("2");
  put(*in, with_links({a, b}));
  std::swap(a.ticket_id, b.ticket_id);
  std::swap(a.incident_id, b.incident_id);

  put(*in, with_links({a, b}));

  EXPECT_EQ(one_link("id-1").ticket_id, "ticket-2");
  EXPECT_EQ(one_link("id-2").incident_id, "incident-1");
  EXPECT_EQ(counted().linked, 2U);
}

TEST_P(Store, RefusesASecondLinkForATicket) {
  put(*in, with_links({simple_link("1")}));
  auto second = simple_link("2");
  second.ticket_id = "ticket-1";

  EXPECT_FALSE(attempt(with_links({second})).has_value());

  second.ticket_connection = "jira";
  put(*in, with_links({second}));
}

TEST_P(Store, RefusesTheTicketOfALinkThatIsGone) {
  auto gone = simple_link("1");
  gone.state = link_state::gone;
  put(*in, with_links({gone}));
  auto second = simple_link("2");
  second.ticket_id = "ticket-1";

  EXPECT_FALSE(attempt(with_links({second})).has_value());
}

TEST_P(Store, WritesAllOfACommitOrNothing) {
  put(*in, with_links({simple_link("1")}));
  auto taken = simple_link("3");
  taken.ticket_id = "ticket-1";
  changes all = with_links({simple_link("2"), taken});
  all.cursors = {{"defender", at(1)}};
  all.settings["key"] = "value";
  all.journal = {{0, at(1), "", "sent", nullptr, ""}};

  EXPECT_FALSE(attempt(all).has_value());

  EXPECT_TRUE(links({"id-2", "id-3"}).empty());
  EXPECT_FALSE(good(run(in->read_cursor("defender"))).has_value());
  EXPECT_FALSE(good(run(in->setting("key"))).has_value());
  EXPECT_TRUE(good(run(in->journal("", 100, 10))).empty());
  EXPECT_EQ(counted().links, 1U);
}

TEST_P(Store, GoesOnAfterARefusedCommit) {
  put(*in, with_links({simple_link("1")}));
  auto taken = simple_link("2");
  taken.ticket_id = "ticket-1";
  EXPECT_FALSE(attempt(with_links({taken})).has_value());

  put(*in, with_links({simple_link("2")}));

  EXPECT_EQ(counted().links, 2U);
}

TEST_P(Store, GivesDueLinksByLaneAndThenByWaiting) {
  std::vector<link> all;
  for (auto const& [key, lane, due] :
       {std::tuple{"a", 1, 10}, {"b", 0, 30}, {"c", 0, 20}, {"d", 1, 5}, {"e", 0, 99}}) {
    auto l = simple_link(key);
    l.lane = lane;
    l.due = at(due);
    all.push_back(l);
  }
  all.push_back(simple_link("never"));
  put(*in, with_links(all));

  EXPECT_EQ(
      ids(good(run(in->links_due(at(30), 10)))),
      (std::vector<std::string>{"id-c", "id-b", "id-d", "id-a"})
  );
  EXPECT_EQ(
      ids(good(run(in->links_due(at(30), 3)))), (std::vector<std::string>{"id-c", "id-b", "id-d"})
  );
  EXPECT_TRUE(good(run(in->links_due(at(30), 0))).empty());
  EXPECT_TRUE(good(run(in->links_due(at(4), 10))).empty());
}

TEST_P(Store, KnowsWhenTheNextLinkComesDue) {
  EXPECT_FALSE(good(run(in->next_due())).has_value());
  auto late = simple_link("1");
  late.due = at(50);
  auto soon = simple_link("2");
  soon.due = at(-40);
  soon.lane = 2;
  put(*in, with_links({late, soon}));
  EXPECT_EQ(good(run(in->next_due())), at(-40));

  soon.due.reset();
  put(*in, with_links({soon}));
  EXPECT_EQ(good(run(in->next_due())), at(50));
}

TEST_P(Store, ListsLinksInPagesByTheirIds) {
  put(*in, with_links({simple_link("3"), simple_link("1"), simple_link("2")}));

  EXPECT_EQ(listed({}, "", 2), (std::vector<std::string>{"id-1", "id-2"}));
  EXPECT_EQ(listed({}, "id-2", 2), std::vector<std::string>{"id-3"});
  EXPECT_TRUE(listed({}, "id-3", 2).empty());
}

TEST_P(Store, ListsOnlyWhatTheFilterLetsThrough) {
  auto parked_one = simple_link("1");
  parked_one.parked.emplace_back();
  auto conflicting = simple_link("2");
  conflicting.conflicts.emplace_back();
  conflicting.route = "other";
  auto opening = simple_link("3");
  opening.state = link_state::opening;
  put(*in, with_links({parked_one, conflicting, opening}));

  link_filter filter;
  filter.route = "other";
  EXPECT_EQ(listed(filter), std::vector<std::string>{"id-2"});
  filter = {};
  filter.state = link_state::opening;
  EXPECT_EQ(listed(filter), std::vector<std::string>{"id-3"});
  filter = {};
  filter.parked_only = true;
  EXPECT_EQ(listed(filter), std::vector<std::string>{"id-1"});
  filter = {};
  filter.conflicts_only = true;
  EXPECT_EQ(listed(filter), std::vector<std::string>{"id-2"});
  filter.route = "route";
  EXPECT_TRUE(listed(filter).empty());
}

TEST_P(Store, FindsALinkByAnyOfItsNames) {
  put(*in, with_links({simple_link("1"), simple_link("2")}));

  for (std::string const text : {"id-2", "incident-2", "ticket-2", "INC-2"}) {
    link_filter filter;
    filter.text = text;
    EXPECT_EQ(listed(filter), std::vector<std::string>{"id-2"}) << text;
  }
  link_filter part;
  part.text = "INC-";
  EXPECT_TRUE(listed(part).empty());
}

comment_entry comment_of(std::string const& link, std::string const& id, comment_state state) {
  comment_entry c;
  c.link = link;
  c.origin = mapping::side::ticket;
  c.origin_id = id;
  c.mark = "mark-" + link + id;
  c.copy_id = "copy";
  c.state = state;
  c.text = "text";
  c.detail = "detail";
  c.at = at(1);
  c.not_before = at(2);
  c.attempts = 3;
  return c;
}

TEST_P(Store, GivesBackEveryMemberOfAComment) {
  changes all;
  all.comments = {comment_of("id-1", "c1", comment_state::in_doubt)};
  put(*in, all);

  auto const found = good(run(in->comments({"id-1"})));

  ASSERT_EQ(found.size(), 1U);
  auto const& c = found.front();
  EXPECT_EQ(c.link, "id-1");
  EXPECT_EQ(c.origin, mapping::side::ticket);
  EXPECT_EQ(c.origin_id, "c1");
  EXPECT_EQ(c.mark, "mark-id-1c1");
  EXPECT_EQ(c.copy_id, "copy");
  EXPECT_EQ(c.state, comment_state::in_doubt);
  EXPECT_EQ(c.text, "text");
  EXPECT_EQ(c.detail, "detail");
  EXPECT_EQ(c.at, at(1));
  EXPECT_EQ(c.not_before, at(2));
  EXPECT_EQ(c.attempts, 3);
}

TEST_P(Store, KeepsEveryStateOfAComment) {
  using enum comment_state;
  changes all;
  for (auto const state : {pending, in_doubt, copied, native, comment_state::parked}) {
    all.comments.push_back(comment_of("id-1", std::to_string(static_cast<int>(state)), state));
  }
  put(*in, all);

  auto const found = good(run(in->comments({"id-1"})));

  ASSERT_EQ(found.size(), 5U);
  for (auto const& c : found) EXPECT_EQ(std::to_string(static_cast<int>(c.state)), c.origin_id);
  EXPECT_EQ(counted().comments_waiting, 2U);
}

TEST_P(Store, TellsCommentsApartByLinkSideAndId) {
  auto incident_side = comment_of("id-1", "c1", comment_state::copied);
  incident_side.origin = mapping::side::incident;
  incident_side.mark = "another";
  changes all;
  all.comments = {
      comment_of("id-1", "c1", comment_state::pending),
      incident_side,
      comment_of("id-1", "c2", comment_state::pending),
      comment_of("id-2", "c1", comment_state::pending)};
  put(*in, all);

  EXPECT_EQ(good(run(in->comments({"id-1"}))).size(), 3U);
  EXPECT_EQ(good(run(in->comments({"id-1", "id-2", "id-9"}))).size(), 4U);

  all.comments = {comment_of("id-1", "c1", comment_state::copied)};
  put(*in, all);
  EXPECT_EQ(good(run(in->comments({"id-1"}))).size(), 3U);
  EXPECT_EQ(counted().comments_waiting, 2U);
}

TEST_P(Store, RefusesAMarkTwice) {
  changes all;
  all.comments = {comment_of("id-1", "c1", comment_state::pending)};
  put(*in, all);
  all.comments = {comment_of("id-1", "c2", comment_state::pending)};
  all.comments[0].mark = "mark-id-1c1";

  EXPECT_FALSE(attempt(all).has_value());

  all.comments[0].mark = "";
  put(*in, all);
  all.comments[0].origin_id = "c3";
  put(*in, all);
}

TEST_P(Store, MovesACursor) {
  EXPECT_FALSE(good(run(in->read_cursor("defender"))).has_value());
  changes all;
  all.cursors = {{"defender", at(1)}};
  put(*in, all);
  all.cursors = {{"defender", at(2) + core::ticks{1}}};
  put(*in, all);

  auto const found = good(run(in->read_cursor("defender")));

  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->name, "defender");
  EXPECT_EQ(found->position, at(2) + core::ticks{1});
}

TEST_P(Store, ReplacesASetting) {
  EXPECT_FALSE(good(run(in->setting("key"))).has_value());
  changes all;
  all.settings["key"] = std::string{"a\0b", 3};
  put(*in, all);
  EXPECT_EQ(good(run(in->setting("key"))), (std::string{"a\0b", 3}));

  all.settings["key"] = "";
  put(*in, all);
  EXPECT_EQ(good(run(in->setting("key"))), "");
}

changes entries(std::size_t count, std::string const& link = {}) {
  changes all;
  for (std::size_t i = 0; i < count; ++i) {
    all.journal.push_back({0, at(static_cast<std::int64_t>(i)), link, "sent", {{"n", i}}, ""});
  }
  return all;
}

TEST_P(Store, NumbersTheJournalWithoutGaps) {
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

TEST_P(Store, GivesTheJournalInPagesNewestFirst) {
  put(*in, entries(5));

  auto const page = good(run(in->journal("", 4, 2)));

  ASSERT_EQ(page.size(), 2U);
  EXPECT_EQ(page[0].seq, 3);
  EXPECT_EQ(page[1].seq, 2);
}

TEST_P(Store, GivesTheJournalOfOneLink) {
  put(*in, entries(2, "id-1"));
  put(*in, entries(2, "id-2"));

  auto const found = good(run(in->journal("id-1", 100, 10)));

  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].link, "id-1");
}

TEST_P(Store, ChainsTheJournal) {
  EXPECT_EQ(good(run(verify_journal(*in))), 0U);
  put(*in, entries(3));
  restart();
  put(*in, entries(2500));

  auto const oldest = good(run(in->journal("", 2, 1)));
  ASSERT_EQ(oldest.size(), 1U);
  EXPECT_EQ(oldest[0].chain, chain_of("", oldest[0]));
  EXPECT_EQ(good(run(verify_journal(*in))), 2503U);
}

TEST_P(Store, ContinuesTheChainAfterARefusedCommit) {
  put(*in, entries(2));
  put(*in, with_links({simple_link("1")}));
  auto bad = entries(3);
  bad.links = {simple_link("2")};
  bad.links[0].ticket_id = "ticket-1";
  EXPECT_FALSE(attempt(bad).has_value());

  put(*in, entries(1));

  EXPECT_EQ(good(run(verify_journal(*in))), 3U);
}

TEST_P(Store, TrimsTheJournalByAge) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(4), 1000))), 4U);

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).back().seq, 5);
  EXPECT_EQ(good(run(verify_journal(*in))), 6U);
  EXPECT_EQ(good(run(in->trim_journal(at(4), 1000))), 0U);
}

TEST_P(Store, TrimsTheJournalByNumber) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), 3))), 7U);

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).size(), 3U);
  EXPECT_EQ(good(run(verify_journal(*in))), 3U);
}

TEST_P(Store, TrimsNothingWithinTheBounds) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), std::size_t(-1)))), 0U);
}

TEST_P(Store, ContinuesTheChainAfterTrimmingEverything) {
  put(*in, entries(10));

  EXPECT_EQ(good(run(in->trim_journal(at(1000), 0))), 10U);
  restart();
  put(*in, entries(2));

  EXPECT_EQ(good(run(in->journal("", 1000, 1000))).back().seq, 11);
  EXPECT_EQ(good(run(verify_journal(*in))), 2U);
}

TEST_P(Store, TrimsMoreThanOneTurnTakes) {
  for (int i = 0; i < 3; ++i) put(*in, entries(4000));

  EXPECT_EQ(good(run(in->trim_journal(at(-100), 500))), 11500U);
  EXPECT_EQ(good(run(verify_journal(*in))), 500U);
}

TEST_P(Store, CountsWhatIsThere) {
  auto opening = simple_link("1");
  opening.state = link_state::opening;
  opening.outstanding.emplace();
  auto gone = simple_link("2");
  gone.state = link_state::gone;
  put(*in, with_links({opening, gone, full_link("3"), simple_link("4")}));

  auto c = counted();
  EXPECT_EQ(c.links, 4U);
  EXPECT_EQ(c.opening, 1U);
  EXPECT_EQ(c.linked, 1U);
  EXPECT_EQ(c.merged, 1U);
  EXPECT_EQ(c.gone, 1U);
  EXPECT_EQ(c.outstanding, 2U);
  EXPECT_EQ(c.parked, 1U);
  EXPECT_EQ(c.conflicts, 1U);

  opening.state = link_state::linked;
  opening.outstanding.reset();
  opening.conflicts.emplace_back();
  put(*in, with_links({opening, simple_link("3")}));

  c = counted();
  EXPECT_EQ(c.links, 4U);
  EXPECT_EQ(c.opening, 0U);
  EXPECT_EQ(c.linked, 3U);
  EXPECT_EQ(c.merged, 0U);
  EXPECT_EQ(c.outstanding, 0U);
  EXPECT_EQ(c.parked, 0U);
  EXPECT_EQ(c.conflicts, 1U);
}

TEST_P(Store, TakesAnEmptyCommit) { put(*in, {}); }

TEST_P(Store, TakesEffectInTheOrderOfTheCalls) {
  boost::asio::io_context loop;
  std::vector<std::future<core::result<void>>> commits;
  std::vector<std::future<core::result<std::vector<link>>>> reads;
  for (int i = 1; i <= 50; ++i) {
    auto l = simple_link("1");
    l.failures = i;
    changes all = with_links({l});
    auto work = in->commit(std::move(all));
    commits.push_back(boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future));
    std::vector<std::string> wanted{"id-1"};
    auto question = in->links(std::move(wanted));
    reads.push_back(boost::asio::co_spawn(loop, std::move(question), boost::asio::use_future));
  }
  loop.run();

  for (int i = 1; i <= 50; ++i) {
    EXPECT_TRUE(commits[static_cast<std::size_t>(i - 1)].get().has_value());
    auto const found = good(reads[static_cast<std::size_t>(i - 1)].get());
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].failures, i);
  }
}

TEST_P(Store, KeepsOneCommitsFaultFromTheOthers) {
  put(*in, with_links({simple_link("taken")}));
  boost::asio::io_context loop;
  std::vector<std::future<core::result<void>>> commits;
  for (int i = 0; i < 20; ++i) {
    auto l = simple_link(std::to_string(i));
    if (i % 5 == 3) l.ticket_id = "ticket-taken";
    changes all = with_links({l});
    all.journal = entries(1).journal;
    auto work = in->commit(std::move(all));
    commits.push_back(boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future));
  }
  loop.run();

  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(commits[i].get().has_value(), i % 5 != 3) << i;
  EXPECT_EQ(counted().links, 17U);
  EXPECT_EQ(good(run(verify_journal(*in))), 16U);
}

TEST_P(Store, EndsACallThatHasBegunThoughItsCallerIsCancelled) {
  boost::asio::io_context loop;
  boost::asio::cancellation_signal cancel;
  // Keeps a worker busy, so that the cancelling comes before the second call's turn.
  std::vector<link> many;
  for (int i = 0; i < 2000; ++i) many.push_back(full_link(std::to_string(i)));
  auto busy = in->commit(with_links(std::move(many)));
  auto busy_end = boost::asio::co_spawn(loop, std::move(busy), boost::asio::use_future);
  auto work = in->commit(with_links({simple_link("cancelled")}));
  std::optional<core::result<void>> outcome;
  auto token = boost::asio::bind_cancellation_slot(
      cancel.slot(), [&](std::exception_ptr, core::result<void> done) { outcome = done; }
  );
  boost::asio::co_spawn(loop, std::move(work), std::move(token));
  boost::asio::post(loop, [&] { cancel.emit(boost::asio::cancellation_type::terminal); });
  loop.run();

  EXPECT_TRUE(busy_end.get().has_value());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->has_value());
  EXPECT_EQ(links({"id-cancelled"}).size(), 1U);
}

TEST_P(Store, KeepsTextThatIsNoValidUtf8) {
  auto l = simple_link("1");
  l.parked.emplace_back().reason = "bad \xff\x80 bytes";
  put(*in, with_links({l}));

  EXPECT_EQ(one_link("id-1").parked.at(0).reason, "bad \xff\x80 bytes");
}

}  // namespace
}  // namespace connector::store
