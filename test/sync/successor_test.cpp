#include <gmock/gmock.h>

#include "test/sync/world.hpp"

/// An incident whose ticket takes no more changes, or is gone, and that goes on in a new one.
namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using testing::Contains;
using testing::HasSubstr;
using testing::UnorderedElementsAre;
using call = world::call;

std::string map_with_new_tickets() {
  return plain_map() + "closed: {when: {state: \"7\"}, changes: new_ticket}\n";
}

order new_ticket() {
  order what;
  what.what = order::kind::new_ticket;
  what.by = "somebody";
  return what;
}

core::result<void> order_for(world& w, std::string const& link) {
  return support::run(w.loop, w.clock, w.sync_engine->carry_out(new_ticket(), link));
}

/// The incident is resolved, and its ticket closed for good; returns that ticket.
std::string close(world& w, std::string const& id) {
  w.incidents->edit(id, {{"status", "resolved"}});
  w.sync();
  auto ticket = w.link_of(id).ticket_id;
  w.tickets->edit(ticket, {{"state", "7"}});
  w.sync();
  return ticket;
}

TEST(NewTicket, IsMadeWhenAnIncidentIsReopenedWhoseTicketTakesNoMoreChanges) {
  world w{map_with_new_tickets()};
  w.incidents->add("1", plain_incident());
  w.sync();
  auto const before = w.link_of("1");
  auto const closed = close(w, "1");

  w.incidents->edit("1", {{"status", "inProgress"}});
  for (int i = 0; i < 3; ++i) w.sync();

  auto const now = w.link_of("1");
  EXPECT_NE(now.ticket_id, closed);
  EXPECT_EQ(w.tickets->field(now.ticket_id, "state"), "2");
  EXPECT_EQ(w.tickets->field(closed, "state"), "7") << "it takes no more changes";
  EXPECT_THAT(w.tickets->texts(now.ticket_id), Contains(HasSubstr("Continues ticket")));
  std::vector<std::string> ids{before.id};
  auto const old = support::run(w.loop, w.clock, w.store->links(ids));
  ASSERT_TRUE(old);
  EXPECT_EQ(old->front().state, store::link_state::gone);
  EXPECT_EQ(old->front().succeeded_by, now.id);
  EXPECT_TRUE(old->front().parked.empty());

  auto const writes = w.tickets->calls;
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::hours{2});
  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_EQ(w.tickets->calls[call::update], writes.at(call::update)) << "silence";
  EXPECT_EQ(w.tickets->calls[call::comment], writes.at(call::comment));
}

TEST(NewTicket, IsNotMadeWhileTheTicketsOwnEndIsStillToReachTheIncident) {
  world w{map_with_new_tickets()};
  w.incidents->add("1", plain_incident());
  w.sync();
  auto const ticket = w.link_of("1").ticket_id;

  w.tickets->edit(ticket, {{"state", "7"}});
  w.incidents->edit("1", {{"severity", "medium"}});
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_EQ(w.tickets->ids().size(), 1u);
}

TEST(NewTicket, IsNotMadeForAFinishedIncidentWhoseLateChangeWaitsInstead) {
  world w{map_with_new_tickets()};
  w.incidents->add("1", plain_incident());
  w.sync();
  close(w, "1");

  w.incidents->edit("1", {{"title", "Ransomware, contained"}});
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);
  EXPECT_THAT(w.link_of("1").parked.front().reason, HasSubstr("takes no more changes"));
}

TEST(NewTicket, IsOneThoughTheAnswerToItsCreateIsLostAndTheProcessDies) {
  world w{map_with_new_tickets()};
  w.incidents->add("1", plain_incident());
  w.sync();
  auto const closed = close(w, "1");
  w.tickets->faults[call::create].push_back(
      {error{errc::timeout, "no answer", effect::unknown}, true}
  );

  w.incidents->edit("1", {{"status", "active"}});
  w.sync();
  w.restart();
  for (int i = 0; i < 4; ++i) w.sync(std::chrono::hours{1});

  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_NE(w.link_of("1").ticket_id, closed);
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
}

TEST(NewTicket, GetsTheWholeConversationOnce) {
  world w{map_with_new_tickets()};
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->say("1", "Ann", "Isolate the host.");
  w.tickets->say(w.link_of("1").ticket_id, "Bob", "It is done.");
  for (int i = 0; i < 2; ++i) w.sync();
  close(w, "1");

  w.incidents->edit("1", {{"status", "active"}});
  for (int i = 0; i < 4; ++i) w.sync(std::chrono::hours{1});

  auto const texts = w.tickets->texts(w.link_of("1").ticket_id);
  EXPECT_THAT(
      texts,
      UnorderedElementsAre(
          HasSubstr("Isolate the host."), HasSubstr("It is done."), HasSubstr("Continues ticket")
      )
  );
  EXPECT_EQ(w.incidents->texts("1").size(), 2u) << "nothing comes back";
}

TEST(NewTicket, IsMadeOnOrderOnceForATicketThatWasDeleted) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  auto const old = w.link_of("1");
  w.tickets->remove(old.ticket_id);
  w.incidents->edit("1", {{"severity", "medium"}});
  for (int i = 0; i < 4; ++i) w.sync(std::chrono::hours{1});
  ASSERT_EQ(w.link_of("1").state, store::link_state::gone);

  ASSERT_TRUE(order_for(w, old.id));
  w.sync();

  auto const now = w.link_of("1");
  EXPECT_EQ(now.state, store::link_state::linked);
  EXPECT_EQ(w.tickets->field(now.ticket_id, "urgency"), "2");
  auto const again = order_for(w, old.id);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::rejected);
  EXPECT_THAT(again.error().detail, HasSubstr(now.id));
}

TEST(NewTicket, IsRefusedToTheLinkOfAMergedIncidentAndWhileAWriteIsInDoubt) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  w.incidents->merge("2", "1");
  w.sync();
  EXPECT_FALSE(order_for(w, w.link_of("2").id));

  w.tickets->faults[call::update].push_back(
      {error{errc::timeout, "no answer", effect::unknown}, false}
  );
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("1").outstanding);
  EXPECT_FALSE(order_for(w, w.link_of("1").id));
}

}  // namespace
}  // namespace connector::sync
