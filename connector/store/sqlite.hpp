#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "connector/core/error.hpp"
#include "connector/store/store.hpp"

namespace connector::store {

struct sqlite_settings {
  std::string path;
  /// For looking into the store of a service that is not running: nothing is written or migrated,
  /// every commit fails.
  bool read_only = false;
  std::size_t cache_bytes = 4 << 20;  ///< most memory for pages of the file
  /// When the write-ahead log has grown to this, it is worked into the file. Larger: fewer syncs,
  /// and more to read after an unclean stop.
  std::size_t log_bytes_max = 16 << 20;
  /// Told in words of what opening did beside opening: created, migrated, checked.
  std::function<void(std::string const&)> on_notice;
};

/// Opens the store, creating the file (readable by its owner only) if there is none. Blocks, for
/// some milliseconds; after an unclean stop for as long as reading the whole file takes, because it
/// is checked first. Nobody else can use the file until the store is destroyed, which waits for
/// calls under way. Calls may be made from any one thread and resume on their own executor; one
/// that has begun is ended even if its coroutine is cancelled.
/// Errors: errc::storage, for each cause saying what to do.
core::result<std::unique_ptr<store>> open_sqlite(sqlite_settings settings);

/// The version of the library in use; for `doctor`.
std::string sqlite_version();

}  // namespace connector::store
