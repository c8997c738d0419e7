// Memory that runs out in the middle of a write.
#include <cstdlib>
#include <new>

#include "connector/store/sqlite_schema.hpp"
#include "connector/store/sqlite_tables.hpp"
#include "support.hpp"

namespace {

/// How many more allocations of this thread succeed; negative: all.
thread_local long allocations_left = -1;

}  // namespace

void* operator new(std::size_t size) {
  if (allocations_left == 0) throw std::bad_alloc{};
  if (allocations_left > 0) --allocations_left;
  if (auto* const memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc{};
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace connector::store::sqlite {
namespace {

TEST(SqliteAllocation, UndoesAWriteThatRanOutOfMemory) {
  scratch_folder folder;
  sqlite_settings settings;
  settings.path = folder.file();
  tables in{good(open_database(settings, migrations()))};
  int failed = 0;
  std::int64_t written = 0;
  for (long good_ones = 0; good_ones < 400; ++good_ones) {
    changes all = with_links({full_link("1"), full_link("2")});
    all.links[1].failures = static_cast<int>(good_ones);
    all.journal = {{0, at(1), "id-1", "sent", {{"n", good_ones}}, ""}};
    all.links.push_back(full_link("taken " + std::to_string(good_ones)));
    auto done = false;

    allocations_left = good_ones;
    try {
      done = in.write({&all}).has_value();
    } catch (std::bad_alloc const&) {
      ++failed;
    }
    allocations_left = -1;

    written += done;
    ASSERT_EQ(good(in.count()).links, written == 0 ? 0U : static_cast<std::size_t>(written) + 2);
    ASSERT_EQ(good(in.journal("", 10'000, 10'000)).size(), static_cast<std::size_t>(written));
  }
  EXPECT_GT(failed, 10);
  EXPECT_GT(written, 20);
}

}  // namespace
}  // namespace connector::store::sqlite
