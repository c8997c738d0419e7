#include "fault_disk.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <sqlite3.h>

namespace connector::store {
namespace {

constexpr std::size_t sector = 512;

/// One file as the platter has it, and what was written since the last sync.
struct platter {
  struct write {
    std::size_t offset = 0;
    std::string bytes;
    std::optional<std::size_t> size;  ///< a truncation
  };

  std::string durable;
  std::vector<write> volatile_writes;

  static void apply(std::string& to, write const& one) {
    if (one.size) {
      to.resize(*one.size);
      return;
    }
    if (to.size() < one.offset + one.bytes.size()) to.resize(one.offset + one.bytes.size());
    to.replace(one.offset, one.bytes.size(), one.bytes);
  }

  void sync() {
    for (auto const& one : volatile_writes) apply(durable, one);
    volatile_writes.clear();
  }

  [[nodiscard]] std::string after_a_cut(std::mt19937_64& random) const {
    auto left = durable;
    // Sometimes all of it, sometimes nothing, mostly some: a drive writes in any order.
    auto const odds = random() % 5;
    for (auto const& one : volatile_writes) {
      if (one.size) {
        if (random() % 4 < odds) apply(left, one);
        continue;
      }
      for (std::size_t from = 0; from < one.bytes.size(); from += sector) {
        if (random() % 4 < odds) {
          apply(left, {one.offset + from, one.bytes.substr(from, sector), std::nullopt});
        }
      }
    }
    return left;
  }
};

}  // namespace

struct fault_disk::state {
  std::mutex guard;
  std::map<std::string, platter> files;
  std::size_t changes = 0;
  std::optional<std::size_t> good_left;
  int code = 0;
  std::optional<std::uint64_t> cut_seed;
  std::function<void()> at_the_cut;
  std::optional<contents> left;

  /// Before each change: what it should answer.
  int answer() {
    if (left) return SQLITE_IOERR;
    ++changes;
    if (!good_left) return SQLITE_OK;
    if (*good_left > 0) {
      --*good_left;
      return SQLITE_OK;
    }
    if (!cut_seed) return code;
    std::mt19937_64 random{*cut_seed};
    left.emplace();
    for (auto const& [name, file] : files) left->emplace(name, file.after_a_cut(random));
    at_the_cut();
    return SQLITE_IOERR;
  }
};

namespace {

/// The layer itself. SQLite wants plain structs; one disk at a time is mounted.
fault_disk::state* mounted = nullptr;
sqlite3_vfs* real = nullptr;
sqlite3_vfs layer;

struct layer_file {
  sqlite3_file base;
  platter* tracked;
  sqlite3_file* under() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
layer_file* of(sqlite3_file* file) { return reinterpret_cast<layer_file*>(file); }
sqlite3_file* under(sqlite3_file* file) { return of(file)->under(); }

template <class Work>
int change(sqlite3_file* file, Work work) {
  std::scoped_lock const lock{mounted->guard};
  int const answer = mounted->answer();
  if (answer != SQLITE_OK) return answer;
  return work(*of(file)->tracked, under(file));
}

int on_close(sqlite3_file* file) { return under(file)->pMethods->xClose(under(file)); }
int on_read(sqlite3_file* file, void* into, int amount, sqlite3_int64 offset) {
  return under(file)->pMethods->xRead(under(file), into, amount, offset);
}
int on_write(sqlite3_file* file, void const* from, int amount, sqlite3_int64 offset) {
  return change(file, [&](platter& tracked, sqlite3_file* below) {
    tracked.volatile_writes.push_back(
        {static_cast<std::size_t>(offset),
         std::string{static_cast<char const*>(from), static_cast<std::size_t>(amount)},
         std::nullopt}
    );
    return below->pMethods->xWrite(below, from, amount, offset);
  });
}
int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
  return change(file, [&](platter& tracked, sqlite3_file* below) {
    tracked.volatile_writes.push_back({0, {}, static_cast<std::size_t>(size)});
    return below->pMethods->xTruncate(below, size);
  });
}
int on_sync(sqlite3_file* file, int) {
  // The real sync is left out: what it would do is what `tracked` models.
  return change(file, [](platter& tracked, sqlite3_file*) {
    tracked.sync();
    return SQLITE_OK;
  });
}
int on_size(sqlite3_file* file, sqlite3_int64* size) {
  return under(file)->pMethods->xFileSize(under(file), size);
}
int on_lock(sqlite3_file* file, int level) {
  return under(file)->pMethods->xLock(under(file), level);
}
int on_unlock(sqlite3_file* file, int level) {
  return under(file)->pMethods->xUnlock(under(file), level);
}
int on_check_lock(sqlite3_file* file, int* held) {
  return under(file)->pMethods->xCheckReservedLock(under(file), held);
}
int on_control(sqlite3_file* file, int what, void* argument) {
  return under(file)->pMethods->xFileControl(under(file), what, argument);
}
int on_sector_size(sqlite3_file*) { return sector; }
int on_characteristics(sqlite3_file*) { return 0; }

sqlite3_io_methods const methods{
    1,
    on_close,
    on_read,
    on_write,
    on_truncate,
    on_sync,
    on_size,
    on_lock,
    on_unlock,
    on_check_lock,
    on_control,
    on_sector_size,
    on_characteristics,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr,
    nullptr};

int on_open(sqlite3_vfs*, char const* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* mine = of(file);
  mine->base.pMethods = nullptr;
  std::memset(mine->under(), 0, static_cast<std::size_t>(real->szOsFile));
  int const code = real->xOpen(real, path, mine->under(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  std::scoped_lock const lock{mounted->guard};
  auto const name = path ? std::filesystem::path{path}.filename().string() : std::string{"?"};
  mine->tracked = &mounted->files[name];
  mine->base.pMethods = &methods;
  return SQLITE_OK;
}

int on_delete(sqlite3_vfs*, char const* path, int sync_folder) {
  {
    std::scoped_lock const lock{mounted->guard};
    if (mounted->left) return SQLITE_IOERR_DELETE;
    auto const found = mounted->files.find(std::filesystem::path{path}.filename().string());
    if (found != mounted->files.end()) found->second = {};
  }
  return real->xDelete(real, path, sync_folder);
}

}  // namespace

fault_disk::fault_disk() : state_{std::make_shared<state>()} {
  real = sqlite3_vfs_find(nullptr);
  mounted = state_.get();
  layer = *real;
  layer.zName = "fault";
  layer.szOsFile = static_cast<int>(sizeof(layer_file)) + real->szOsFile;
  layer.pNext = nullptr;
  layer.xOpen = on_open;
  layer.xDelete = on_delete;
  sqlite3_vfs_register(&layer, 1);
}

fault_disk::~fault_disk() {
  sqlite3_vfs_unregister(&layer);
  sqlite3_vfs_register(real, 1);
  mounted = nullptr;
}

std::size_t fault_disk::count() {
  std::scoped_lock const lock{state_->guard};
  return std::exchange(state_->changes, 0);
}

void fault_disk::fail_after(std::size_t good, int code) {
  std::scoped_lock const lock{state_->guard};
  state_->good_left = good;
  state_->code = code;
}

void fault_disk::heal() {
  std::scoped_lock const lock{state_->guard};
  state_->good_left.reset();
}

void fault_disk::cut_after(std::size_t good, std::uint64_t seed, std::function<void()> at_the_cut) {
  std::scoped_lock const lock{state_->guard};
  state_->good_left = good;
  state_->cut_seed = seed;
  state_->at_the_cut = std::move(at_the_cut);
}

bool fault_disk::was_cut() const {
  std::scoped_lock const lock{state_->guard};
  return state_->left.has_value();
}

fault_disk::contents fault_disk::after_the_cut() const {
  std::scoped_lock const lock{state_->guard};
  return state_->left.value_or(contents{});
}

}  // namespace connector::store
