#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace connector::core {

/// A field's value, in the words of the system that holds it. null means "not set"; adapters turn
/// every vendor's way of saying so (absent, "", "unknown" where it means unset) into null.
using value = boost::json::value;

/// One incident or ticket: field name to value, in the names of the system's model.
using record = boost::json::object;

/// The values of a rule's fields on one side, in the rule's order. Always at least one.
using group = boost::json::array;

/// Null, an empty string, an empty list: nothing a person would call a value.
bool is_unset(value const& v);
bool is_unset(group const& g);

/// What the record has under this name; null if it has nothing. Compares one name after another:
/// among an incident's few dozen this takes less than hashing, as record::find does.
value const* find(record const& r, std::string_view name);

/// Looks a field up by name, or by path with dots ("close.code"); a null value if it is not there.
value const& field(record const& r, std::string_view path);

/// The text of a value as a person would read it: strings as they are, the rest as JSON.
std::string text_of(value const& v);

/// What is kept of a group in a base: short values as they are; one whose JSON is longer than
/// 160 bytes as {"sha256": "<hex>", "bytes": n}, since only equality is ever asked of it.
group abridged(group const& g);

/// True if `g`, abridged, equals `kept`.
bool same_as_kept(group const& g, group const& kept);

}  // namespace connector::core
