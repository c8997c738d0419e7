#pragma once

#include <span>
#include <string>
#include <string_view>

#include "connector/core/time.hpp"

/// Words of the Jira Query Language. Only what is made here goes into a query.
/// https://support.atlassian.com/jira-service-management-cloud/docs/use-advanced-search-with-jira-query-language-jql/
namespace adapters::jira {

namespace core = connector::core;

/// `text` as a string of the language.
std::string jql_quoted(std::string_view text);

/// "(a, b)", each quoted.
std::string jql_list(std::span<std::string const> texts);

/// A time as the number of milliseconds since 1970, which means the same instant for every account;
/// a text would be read in the account's own time zone, by the minute, and twice a year be
/// ambiguous.
std::string jql_time(core::time_point at);

}  // namespace adapters::jira
