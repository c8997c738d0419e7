#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/jira/issue.hpp"
#include "test/simulators/jira/settings.hpp"

namespace simulators {

/// A query in the Jira Query Language, as much of it as connectors use: AND, OR, NOT, brackets; =,
/// !=,
/// <, <=, >, >=, IN, NOT IN, IS, IS NOT; the fields project, issuetype, status, statusCategory,
/// resolution, priority, assignee, labels, key (id, issuekey, issue), created, updated; ORDER BY.
class jql_query {
 public:
  /// What is wrong goes into `complaint`, in Jira's words; the query is then of no use.
  static jql_query parse(
      std::string_view text, jira_settings const& with, core::time_point now, std::string& complaint
  );

  [[nodiscard]] bool matches(jira_issue const& one) const;
  /// Whether `a` comes before `b`.
  [[nodiscard]] bool before(jira_issue const& a, jira_issue const& b) const;
  /// Whether anything restricts the result.
  [[nodiscard]] bool is_bounded() const { return root_ != nullptr; }

  struct node;

 private:
  struct order {
    std::string field;
    bool descending = false;
  };
  std::shared_ptr<node const> root_;
  std::vector<order> order_;
  jira_settings const* with_ = nullptr;
};

}  // namespace simulators
