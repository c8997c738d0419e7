#include <algorithm>

#include "contract.hpp"

namespace connector::store {
namespace {

using StoreLinks = every_store;
INSTANTIATE_TEST_SUITE_P(Contract, StoreLinks, kinds_of_store(), name_of);

TEST_P(StoreLinks, TakesWhatIsAboutToBeSentWithoutTheRestOfItsLink) {
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

TEST_P(StoreLinks, GivesBackEveryMemberOfALink) {
  auto const l = full_link("1");
  put(*in, with_links({l}));

  EXPECT_EQ(whole(one_link("id-1")), whole(l));
}

TEST_P(StoreLinks, KeepsWhatWasCommittedOverARestart) {
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

TEST_P(StoreLinks, ReplacesALinkByItsId) {
  put(*in, with_links({full_link("1")}));

  auto const simple = simple_link("1");
  put(*in, with_links({simple}));

  EXPECT_EQ(whole(one_link("id-1")), whole(simple));
  EXPECT_EQ(counted().links, 1U);
}

TEST_P(StoreLinks, TakesTheLastOfTwoLinksWithOneId) {
  auto first = simple_link("1");
  auto second = first;
  second.failures = 9;

  put(*in, with_links({first, second}));

  EXPECT_EQ(one_link("id-1").failures, 9);
}

TEST_P(StoreLinks, HasNoLinkThatWasNeverCommitted) {
  EXPECT_TRUE(links({"id-1", ""}).empty());
  EXPECT_TRUE(links({}).empty());
}

TEST_P(StoreLinks, GivesALinkOnceHoweverOftenItIsAskedFor) {
  put(*in, with_links({simple_link("1"), simple_link("2")}));

  EXPECT_EQ(links({"id-1", "id-2", "id-1"}).size(), 2U);
}

TEST_P(StoreLinks, FindsLinksOfAnIncidentOnEveryRoute) {
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

TEST_P(StoreLinks, FindsALinkThatIsGoneByItsIncident) {
  auto l = simple_link("1");
  l.state = link_state::gone;
  put(*in, with_links({l}));

  EXPECT_EQ(good(run(in->links_by_incident("defender", {"incident-1"}))).size(), 1U);
}

TEST_P(StoreLinks, FindsALinkByItsTicket) {
  put(*in, with_links({simple_link("1"), simple_link("2")}));

  EXPECT_EQ(
      ids(good(run(in->links_by_ticket("servicenow", {"ticket-2", "ticket-9"})))),
      std::vector<std::string>{"id-2"}
  );
  EXPECT_TRUE(good(run(in->links_by_ticket("jira", {"ticket-2"}))).empty());
}

TEST_P(StoreLinks, FindsALinkByItsNewKeysOnly) {
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

TEST_P(StoreLinks, NeverTakesAnUnknownTicketForAKey) {
  auto a = simple_link("1");
  auto b = simple_link("2");
  a.ticket_id = b.ticket_id = "";
  a.ticket_label = b.ticket_label = "";

  put(*in, with_links({a, b}));

  EXPECT_EQ(counted().links, 2U);
  EXPECT_TRUE(good(run(in->links_by_ticket("servicenow", {""}))).empty());
}

TEST_P(StoreLinks, RefusesASecondLinkForAnIncidentOnItsRoute) {
  put(*in, with_links({simple_link("1")}));
  auto second = simple_link("2");
  second.incident_id = "incident-1";

  auto const done = attempt(with_links({second}));

  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, core::errc::storage);
  EXPECT_TRUE(links({"id-2"}).empty());
}

TEST_P(StoreLinks, RefusesTwoLinksForAnIncidentInOneCommit) {
  auto second = simple_link("2");
  second.incident_id = "incident-1";

  EXPECT_FALSE(attempt(with_links({simple_link("1"), second})).has_value());
  EXPECT_EQ(counted().links, 0U);
}

TEST_P(StoreLinks, AllowsANewLinkForAnIncidentWhoseLinkIsGone) {
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

TEST_P(StoreLinks, LetsTwoLinksSwapTheirKeysInOneCommit) {
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

TEST_P(StoreLinks, RefusesASecondLinkForATicket) {
  put(*in, with_links({simple_link("1")}));
  auto second = simple_link("2");
  second.ticket_id = "ticket-1";

  EXPECT_FALSE(attempt(with_links({second})).has_value());

  second.ticket_connection = "jira";
  put(*in, with_links({second}));
}

TEST_P(StoreLinks, RefusesTheTicketOfALinkThatIsGone) {
  auto gone = simple_link("1");
  gone.state = link_state::gone;
  put(*in, with_links({gone}));
  auto second = simple_link("2");
  second.ticket_id = "ticket-1";

  EXPECT_FALSE(attempt(with_links({second})).has_value());
}

TEST_P(StoreLinks, WritesAllOfACommitOrNothing) {
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

TEST_P(StoreLinks, GoesOnAfterARefusedCommit) {
  put(*in, with_links({simple_link("1")}));
  auto taken = simple_link("2");
  taken.ticket_id = "ticket-1";
  EXPECT_FALSE(attempt(with_links({taken})).has_value());

  put(*in, with_links({simple_link("2")}));

  EXPECT_EQ(counted().links, 2U);
}

TEST_P(StoreLinks, GivesDueLinksByLaneAndThenByWaiting) {
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

TEST_P(StoreLinks, KnowsWhenTheNextLinkComesDue) {
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

TEST_P(StoreLinks, ListsLinksInPagesByTheirIds) {
  put(*in, with_links({simple_link("3"), simple_link("1"), simple_link("2")}));

  EXPECT_EQ(listed({}, "", 2), (std::vector<std::string>{"id-1", "id-2"}));
  EXPECT_EQ(listed({}, "id-2", 2), std::vector<std::string>{"id-3"});
  EXPECT_TRUE(listed({}, "id-3", 2).empty());
}

TEST_P(StoreLinks, ListsOnlyWhatTheFilterLetsThrough) {
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

TEST_P(StoreLinks, FindsALinkByAnyOfItsNames) {
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

TEST_P(StoreLinks, CountsWhatIsThere) {
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

TEST_P(StoreLinks, KeepsTextThatIsNoValidUtf8) {
  auto l = simple_link("1");
  l.parked.emplace_back().reason = "bad \xff\x80 bytes";
  put(*in, with_links({l}));

  EXPECT_EQ(one_link("id-1").parked.at(0).reason, "bad \xff\x80 bytes");
}

}  // namespace
}  // namespace connector::store
