#include "adapters/pagerduty/examine.hpp"

#include <algorithm>

#include "adapters/pagerduty/wire.hpp"
#include "connector/http/text.hpp"

namespace adapters::pagerduty {

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

/// What kept the first call from being answered belongs to one of two things.
bool note_failure(checks& to, core::error const& e) {
  if (e.code == errc::unauthorized) {
    note(to, "reachable", verdict::good, "PagerDuty answers");
    note(to, "sign-in", verdict::bad, e.detail);
    return false;
  }
  if (e.code == errc::forbidden) return true;
  note(to, "reachable", verdict::bad, e.detail);
  return false;
}

void note_clock(checks& to, core::time_point theirs, core::time_point ours) {
  auto const skew = std::chrono::duration_cast<std::chrono::seconds>(ours - theirs).count();
  auto const apart = std::abs(skew);
  auto const words = "this machine is " + std::to_string(apart) + " s " +
                     (skew >= 0 ? "ahead of" : "behind") + " PagerDuty";
  note(
      to,
      "clock",
      apart <= 5    ? verdict::good
      : apart <= 60 ? verdict::warning
                    : verdict::bad,
      apart <= 5 ? words : words + "; changes are found by time: let NTP set this machine's clock"
  );
}

asio::awaitable<void> check_service(checks& to, client& by, settings const& with) {
  auto const answer = co_await by.read("/services/" + with.service, {});
  if (!answer) {
    auto const missing = answer.error().code == errc::not_found;
    note(
        to,
        "service",
        verdict::bad,
        missing ? "there is no service " + with.service +
                      "; its id is the last part of its address in PagerDuty"
                : answer.error().detail
    );
    co_return;
  }
  auto const* found = answer->body.if_contains("service");
  json::object const none;
  auto const& service = found && found->is_object() ? found->get_object() : none;
  auto const name = text_at(service, "name");
  auto const status = text_at(service, "status");
  if (status == "disabled" || status == "maintenance") {
    note(
        to,
        "service",
        verdict::warning,
        name + " is in state \"" + status + "\": incidents on it notify nobody"
    );
  } else {
    note(to, "service", verdict::good, "incidents are opened on " + name);
  }
  for (auto const* timeout : {"auto_resolve_timeout", "acknowledgement_timeout"}) {
    auto const* span = service.if_contains(timeout);
    if (!span || !span->is_int64() || span->get_int64() <= 0) continue;
    note(
        to,
        timeout,
        verdict::warning,
        name + " changes the status by itself after " + std::to_string(span->get_int64()) +
            " s; that reaches the Defender incident as if somebody had done it"
    );
  }
}

asio::awaitable<void> check_requester(checks& to, client& by, settings const& with) {
  http::parameters query;
  query.emplace_back("query", with.from);
  auto const users = co_await by.list_all("/users", "users", std::move(query), 1000);
  if (!users) {
    note(to, "from", verdict::bad, users.error().detail);
    co_return;
  }
  auto const at = std::ranges::find_if(*users, [&](json::object const& user) {
    return http::same_word(text_at(user, "email"), with.from);
  });
  if (at == users->end()) {
    note(
        to,
        "from",
        verdict::bad,
        "no user of the account has the address " + with.from + ", so every write is refused"
    );
    co_return;
  }
  auto const role = text_at(*at, "role");
  auto const reads_only = role.starts_with("read_only");
  note(
      to,
      "from",
      reads_only ? verdict::bad : verdict::good,
      "writes are made as " + text_at(*at, "name") + ", role " + role +
          (reads_only ? ", which may not write; responder is enough" : "")
  );
}

/// The custom fields of the default incident type. This list has no pages.
asio::awaitable<core::result<std::vector<json::object>>> defined_fields(
    client& by, http::parameters query
) {
  auto answer =
      co_await by.read("/incidents/types/incident_default/custom_fields", std::move(query));
  if (!answer) co_return answer.error();
  std::vector<json::object> all;
  auto const* list = answer->body.if_contains("fields");
  if (!list || !list->is_array()) {
    co_return core::error{errc::malformed, "the answer has no list of fields"};
  }
  for (auto const& one : list->get_array()) {
    if (auto const* field = one.if_object()) all.push_back(*field);
  }
  co_return all;
}

asio::awaitable<void> check_custom_fields(checks& to, client& by, settings const& with) {
  if (with.custom_fields.empty()) co_return;
  auto const fields =
      co_await by.list_all("/incidents/types/incident_default/custom_fields", "fields", {}, 1000);
  if (!fields) {
    note(to, "custom fields", verdict::bad, fields.error().detail);
    co_return;
  }
  std::string missing;
  for (auto const& name : with.custom_fields) {
    auto const there = std::ranges::any_of(*fields, [&](json::object const& field) {
      return text_at(field, "name") == name;
    });
    if (there) continue;
    if (!missing.empty()) missing += ", ";
    missing += name;
  }
  if (missing.empty()) {
    note(to, "custom fields", verdict::good, "all of them are defined");
  } else {
    note(
        to, "custom fields", verdict::bad, "not defined for the default incident type: " + missing
    );
  }
}

}  // namespace

asio::awaitable<checks> examine(client& by, settings const& with, async::clock& clock) {
  checks all;
  auto const abilities = co_await by.read("/abilities", {});
  if (!abilities && !note_failure(all, abilities.error())) co_return all;
  note(all, "reachable", verdict::good, "PagerDuty answers, region " + with.region);
  note(all, "sign-in", verdict::good, "the credential is accepted");
  if (auto const& missing = by.credential().scopes_missing(); !missing.empty()) {
    std::string words;
    for (auto const& scope : missing) words += (words.empty() ? "" : ", ") + scope;
    note(all, "scopes", verdict::bad, "not granted to the app: " + words);
  }
  if (abilities) {
    note_clock(all, abilities->at, clock.now());
    auto const* list = abilities->body.if_contains("abilities");
    auto const urgencies =
        list && list->is_array() &&
        std::ranges::find(list->get_array(), json::value("urgencies")) != list->get_array().end();
    note(
        all,
        "abilities",
        urgencies ? verdict::good : verdict::warning,
        urgencies ? "the account has urgencies"
                  : "the account has no ability \"urgencies\": leave urgency out of the map"
    );
  } else {
    note(all, "abilities", verdict::warning, abilities.error().detail);
  }
  http::parameters log;
  log.emplace_back("since", core::format_time(clock.now() - std::chrono::minutes{5}));
  log.emplace_back("time_zone", "UTC");
  slice one;
  one.limit = 1;
  auto const entries = co_await by.list("/log_entries", "log_entries", std::move(log), one);
  note(
      all,
      "read log entries",
      entries ? verdict::good : verdict::bad,
      entries ? "the change feed can be read" : entries.error().detail
  );
  co_await check_service(all, by, with);
  co_await check_requester(all, by, with);
  auto const priorities = co_await by.list_all("/priorities", "priorities", {}, 100);
  note(
      all,
      "priorities",
      priorities && !priorities->empty() ? verdict::good : verdict::warning,
      !priorities           ? priorities.error().detail
      : priorities->empty() ? "the account has none: leave priority out of the map"
                            : std::to_string(priorities->size()) + " of them"
  );
  co_await check_custom_fields(all, by, with);
  if (with.webhook_secrets.empty()) {
    note(
        all, "webhook", verdict::good, "no secret is configured: changes are seen by polling alone"
    );
  }
  co_return all;
}

namespace {

constexpr std::size_t custom_text_max = 200;

/// A custom field's data_type in the words of a model; empty where none fits.
std::string kind_of(std::string_view data_type) {
  if (data_type == "string" || data_type == "url") return "text";
  if (data_type == "integer") return "integer";
  if (data_type == "boolean") return "flag";
  if (data_type == "datetime") return "time";
  return {};
}

}  // namespace

asio::awaitable<core::result<adapter::description>> describe(client& by, settings const& with) {
  adapter::description all;
  auto const add = [&all](
      std::string name, std::string type, std::string kind, bool writable
  ) -> auto& {
    adapter::description::field field;
    field.name = std::move(name);
    field.type = std::move(type);
    field.kind = std::move(kind);
    field.writable = writable;
    all.fields.push_back(std::move(field));
    return all.fields.back();
  };
  auto const names = [](std::vector<json::object> const& rows) {
    std::vector<std::string> found;
    for (auto const& row : rows) found.push_back(text_at(row, "name"));
    return found;
  };
  add("title", "string", "text", true).mandatory = true;
  add("status", "string", "choice", true).choices = {"triggered", "acknowledged", "resolved"};
  add("urgency", "string", "choice", true).choices = {"high", "low"};
  add("details", "string", "multiline", true);
  add("assigned_to", "user_reference", "person", true);
  add("incident_type", "string", "text", true);

  struct reference {
    std::string_view field;
    std::string_view path;
    std::string_view member;
  };
  static constexpr reference references[]{
      {"priority", "/priorities", "priorities"},
      {"escalation_policy", "/escalation_policies", "escalation_policies"},
      {"service", "/services", "services"},
  };
  for (auto const& one : references) {
    auto& field =
        add(std::string{one.field}, std::string{one.field} + "_reference", "reference", true);
    auto rows = co_await by.list_all(std::string{one.path}, std::string{one.member}, {}, 2000);
    if (rows) {
      field.choices = names(*rows);
    } else if (core::is_transient(rows.error().code) || rows.error().code == errc::unauthorized) {
      co_return rows.error();
    } else {
      all.unseen.push_back("the names of " + std::string{one.member} + ": " + rows.error().detail);
    }
  }
  add("incident_number", "integer", "integer", false);
  add("incident_key", "string", "text", false);
  add("last_status_change_by", "agent_reference", "text", false);
  for (auto const* name : {"created_at", "updated_at", "resolved_at"}) {
    add(name, "datetime", "time", false);
  }
  if (with.custom_fields.empty()) co_return all;
  http::parameters query;
  query.emplace_back("include[]", "field_options");
  auto const defined = co_await defined_fields(by, std::move(query));
  if (!defined) {
    if (core::is_transient(defined.error().code)) co_return defined.error();
    all.unseen.push_back("custom fields: " + defined.error().detail);
    co_return all;
  }
  for (auto const& one : *defined) {
    auto const name = text_at(one, "name");
    if (std::ranges::find(with.custom_fields, name) == with.custom_fields.end()) continue;
    auto& field = add(std::string{custom_prefix} + name, text_at(one, "data_type"), {}, true);
    field.kind = kind_of(field.type);
    if (field.kind == "text") field.length = custom_text_max;
    auto const* options = one.if_contains("field_options");
    if (!options || !options->is_array() || options->get_array().empty()) continue;
    std::vector<std::string> choices;
    for (auto const& option : options->get_array()) {
      if (auto const* o = option.if_object()) choices.push_back(text_at(*o, "data.value"));
    }
    field.choices = std::move(choices);
  }
  co_return all;
}

}  // namespace adapters::pagerduty
