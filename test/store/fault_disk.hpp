#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// A disk that fails or loses power when told to: a SQLite file system layer over the real one.
/// While one exists, every database opened in this process is on it. It has no shared memory, so
/// that opening a write-ahead log on it proves that none is needed.
namespace connector::store {

class fault_disk {
 public:
  /// What a disk still holds after a power cut: name (without its folder) to content.
  using contents = std::map<std::string, std::string>;

  fault_disk();
  ~fault_disk();
  fault_disk(fault_disk const&) = delete;
  fault_disk& operator=(fault_disk const&) = delete;

  /// Changes (writes, syncs, truncations) since the last call.
  std::size_t count();

  /// From the change after `good` further ones on, all fail with this SQLite result code, until
  /// `heal`.
  void fail_after(std::size_t good, int code);
  void heal();

  /// Cuts the power at the change after `good` further ones; everything fails from there on. Of
  /// what was not synced by then, each 512 bytes survive or not as `seed` has it.
  void cut_after(std::size_t good, std::uint64_t seed, std::function<void()> at_the_cut);
  [[nodiscard]] bool was_cut() const;
  [[nodiscard]] contents after_the_cut() const;

  struct state;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace connector::store
