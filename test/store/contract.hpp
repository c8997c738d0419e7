#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "connector/store/memory.hpp"
#include "connector/store/sqlite.hpp"
#include "support.hpp"

/// What store.hpp promises, asked of every store: the contract_*_test.cpp beside this file.
namespace connector::store {

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

class every_store : public testing::TestWithParam<std::string> {
 protected:
  every_store() {
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

/// For INSTANTIATE_TEST_SUITE_P: the kinds of store, and how a test names them.
inline auto kinds_of_store() { return testing::Values("Memory", "Sqlite"); }
inline std::string name_of(testing::TestParamInfo<std::string> const& kind) { return kind.param; }

/// So many journal lines, a second apart.
inline changes entries(std::size_t count, std::string const& link = {}) {
  changes all;
  for (std::size_t i = 0; i < count; ++i) {
    all.journal.push_back({0, at(static_cast<std::int64_t>(i)), link, "sent", {{"n", i}}, ""});
  }
  return all;
}

}  // namespace connector::store
