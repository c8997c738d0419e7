#pragma once

#include <memory>
#include <span>

#include "connector/store/sqlite.hpp"
#include "connector/store/sqlite_db.hpp"

namespace connector::store::sqlite {

/// One step of the schema; after it, `user_version` is its number. The list ascends from 1.
struct migration {
  int version = 0;
  char const* name = "";
  char const* sql = "";
};

/// The files of migrations/, in order.
std::span<migration const> migrations();

/// Opens the file and brings it up to the last of `known`. All of open_sqlite's checks are here.
core::result<std::unique_ptr<database>> open_database(
    sqlite_settings const& settings, std::span<migration const> known
);

}  // namespace connector::store::sqlite
