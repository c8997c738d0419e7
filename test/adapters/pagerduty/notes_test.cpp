#include "adapters/pagerduty/notes.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

struct Notes : testing::Test {
  account w;
  std::string id = w.open("key-1");

  /// What polling brings of the notes; none where there is nothing new.
  std::optional<std::vector<adapter::comment>> polled() {
    auto rows = w.changes_since(w.clock.wall - seconds{90});
    // Another of its kind, as connections have several: nothing may be kept in between.
    w.connect();
    auto done = w.run(w.system->complete(std::move(rows), w.needs));
    EXPECT_FALSE(done->front().fields.contains("(log)"));
    return done->front().comments;
  }
  std::uint64_t reads() const { return w.calls("GET /incidents/{id}/notes"); }
};

TEST_F(Notes, CostNoCallWhereTheLogHasNone) {
  w.clock.pass(seconds{120});
  w.service.edit(id, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);

  EXPECT_FALSE(polled());
  EXPECT_EQ(reads(), 0u);
}

TEST_F(Notes, AreReadWhereTheLogHasOne) {
  w.clock.pass(seconds{120});
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{20});

  ASSERT_TRUE(polled());
  EXPECT_EQ(polled()->front().text, "Called the user.");
}

TEST_F(Notes, OfPeopleAreSeenThoughWeWroteLater) {
  w.clock.pass(seconds{120});
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});
  auto const ours = w.update(id, {{"title", "Ours"}});
  w.clock.pass(seconds{30});

  EXPECT_GT(w.changes_since(w.clock.wall - seconds{90}).front().version, ours->stored.version)
      << "the answer to our write showed no note";
  EXPECT_EQ(polled()->size(), 1u);
}

TEST_F(Notes, ThatShowLateInTheLogAreSeenThoughTheIncidentWasReadSince) {
  w.clock.pass(seconds{120});
  w.service.settings().list_lag = seconds{30};
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.service.settings().list_lag = seconds{0};
  w.clock.pass(seconds{10});
  w.service.edit(id, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});
  auto const known = w.changes_since(w.clock.wall - seconds{90}).front().version;
  w.clock.pass(seconds{30});

  EXPECT_GT(w.changes_since(w.clock.wall - seconds{90}).front().version, known);
  EXPECT_EQ(polled()->size(), 1u);
}

TEST_F(Notes, AreSeenThoughAPageEndedBetweenThemAndALaterChange) {
  auto const other = w.open("key-2");
  w.clock.pass(seconds{120});
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});
  w.service.edit(other, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});
  w.service.edit(id, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});

  auto rows = w.changes_since(w.clock.wall - seconds{90}, 1);
  ASSERT_EQ(rows.size(), 2u);
  auto const done = w.run(w.system->complete(std::move(rows), w.needs));

  ASSERT_EQ(done->back().id, id);
  ASSERT_TRUE(done->back().comments);
  EXPECT_EQ(done->back().comments->size(), 1u);
}

TEST_F(Notes, OfOursAreNoNews) {
  w.clock.pass(seconds{120});
  ASSERT_TRUE(w.note(id, "Ours."));

  EXPECT_FALSE(polled());
}

TEST_F(Notes, AreAlwaysReadByIdAfresh) {
  w.read(id, true);
  w.read(id, true);

  EXPECT_EQ(reads(), 2u);
}

TEST_F(Notes, KnowTheirIdFromTheAnswer) {
  auto const posted = w.note(id, "Ours.");

  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->comment_id, w.read(id, true).comments->front().id);
}

}  // namespace
}  // namespace pagerduty_test
