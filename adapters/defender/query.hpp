#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"

/// What is asked of Microsoft Graph, as text. Everything here is pure.
namespace adapters::defender {

/// One call on the incident API, addressed from the base URL, so that it can go out by itself or as
/// an item of a $batch.
struct call {
  std::string method = "GET";
  std::string path;             ///< "/security/incidents/29?$expand=alerts", percent-encoded
  connector::core::value body;  ///< null: none

  [[nodiscard]] bool writes() const { return method != "GET"; }
  /// "PATCH /security/incidents/29", for messages.
  [[nodiscard]] std::string title() const;
};

/// Ids of incidents are decimal numbers. A little more is let through, nothing that could leave its
/// place in a path.
bool is_id(std::string_view text);

call list_incidents(
    std::string_view from, std::string_view to, std::size_t rows, bool newest_first = false
);
call get_incident(std::string_view id, bool with_alerts);
call patch_incident(std::string_view id, connector::core::record fields);
call post_comment(std::string_view id, std::string_view text);

/// The body of one POST to $batch. Item n has the id "n".
connector::core::value batch_body(std::vector<call> const& calls);

/// The body of a PATCH: exactly `fields`, null written the way Graph understands it. `rejected`,
/// naming the fields, if one cannot be written through this API or has a value nobody may set.
connector::core::result<connector::core::record> patch_fields(connector::core::record fields);

/// Where a listing goes on; opaque to everyone else.
struct bookmark {
  /// The stamp of the last row as Graph wrote it. Asked for again with `ge`, since several
  /// incidents may share one stamp. Beside a link: the one stamp that the link is followed for.
  std::string stamp;
  std::vector<std::string> seen;   ///< ids already handed out with that stamp
  std::string link;                ///< not empty: the next page of rows with one stamp, as it is
  std::size_t links_followed = 0;  ///< in a row

  friend bool operator==(bookmark const&, bookmark const&) = default;
};

std::string to_text(bookmark const& mark);
connector::core::result<bookmark> bookmark_from(std::string_view text);

/// Splits items into calls of at most `per_call` such that no call holds two items of the same key
/// and items of one key keep their order: calls of one round may go out together, rounds follow
/// each other. Entries are indexes into `keys`.
using round = std::vector<std::vector<std::size_t>>;
std::vector<round> rounds_of(std::vector<std::string> const& keys, std::size_t per_call);

}  // namespace adapters::defender
