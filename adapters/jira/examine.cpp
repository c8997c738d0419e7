#include "adapters/jira/examine.hpp"

#include <algorithm>

#include "adapters/jira/jql.hpp"
#include "connector/http/url.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;
using state = adapter::check::verdict;

namespace {

using checks = std::vector<adapter::check>;

void note(checks& to, std::string name, state found, std::string detail) {
  adapter::check one;
  one.name = std::move(name);
  one.found = found;
  one.detail = std::move(detail);
  to.push_back(std::move(one));
}

void note_clock(checks& to, std::optional<core::time_point> theirs, core::time_point ours) {
  if (!theirs) {
    note(to, "clock", state::warning, "Jira's answers have no Date to compare with");
    return;
  }
  auto const skew = std::chrono::duration_cast<std::chrono::seconds>(ours - *theirs).count();
  auto const apart = std::abs(skew);
  auto const words = "this machine is " + std::to_string(apart) + " s " +
                     (skew >= 0 ? "ahead of" : "behind") + " Jira";
  auto const found = apart <= 5 ? state::good : apart <= 60 ? state::warning : state::bad;
  auto const advice = "; changes are found by time: let NTP set this machine's clock";
  note(to, "clock", found, found == state::good ? words : words + advice);
}

asio::awaitable<void> check_permissions(checks& to, client& by, settings const& with) {
  std::string const wanted =
      "BROWSE_PROJECTS,CREATE_ISSUES,EDIT_ISSUES,ADD_COMMENTS,TRANSITION_ISSUES,ASSIGN_ISSUES";
  auto path = by.api() + "/mypermissions?projectKey=" + http::percent_encode(with.project);
  if (by.is_cloud()) path += "&permissions=" + http::percent_encode(wanted);
  auto const answer = co_await by.get(path);
  if (!answer) {
    note(to, "project " + with.project, state::bad, answer.error().detail);
    co_return;
  }
  auto const* whole = answer->if_object();
  auto const* all = whole ? object_at(*whole, "permissions") : nullptr;
  std::string missing;
  std::string_view rest = wanted;
  while (!rest.empty()) {
    auto const comma = rest.find(',');
    auto const name = rest.substr(0, comma);
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    auto const* one = all ? object_at(*all, name) : nullptr;
    auto const* have = one ? one->if_contains("havePermission") : nullptr;
    if (have && have->is_bool() && have->get_bool()) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  if (missing.empty()) {
    note(
        to, "permissions", state::good, "the account may read, create, edit, comment, move, assign"
    );
  } else {
    note(
        to, "permissions", state::bad, "in " + with.project + " the account is without " + missing
    );
  }
}

asio::awaitable<void> check_type(checks& to, client& by, settings const& with) {
  auto const path =
      by.api() + "/issue/createmeta/" + http::percent_encode(with.project) + "/issuetypes";
  auto const answer = co_await by.get(path);
  if (!answer) {
    note(to, "issue type", state::bad, answer.error().detail);
    co_return;
  }
  auto const* whole = answer->if_object();
  auto const* list = whole ? array_at(*whole, by.is_cloud() ? "issueTypes" : "values") : nullptr;
  std::string names;
  for (auto const& each : list ? *list : json::array{}) {
    auto const* one = each.if_object();
    auto const name = one ? text_at(*one, "name") : std::string{};
    if (name == with.issue_type) {
      note(to, "issue type", state::good, with.project + " has the type " + name);
      co_return;
    }
    if (!names.empty()) names += ", ";
    names += name;
  }
  note(
      to,
      "issue type",
      state::bad,
      with.project + " has no type \"" + with.issue_type +
          "\" that the account may create; it has: " + (names.empty() ? "none" : names)
  );
}

/// An issue of ours must be found by its own time of change: that is what polling rests on.
asio::awaitable<void> check_search(checks& to, client& by, settings const& with) {
  search what;
  what.jql = "labels = " + jql_quoted(with.label) + " ORDER BY updated DESC";
  what.fields = {"updated", "labels"};
  what.rows_max = 1;
  auto const newest = co_await by.find(std::move(what));
  if (!newest) {
    note(to, "search", state::bad, newest.error().detail);
    co_return;
  }
  if (newest->issues.empty()) {
    note(
        to, "search", state::good, "searching works; there is no issue of ours yet to try times on"
    );
    co_return;
  }
  auto const& one = newest->issues.front();
  auto const* fields = object_at(one, "fields");
  auto const at = fields ? stamp_at(*fields, "updated") : std::nullopt;
  if (!at) {
    note(to, "search", state::bad, "the account may not see when an issue was updated");
    co_return;
  }
  search again;
  again.jql = "labels = " + jql_quoted(with.label) + " AND updated >= " + jql_time(*at) +
              " ORDER BY updated ASC";
  again.fields = {"updated"};
  again.rows_max = 10;
  auto const found = co_await by.find(std::move(again));
  auto const there = found && std::ranges::any_of(found->issues, [&](issue const& each) {
                       return text_at(each, "id") == text_at(one, "id");
                     });
  if (there) {
    note(to, "search", state::good, text_at(one, "key") + " is found by its time of change");
  } else {
    note(
        to,
        "search",
        state::bad,
        found ? text_at(one, "key") +
                    " is not found by its own time of change: the index is behind, "
                    "or this Jira does not compare times as numbers"
              : found.error().detail
    );
  }
}

}  // namespace

asio::awaitable<checks> examine(
    client& by, settings const& with, translator const&, async::clock& clock
) {
  checks found;
  auto const who = co_await by.myself();
  if (!who) {
    auto const& e = who.error();
    if (e.code == errc::unauthorized || e.code == errc::forbidden) {
      note(found, "reachable", state::good, "Jira answers");
      note(found, "sign-in", state::bad, e.detail);
    } else {
      note(found, "reachable", state::bad, e.detail);
    }
    co_return found;
  }
  note(found, "reachable", state::good, "Jira answers");
  note(
      found,
      "sign-in",
      state::good,
      "as " + for_people(text_at(*who, "displayName")) + ", time zone " +
          for_people(text_at(*who, "timeZone")) + " (queries do not depend on it)"
  );
  note_clock(found, by.server_time(), clock.now());
  auto const server = co_await by.get(by.api() + "/serverInfo");
  if (server && server->is_object()) {
    note(
        found,
        "version",
        state::good,
        text_at(server->get_object(), "deploymentType") + " " +
            for_people(text_at(server->get_object(), "version"))
    );
  } else {
    note(found, "version", state::warning, server ? "Jira does not say" : server.error().detail);
  }
  co_await check_permissions(found, by, with);
  co_await check_type(found, by, with);
  co_await check_search(found, by, with);
  if (with.webhook_secret) {
    note(found, "webhook", state::good, "calls are taken when signed with the secret");
  } else {
    note(found, "webhook", state::good, "no webhook_secret: changes are found by polling alone");
  }
  co_return found;
}

}  // namespace adapters::jira
