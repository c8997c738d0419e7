#pragma once

#include <memory>

#include "connector/store/store.hpp"

namespace connector::store {

/// What memory stores have committed: it outlives them, as a file outlives a process. Destroying a
/// store and making another one on the same disk is a crash and a restart; copying a disk is a
/// backup.
class memory_disk {
 public:
  memory_disk();
  memory_disk(memory_disk const& other);
  memory_disk& operator=(memory_disk const& other);
  ~memory_disk();

 private:
  friend class memory_store;
  struct tables;
  std::unique_ptr<tables> tables_;
};

/// A store without files, with every other promise of the port; for tests and simulations. Its
/// calls complete without suspending. One store per disk at a time.
std::unique_ptr<store> make_memory_store(std::shared_ptr<memory_disk> disk);
std::unique_ptr<store> make_memory_store();

}  // namespace connector::store
