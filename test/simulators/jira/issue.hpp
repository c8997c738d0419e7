#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/simulators/wire.hpp"

namespace simulators {

struct jira_comment {
  std::uint64_t id = 0;
  std::string author;  ///< account id
  json::value body;
  core::time_point created{}, updated{};
  bool internal = false;
};

struct jira_change {
  struct item {
    std::string field, from, from_text, to, to_text;
  };
  std::uint64_t id = 0;
  std::string author;
  core::time_point at{};
  std::vector<item> items;
};

/// One issue as it is at one time.
struct jira_issue {
  std::uint64_t id = 0;
  std::uint64_t number = 0;
  std::uint64_t revision = 0;
  std::string project;
  std::vector<std::string> former_keys;
  std::string status;      ///< id
  std::string resolution;  ///< name; empty: unresolved
  std::string priority;
  std::string assignee;  ///< account id
  std::string reporter;
  std::vector<std::string> labels;
  json::object fields;  ///< the rest, as it is shown
  json::object properties;
  json::array remote_links;
  std::vector<jira_comment> comments;
  std::vector<jira_change> changes;
  core::time_point created{}, updated{}, resolved{};
  bool archived = false;
  bool hidden = false;  ///< a security level keeps it from the account
  std::deque<core::time_point> writes;

  [[nodiscard]] std::string key() const { return project + "-" + std::to_string(number); }
};

using jira_snapshot = std::shared_ptr<jira_issue const>;

}  // namespace simulators
