#include "connector/store/journal_chain.hpp"

#include "connector/store/memory.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

using testing::HasSubstr;

std::vector<journal_entry> chained(std::size_t count) {
  std::vector<journal_entry> all;
  std::string previous;
  for (std::size_t i = 0; i < count; ++i) {
    journal_entry entry{
        static_cast<std::int64_t>(i + 1),
        at(static_cast<std::int64_t>(i)),
        "id-1",
        "sent",
        {{"n", i}},
        ""};
    entry.chain = previous = chain_of(previous, entry);
    all.push_back(entry);
  }
  return all;
}

std::string complaint(std::vector<journal_entry> const& all) {
  auto const fits = verify_chain({}, all);
  return fits ? "" : fits.error().detail;
}

TEST(JournalChain, IsPinned) {
  // printf '["",1,0,"id-1","sent",{"n":0}]' | sha256sum
  EXPECT_EQ(
      chained(1)[0].chain, "e768f646331087aeb71d2c111986d4596788ceda7c6e25c5def4a00a98aebab0"
  );
}

TEST(JournalChain, FitsWhatItWasMadeOf) { EXPECT_EQ(complaint(chained(5)), ""); }

TEST(JournalChain, ShowsAChangeToAnyMember) {
  for (int member = 0; member < 4; ++member) {
    auto all = chained(5);
    if (member == 0) all[2].at += core::ticks{1};
    if (member == 1) all[2].link = "id-2";
    if (member == 2) all[2].kind = "settled";
    if (member == 3) all[2].data = {{"n", 3}};
    EXPECT_THAT(complaint(all), HasSubstr("journal entry 3 does not fit its chain")) << member;
  }
}

TEST(JournalChain, ShowsThatAnEntryIsMissing) {
  auto all = chained(5);
  all.erase(all.begin() + 2);
  EXPECT_THAT(complaint(all), HasSubstr("journal entry 3 is missing"));
  all = chained(5);
  all.erase(all.begin());
  EXPECT_THAT(complaint(all), HasSubstr("journal entry 1 is missing"));
}

TEST(JournalChain, ShowsThatAnEntryWasPutIn) {
  auto all = chained(5);
  all.insert(all.begin() + 2, all[1]);
  EXPECT_THAT(complaint(all), HasSubstr("journal entry 3"));
}

TEST(JournalChain, ShowsAForgedEntryByTheNext) {
  auto all = chained(5);
  all[2].data = "forged";
  all[2].chain = chain_of(all[1].chain, all[2]);
  EXPECT_THAT(complaint(all), HasSubstr("journal entry 4 does not fit its chain"));
}

TEST(JournalChain, TellsFieldsApartThatReadTheSameInARow) {
  journal_entry a, b;
  a.link = "x\",\"y";
  b.link = "x";
  b.kind = "y";
  EXPECT_NE(chain_of("", a), chain_of("", b));
}

TEST(JournalChain, ReadsItsAnchorBack) {
  auto const anchor = good(journal_anchor_from(text_of(journal_anchor{42, "abc"})));
  EXPECT_EQ(anchor.seq, 42);
  EXPECT_EQ(anchor.chain, "abc");
  for (auto const* text : {"", "42", "x abc", " "}) {
    EXPECT_FALSE(journal_anchor_from(text).has_value()) << text;
  }
}

TEST(JournalChain, ShowsThatTheBeginningWasDroppedBehindTheStoresBack) {
  auto const in = make_memory_store();
  changes all;
  all.journal = chained(5);
  put(*in, all);
  EXPECT_EQ(good(run(in->trim_journal(at(2), 100))), 2U);
  EXPECT_EQ(good(run(verify_journal(*in))), 3U);

  changes forged;
  forged.settings["journal_start"] = text_of(journal_anchor{1, chained(1)[0].chain});
  put(*in, forged);

  auto const fits = run(verify_journal(*in));
  ASSERT_FALSE(fits.has_value());
  EXPECT_THAT(fits.error().detail, HasSubstr("journal entry 2 is missing"));
}

}  // namespace
}  // namespace connector::store
