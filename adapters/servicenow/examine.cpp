#include "adapters/servicenow/examine.hpp"

#include <algorithm>

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;
using verdict = adapter::check::verdict;

namespace {

using checks = std::vector<adapter::check>;

void note(checks& to, std::string name, verdict found, std::string detail) {
  adapter::check one;
  one.name = std::move(name);
  one.found = found;
  one.detail = std::move(detail);
  to.push_back(std::move(one));
}

/// What kept the first call from being answered belongs to one of three things.
void note_failure(checks& to, core::error const& e, std::string const& table) {
  if (e.code == errc::unauthorized) {
    note(to, "reachable", verdict::good, "the instance answers");
    note(to, "sign-in", verdict::bad, e.detail);
  } else if (e.code == errc::forbidden || e.code == errc::rejected || e.code == errc::not_found) {
    note(to, "reachable", verdict::good, "the instance answers");
    note(to, "sign-in", verdict::good, "the credential is accepted");
    auto advice = table == "sn_si_incident"
                      ? "; is Security Incident Response installed, and has the user sn_si.read?"
                      : "; has the user the role itil?";
    note(to, "read " + table, verdict::bad, e.detail + advice);
  } else {
    note(to, "reachable", verdict::bad, e.detail);
  }
}

void note_clock(checks& to, std::optional<core::time_point> theirs, core::time_point ours) {
  if (!theirs) {
    note(to, "clock", verdict::warning, "the instance's answers have no Date to compare with");
    return;
  }
  auto const skew = std::chrono::duration_cast<std::chrono::seconds>(ours - *theirs).count();
  auto const apart = std::abs(skew);
  auto const words = "this machine is " + std::to_string(apart) + " s " +
                     (skew >= 0 ? "ahead of" : "behind") + " the instance";
  note(
      to,
      "clock",
      apart <= 5    ? verdict::good
      : apart <= 60 ? verdict::warning
                    : verdict::bad,
      apart <= 5 ? words : words + "; changes are found by time: let NTP set this machine's clock"
  );
}

void note_columns(checks& to, row const& newest, std::string const& table) {
  std::string missing;
  for (auto const* column :
       {"number",
        "correlation_id",
        "correlation_display",
        "sys_mod_count",
        "sys_updated_on",
        "sys_created_on"}) {
    if (newest.contains(column)) continue;
    if (!missing.empty()) missing += ", ";
    missing += column;
  }
  if (missing.empty()) {
    note(to, "columns", verdict::good, "every column that the sync rests on can be read");
  } else {
    note(to, "columns", verdict::bad, "the user may not read " + table + "'s columns " + missing);
  }
}

asio::awaitable<void> check_queries(checks& to, client& by, settings const& with) {
  listing asked;
  asked.table = with.table;
  asked.what.is("correlation_display", with.tag).is("correlation_id", "no-such-key");
  asked.what.is("sys_id", "no-such-id");
  asked.columns = {"sys_id"};
  asked.rows_max = 1;
  auto const page = co_await by.list(std::move(asked));
  if (!page) {
    note(to, "queries", verdict::bad, page.error().detail);
  } else if (!page->rows.empty()) {
    note(
        to,
        "queries",
        verdict::bad,
        "a query that nothing satisfies returned a ticket: the instance drops a condition on "
        "correlation_display or correlation_id; may the user read both?"
    );
  } else {
    note(to, "queries", verdict::good, "conditions on the correlation columns are obeyed");
  }
}

asio::awaitable<void> check_key_column(checks& to, client& by, settings const& with) {
  std::vector<std::string> tables{"task", with.table};
  listing asked;
  asked.table = "sys_dictionary";
  asked.what.in("name", tables).is("element", "correlation_id");
  asked.columns = {"name", "element", "max_length", "read_only", "unique"};
  asked.rows_max = 10;
  auto const page = co_await by.list(std::move(asked));
  std::string const hint =
      "ask for an index on task.correlation_id: without one every look-up of a key reads the whole "
      "table";
  if (!page || page->rows.empty()) {
    note(
        to,
        "key column",
        verdict::warning,
        "sys_dictionary cannot be read, so its settings are not known; " + hint
    );
    co_return;
  }
  auto read_only = false;
  auto unique = false;
  for (auto const& one : page->rows) {
    read_only |= text_at(one, "read_only") == "true";
    unique |= text_at(one, "unique") == "true";
  }
  if (read_only) {
    note(
        to,
        "key column",
        verdict::bad,
        "correlation_id is read-only: tickets cannot carry their key"
    );
  } else {
    note(
        to,
        "key column",
        verdict::good,
        unique ? "correlation_id is unique, and so indexed"
               : "correlation_id is not unique; " + hint
    );
  }
}

asio::awaitable<void> check_choices(checks& to, client& by, settings const& with) {
  std::vector<std::string> tables{"task", with.table};
  listing asked;
  asked.table = "sys_choice";
  asked.what.in("name", tables).is("element", "state").is("inactive", "false");
  asked.columns = {"value", "label"};
  asked.rows_max = 100;
  auto const page = co_await by.list(std::move(asked));
  if (!page) {
    note(
        to,
        "choices",
        verdict::warning,
        page.error().detail + "; without sys_choice the values in a mapping cannot be checked"
    );
  } else if (page->rows.empty()) {
    note(to, "choices", verdict::warning, "sys_choice shows no states; may the user read it?");
  } else {
    note(to, "choices", verdict::good, std::to_string(page->rows.size()) + " states can be read");
  }
}

asio::awaitable<void> check_journal(
    checks& to, client& by, comment_reader& comments, settings const& with
) {
  listing asked;
  asked.table = with.table;
  asked.what.is("correlation_display", with.tag);
  asked.columns = journal_columns();
  asked.columns.insert(asked.columns.begin(), {"sys_id", "sys_mod_count", "sys_updated_on"});
  asked.rows_max = 50;
  asked.with_display = true;
  auto const page = co_await by.list(std::move(asked));
  if (!page) {
    note(to, "journal", verdict::bad, page.error().detail);
    co_return;
  }
  std::vector<adapter::object> objects;
  std::map<std::string, row> records;
  for (auto const& one : page->rows) {
    adapter::object found;
    found.id = text_at(one, "sys_id");
    records[found.id] = one;
    objects.push_back(std::move(found));
  }
  auto const read = co_await comments.add(objects, std::move(records));
  if (!read) {
    note(to, "journal", verdict::bad, read.error().detail);
    co_return;
  }
  switch (comments.source()) {
    case journal_source::table:
      note(
          to, "journal", verdict::good, "comments are read from sys_journal_field (journal: table)"
      );
      break;
    case journal_source::display:
      note(
          to,
          "journal",
          verdict::warning,
          "sys_journal_field cannot be read: comments are taken from display values (journal: "
          "display), which names authors by display name and cannot tell a forged header from a "
          "real one; better give the user read access to sys_journal_field"
      );
      break;
    case journal_source::automatic:
      note(
          to,
          "journal",
          verdict::good,
          "none of our tickets has a comment yet, so where to read them is decided later"
      );
      break;
  }
}

asio::awaitable<void> check_batch(checks& to, client& by, settings const& with) {
  if (!with.batch) {
    note(to, "batch", verdict::good, "switched off in the configuration: one call per write");
    co_return;
  }
  auto const tried = co_await by.try_batch(with.table);
  if (tried) {
    note(to, "batch", verdict::good, "the batch API answers");
  } else {
    note(to, "batch", verdict::warning, tried.error().detail + "; writes will go one by one");
  }
}

asio::awaitable<void> check_zone(checks& to, client& by, settings const& with) {
  auto const* basic = std::get_if<basic_sign_in>(&with.credential);
  if (!basic || !is_safe_value(basic->user)) co_return;  // other credentials do not name the user
  listing asked;
  asked.table = "sys_user";
  asked.what.is("user_name", basic->user);
  asked.columns = {"user_name", "time_zone", "date_format", "time_format"};
  asked.rows_max = 2;
  auto const page = co_await by.list(std::move(asked));
  if (!page || page->rows.size() != 1) {
    note(to, "time zone", verdict::warning, "the integration user's own record cannot be read");
    co_return;
  }
  auto const& user = page->rows.front();
  auto const zone = text_at(user, "time_zone");
  auto const plain_format =
      text_at(user, "date_format").empty() && text_at(user, "time_format").empty();
  auto const utc = zone == "GMT" || zone == "UTC" || zone == "Etc/UTC" || zone == "Etc/GMT";
  if (utc && plain_format) {
    note(to, "time zone", verdict::good, "the integration user has the zone " + zone);
  } else {
    note(
        to,
        "time zone",
        verdict::warning,
        "the integration user has the zone \"" + zone + "\" (empty: the system's) and " +
            (plain_format ? "the system's" : "an own") +
            " date format; give it GMT and the system's format. It matters only where comments are "
            "read from display values"
    );
  }
}

}  // namespace

asio::awaitable<checks> examine(
    client& by, comment_reader& comments, settings const& with, async::clock& clock
) {
  checks found;
  listing asked;
  asked.table = with.table;
  asked.what.is("correlation_display", with.tag);
  auto columns = columns_for({});
  asked.columns = std::move(*columns);
  asked.rows_max = 1;
  auto const page = co_await by.list(std::move(asked));
  if (!page) {
    note_failure(found, page.error(), with.table);
    co_return found;
  }
  note(found, "reachable", verdict::good, "the instance answers");
  note(found, "sign-in", verdict::good, "the credential is accepted");
  note(found, "read " + with.table, verdict::good, "the table can be read");
  note_clock(found, page->server_time, clock.now());
  if (!page->rows.empty()) note_columns(found, page->rows.front(), with.table);
  co_await check_queries(found, by, with);
  co_await check_key_column(found, by, with);
  co_await check_choices(found, by, with);
  co_await check_journal(found, by, comments, with);
  co_await check_batch(found, by, with);
  co_await check_zone(found, by, with);
  co_return found;
}

}  // namespace adapters::servicenow
