#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "adapters/jira/client.hpp"

namespace adapters::jira {

/// One field's change, out of the changelog.
struct past_change {
  core::time_point at{};
  std::string author;  ///< account id, or name on Data Center
  std::string field;   ///< field id where Jira tells it, else the name in lower case
  std::string from_text, to_text;
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

}  // namespace adapters::jira
