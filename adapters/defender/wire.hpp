#pragma once

#include <boost/json/parser.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"

/// Graph's JSON to the port's objects, in the names of the v1.0 metadata. Everything is pure; every
/// key is taken as optional except `id`.
namespace adapters::defender {

/// Parses answers, using its memory again each time. What it answers owns its memory, one block
/// for the whole answer that lives as long as any part of it: right for a page that is worked
/// through and dropped, wasteful for a scrap kept for long.
class reader {
 public:
  reader();
  /// `malformed` if it is no JSON, cut short, or nested deeper than 64.
  connector::core::result<connector::core::value> parse(std::string_view text);

 private:
  boost::json::parser parser_;
};

/// One page of a list.
struct rows {
  boost::json::array values;
  std::string next_link;
  std::optional<std::size_t> count;
};
connector::core::result<rows> to_rows(connector::core::value answer);

/// Names of the model's fields that only `$expand=alerts` brings.
bool asks_for_alerts(connector::adapter::wants const& needs);

/// An incident as the port wants it. `malformed` if it is no object or has no id. An incident
/// without a readable lastUpdateDateTime has version 0 and changed_at at the epoch: it can still be
/// read again by its id, which is better than losing it.
connector::core::result<connector::adapter::object> to_object(
    connector::core::value incident, connector::adapter::wants const& needs
);

/// Graph's stamp as it was written; empty if it is not there or not readable.
std::string raw_stamp(connector::core::value const& incident);

/// Comments have no id of their own: it is made from author, time and text, and numbered where even
/// these repeat. Entries without a text are left out. Ascending by time.
std::vector<connector::adapter::comment> to_comments(connector::core::value const& list);

/// The newest of `comments` that says `text`; spaces around it and line ends apart. Empty if none.
std::string find_comment(
    std::vector<connector::adapter::comment> const& comments, std::string_view text
);

}  // namespace adapters::defender
