#include "contract.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "connector/store/journal_chain.hpp"

namespace connector::store {
namespace {

using Store = every_store;
INSTANTIATE_TEST_SUITE_P(Contract, Store, kinds_of_store(), name_of);

comment_entry comment_of(std::string const& link, std::string const& id, comment_state state) {
  comment_entry c;
  c.link = link;
  c.origin = mapping::side::ticket;
  c.origin_id = id;
  c.mark = "mark-" + link + id;
  c.copy_id = "copy";
  c.words = "digest";
  c.state = state;
  c.text = "text";
  c.detail = "detail";
  c.at = at(1);
  c.not_before = at(2);
  c.attempts = 3;
  c.empty_looks = 1;
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
  EXPECT_EQ(c.words, "digest");
  EXPECT_EQ(c.state, comment_state::in_doubt);
  EXPECT_EQ(c.text, "text");
  EXPECT_EQ(c.detail, "detail");
  EXPECT_EQ(c.at, at(1));
  EXPECT_EQ(c.not_before, at(2));
  EXPECT_EQ(c.attempts, 3);
  EXPECT_EQ(c.empty_looks, 1);
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

}  // namespace
}  // namespace connector::store
