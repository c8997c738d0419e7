#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/servicenow/query.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/core/error.hpp"
#include "connector/core/value.hpp"

namespace adapters::servicenow {

namespace adapter = connector::adapter;
namespace core = connector::core;

/// A record in the words of the Table API: column to value.
using row = boost::json::object;

/// A value of the API as the text stored in the column: strings as they are, references
/// {"link","value"} and {"display_value","value"} by their value, bare numbers and booleans (some
/// tables have them) as text, null as "".
std::string stored_text(boost::json::value const& from);

/// The display value of a field read with sysparm_display_value=all.
std::string display_text(boost::json::value const& from);

/// The column's text, "" if the row does not have it.
std::string text_at(row const& from, std::string_view column);

/// Whose records these are; for links that people open.
struct origin {
  std::string base_url;
  std::string table;
};

/// What a column that was asked for and is not in the answer means: the instance leaves out columns
/// that do not exist and those that the user may not see.
enum class absent {
  refuse,   ///< an error: taking it for "empty" would clear it on the other side
  tolerate  ///< the field is left out of the record; for answers to writes, which have happened
};

/// A record with the fields in `fields`. Needs sys_id, sys_mod_count and sys_updated_on.
core::result<adapter::object> to_object(
    row const& from, origin const& of, std::span<std::string const> fields, absent policy
);

/// What it means that a column was asked for and did not come.
core::error hidden(std::string column, std::string_view table);

/// What a record that was asked for and did not come is.
adapter::object gone(std::string id);

/// The columns to ask for: those that make an object, then `fields`, each once.
core::result<std::vector<std::string>> columns_for(std::span<std::string const> fields);

/// The JSON of a record's new values. Everything is a string on the wire; null clears; a list
/// becomes "a,b", which is how list columns are stored. An object has no such form: `invalid`.
core::result<row> to_row(core::record const& fields);

}  // namespace adapters::servicenow
