#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/wire.hpp"

namespace adapters::jira {

/// One field's change, out of the changelog.
struct past_change {
  core::time_point at{};
  std::int64_t entry = 0;   ///< its id, which grows
  std::string author;       ///< account id, or name on Data Center; empty: nobody in particular
  std::string author_name;  ///< for people
  std::string field;        ///< field id where Jira tells it, else the name in lower case
  std::string from, from_text, to_text;  ///< `from`: an id where the field has such values
};

/// An issue's entries as GET .../changelog, bulkfetch and expand=changelog show them, oldest first.
/// `histories` is the array of entries; created is a text or a number of seconds or milliseconds.
std::vector<past_change> changes_in(json::array const& histories);

/// What changed of these fields on these issues, by issue id.
boost::asio::awaitable<core::result<std::map<std::string, std::vector<past_change>>>> read_history(
    client& by, std::vector<std::string> ids, std::vector<std::string> fields
);

/// The labels as they were at `seen`, given how they are now.
std::vector<std::string> labels_at(
    core::time_point seen, std::vector<std::string> now, std::vector<past_change> const& since
);

/// What others had set in these fields after `seen` and `self` then replaced, as far as `all` shows
/// it. `all` ascends. Labels are left out: they are added and removed one by one.
std::vector<adapter::lost_edit> edits_replaced(
    std::vector<past_change> const& all,
    std::string_view self,
    core::time_point seen,
    core::record const& written,
    translator const& words,
    field_kinds const& kinds
);

}  // namespace adapters::jira
