#include "adapters/pagerduty/notes.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

struct Notes : testing::Test {
  account w;
  std::string id = w.open("key-1");

  std::size_t notes_of_row() {
    auto rows = w.changes_since(w.clock.wall - seconds{90});
    auto done = w.run(w.system->complete(std::move(rows), w.needs));
    return done->front().comments->size();
  }
  std::uint64_t reads() const { return w.calls("GET /incidents/{id}/notes"); }
};

TEST_F(Notes, CostNoCallWhereTheLogHasNoNewOne) {
  w.clock.pass(seconds{60});
  w.service.edit(id, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);

  EXPECT_EQ(notes_of_row(), 0u);
  EXPECT_EQ(reads(), 0u) << "opened by us, and nobody has annotated it";
}

TEST_F(Notes, AreReadWhenTheLogHasANewOne) {
  w.clock.pass(seconds{60});
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{20});

  EXPECT_EQ(notes_of_row(), 1u);
  EXPECT_EQ(notes_of_row(), 1u);
  EXPECT_EQ(reads(), 1u) << "and then known";
}

TEST_F(Notes, AreReadAgainWhereOneMayHaveBeenTooFreshToSee) {
  w.clock.pass(seconds{60});
  w.service.annotate(id, "First.", "beth@acme.example", w.clock.wall);
  EXPECT_EQ(notes_of_row(), 1u);
  w.service.annotate(id, "Second.", "beth@acme.example", w.clock.wall);

  EXPECT_EQ(notes_of_row(), 2u);
}

TEST_F(Notes, AreAlwaysReadByIdAfresh) {
  w.read(id, true);
  w.read(id, true);

  EXPECT_EQ(reads(), 2u);
}

TEST_F(Notes, AreNotRecalledWhileOneIsInDoubt) {
  w.clock.pass(seconds{60});
  w.faults.script({fault_kind::late_effect, 503, {}, std::chrono::milliseconds{90'000}}, "/notes");
  auto const posted = w.note(id, "Ours.");
  ASSERT_FALSE(posted);
  EXPECT_EQ(posted.error().effect, effect::unknown);
  w.service.edit(id, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);
  notes_of_row();
  auto const before = reads();

  notes_of_row();

  EXPECT_EQ(reads(), before + 1) << "it could take effect at any time";
}

TEST_F(Notes, KnowTheirIdFromTheAnswer) {
  auto const posted = w.note(id, "Ours.");

  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->comment_id, w.read(id, true).comments->front().id);
}

}  // namespace
}  // namespace pagerduty_test
