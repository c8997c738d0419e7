#pragma once

#include <span>
#include <string>
#include <string_view>

#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::servicenow {

/// One call within a batch or alone; nearly always a change to the instance.
struct write {
  std::string method;       ///< POST or PATCH
  std::string path;         ///< with its query, from the root
  std::string body;         ///< JSON
  std::string subject;      ///< the record written to; empty for a new one
  bool repeatable = false;  ///< sending it twice does what sending it once does
};

/// Where writes go and which columns of the record come back.
struct target {
  std::string_view table;
  std::span<std::string const> columns;
};

/// What each of the port's writes is to the Table API; `invalid` if it has no form there.
core::result<write> write_of(adapter::update const& one, target const& to);
core::result<write> write_of(adapter::new_comment const& one, target const& to);
core::result<write> write_of(adapter::creation const& one, std::string_view tag, target const& to);

core::error bad_id(std::string const& id);

}  // namespace adapters::servicenow
