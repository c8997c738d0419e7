#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connector/store/memory.hpp"
#include "test/simulation/mutation.hpp"

/// A disk that outlives processes, and stores on it that a crash may catch at any moment.
namespace simulation {

namespace store = connector::store;
namespace core = connector::core;

class disk {
 public:
  explicit disk(mutation with);
  ~disk();
  disk(disk const&) = delete;
  disk& operator=(disk const&) = delete;

  /// A store for one process. Each commit takes a step before it is durable and another one before
  /// it is answered: a process that dies in between loses it, or never learns that it is done.
  /// Null while another process has the store open, as with SQLite's exclusive lock.
  std::unique_ptr<store::store> open();

  /// The process died; what was not durable is lost.
  void crash();

  /// The next `count` commits fail, and nothing of them is kept.
  void fail(int count) { failing_ += count; }
  void stop_failing() { failing_ = 0; }

  /// What is durable.
  store::store& durable() { return *inner_; }
  [[nodiscard]] std::map<std::string, store::link> const& links() const { return links_; }
  [[nodiscard]] std::map<std::string, core::time_point> const& cursors() const { return cursors_; }

  /// Told of each commit just before it becomes durable.
  std::function<void(store::changes const&)> on_commit;
  /// The service's wall clock, for `cursor_by_own_clock`.
  std::function<core::time_point()> own_clock;

 private:
  friend class crashing_store;
  struct copy;
  void mutate(store::changes& all) const;
  void keep(store::changes const& all);

  mutation mutation_;
  std::shared_ptr<store::memory_disk> media_ = std::make_shared<store::memory_disk>();
  std::unique_ptr<store::store> inner_;
  /// Of what is durable, to be looked at without a coroutine.
  std::map<std::string, store::link> links_;
  std::map<std::string, core::time_point> cursors_;
  std::unique_ptr<copy> before_last_;  ///< late_flush: what a crash falls back to
  int failing_ = 0;
  int open_ = 0;
};

}  // namespace simulation
