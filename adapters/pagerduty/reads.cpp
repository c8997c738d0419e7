#include "adapters/pagerduty/reads.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "adapters/pagerduty/notes.hpp"
#include "connector/async/tasks.hpp"
#include "connector/http/text.hpp"

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t narrowings_max = 40;
constexpr std::size_t found_rows_max = 1000;

/// What a row carries from `changes` to `complete`, among its fields and under no field's name: an
/// adapter keeps no state, and the two may be calls to two of its kind.
constexpr std::string_view from_log = "(log)";

http::parameters feed_query(window const& of) {
  http::parameters query;
  query.emplace_back("since", core::format_time(of.since));
  // Whether the end is inclusive is not documented.
  query.emplace_back("until", core::format_time(of.until + std::chrono::seconds{1}));
  query.emplace_back("time_zone", "UTC");
  query.emplace_back("is_overview", "false");
  query.emplace_back("include[]", "incidents");
  return query;
}

/// A row's version by what the log says.
void stamp(adapter::object& row, mention const& seen, core::time_point read_at, bool completed) {
  auto const second = version_of(row.changed_at, row.changed_at);
  auto const entry_second = version_of(seen.at, seen.at);
  auto const own = row.version;
  if (seen.ours && entry_second >= second) {
    // The answers to our writes showed what they did, under the version of a fresh reading.
    row.version = second;
  } else if (completed && entry_second >= second && own == second) {
    // Within the second of a reading only the number of entries tells that there was more.
    row.version = version_of(seen.at, read_at) + seen.in_second;
  } else if (completed && entry_second > second) {
    row.version = version_of(seen.at, read_at);
  }
  if (!completed) return;
  // Above whatever a reading of the incident alone can have.
  if (seen.aside) {
    row.version = std::max(row.version, version_of(row.changed_at, core::time_point::max())) + 1;
  }
  row.fields[from_log] = core::record{{"version", own}, {"aside", seen.aside}};
}

core::error too_dense(window const& of) {
  return {
      errc::malformed,
      "the log has more than " + std::to_string(client::rows_reachable) +
          " entries for the second " + core::format_time(of.since) +
          ", more than PagerDuty lets anybody list"};
}

}  // namespace

bool wants_custom(std::vector<std::string> const& fields) {
  return std::ranges::any_of(fields, [](auto const& f) { return f.starts_with(custom_prefix); });
}

asio::awaitable<core::result<reader::gathered>> reader::gather(walk& at, gathering& into) {
  gathered out;
  for (std::size_t tries = 0; tries < narrowings_max; ++tries) {
    into.found().clear();
    slice part;
    std::optional<std::size_t> total;
    auto narrowed = false;
    while (true) {
      auto query = feed_query(at.ahead());
      auto found = co_await client_.list("/log_entries", "log_entries", std::move(query), part);
      if (!found) co_return found.error();
      out.read_at = found->at;
      if (found->total) total = found->total;
      if (total && *total > window_entries_max && tries + 1 < narrowings_max &&
          at.narrow(*total, found->at)) {
        // Counted once for the whole: what a page leaves behind is only a hint.
        out.behind = std::max(out.behind, *total);
        narrowed = true;
        break;
      }
      auto const count = found->rows.size();
      for (auto& entry : found->rows) into.add(std::move(entry));
      part.offset += count;
      if (!found->more || count == 0) {
        out.behind = out.behind > part.offset ? out.behind - part.offset : 0;
        co_return out;
      }
      if (part.offset + part.limit > client::rows_reachable) co_return too_dense(at.ahead());
      part.counted = !total;
    }
    if (!narrowed) break;
  }
  co_return too_dense(at.ahead());
}

asio::awaitable<core::result<void>> reader::learn_own_user() {
  if (asked_own_user_) co_return core::result<void>{};
  http::parameters query;
  query.emplace_back("query", settings_.from);
  auto const users = co_await client_.list_all("/users", "users", std::move(query), found_rows_max);
  if (!users &&
      (core::is_transient(users.error().code) || users.error().code == errc::unauthorized)) {
    co_return users.error();
  }
  asked_own_user_ = true;
  if (!users) co_return core::result<void>{};
  for (auto const& user : *users) {
    if (http::same_word(text_at(user, "email"), settings_.from)) own_user_ = text_at(user, "id");
  }
  co_return core::result<void>{};
}

asio::awaitable<std::string> reader::own_user() {
  auto const learnt = co_await learn_own_user();
  co_return learnt ? own_user_ : std::string{};
}

void reader::note_shown(std::string const& id, core::time_point at) {
  constexpr std::chrono::minutes kept{10};
  if (at - forgotten_ > kept) {
    std::erase_if(shown_, [&](auto const& one) { return at - one.second > kept; });
    forgotten_ = at;
  }
  shown_[id] = at;
}

std::optional<core::time_point> reader::shown_at(std::string const& id) const {
  auto const found = shown_.find(id);
  if (found == shown_.end()) return std::nullopt;
  return found->second;
}

asio::awaitable<core::result<std::vector<json::object>>> reader::log_since(
    core::time_point since, std::size_t entries_max
) {
  http::parameters query;
  query.emplace_back("since", core::format_time(std::chrono::floor<std::chrono::seconds>(since)));
  query.emplace_back("time_zone", "UTC");
  query.emplace_back("is_overview", "false");
  query.emplace_back("include[]", "channels");
  co_return co_await client_.list_all("/log_entries", "log_entries", std::move(query), entries_max);
}

void reader::remember_notes(std::map<std::string, mention>& found) {
  constexpr std::chrono::hours kept{1};
  auto const now = clock_.now();
  std::erase_if(annotated_, [&](auto const& one) { return now - one.second > kept; });
  for (auto& [id, seen] : found) {
    if (seen.aside) {
      annotated_[id] = now;
    } else {
      seen.aside = annotated_.contains(id);
    }
  }
}

asio::awaitable<core::result<adapter::change_page>> reader::changes(adapter::change_query asked) {
  auto const learnt = co_await learn_own_user();
  if (!learnt) co_return learnt.error();
  auto at = walk::from(asked, clock_.now());
  if (!at) co_return at.error();
  gathering all{*at, own_user_};
  auto const read = co_await gather(*at, all);
  if (!read) co_return read.error();
  auto const read_at = read->read_at;
  remember_notes(all.found());

  // Only what `complete` will read afresh may be called newer than its own stamp says; see README.
  auto const completed = asked.wants.comments || wants_custom(asked.wants.fields);
  std::vector<adapter::object> rows;
  std::vector<std::string> bare;
  for (auto const& [id, seen] : all.found()) {
    if (!at->wants_row(seen.at, id)) continue;
    if (!is_whole(seen.incident)) {
      bare.push_back(id);
      continue;
    }
    auto row = to_object(seen.incident, asked.wants.fields, read_at);
    if (!row) co_return row.error();
    // Lists may be late; what was read by id since says more.
    if (!shown_.contains(id)) note_shown(id, read_at - list_lag);
    rows.push_back(std::move(*row));
  }
  if (!bare.empty()) {
    adapter::wants fields_only;
    fields_only.fields = asked.wants.fields;
    auto fresh = co_await this->read(std::move(bare), std::move(fields_only));
    if (!fresh) co_return fresh.error();
    for (auto& row : *fresh) {
      if (row.presence != adapter::presence::gone) rows.push_back(std::move(row));
    }
  }
  for (auto& row : rows) {
    auto const& seen = all.found().at(row.id);
    stamp(row, seen, read_at, completed);
    row.changed_at = seen.at;
  }
  std::ranges::sort(rows, [](adapter::object const& a, adapter::object const& b) {
    return std::tie(a.changed_at, a.id) < std::tie(b.changed_at, b.id);
  });
  adapter::change_page page;
  auto const cut = asked.rows_max > 0 && rows.size() > asked.rows_max;
  page.left = read->behind + (cut ? rows.size() - asked.rows_max : 0);
  if (cut) rows.resize(asked.rows_max);
  page.continuation = at->next(cut ? &rows.back() : nullptr);
  page.rows = std::move(rows);
  co_return page;
}

asio::awaitable<core::result<adapter::object>> reader::read_one(
    std::string id, std::vector<std::string> fields, bool with_details
) {
  http::parameters query;
  if (with_details) query.emplace_back("include[]", "body");
  if (wants_custom(fields)) query.emplace_back("include[]", "custom_fields");
  auto const answer = co_await client_.read("/incidents/" + id, std::move(query));
  if (!answer) {
    if (answer.error().code == errc::not_found) co_return gone(std::move(id));
    co_return answer.error();
  }
  auto const* incident = answer->body.if_contains("incident");
  if (!incident || !incident->is_object()) {
    co_return core::error{errc::malformed, "the answer has no incident"};
  }
  auto found = to_object(incident->get_object(), fields, answer->at);
  if (found && found->id != id) {
    co_return core::error{errc::malformed, "the answer shows another incident than " + id};
  }
  if (found) note_shown(id, answer->at);
  co_return found;
}

asio::awaitable<reader::objects> reader::read(std::vector<std::string> ids, adapter::wants needs) {
  for (auto const& id : ids) {
    if (!is_id(id)) co_return core::error{errc::invalid, "\"" + id + "\" is no id of an incident"};
  }
  std::vector<adapter::object> all(ids.size());
  std::optional<core::error> trouble;
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t i) -> awaitable<void> {
    // After a refusal for the rate the rest would only be refused too.
    if (trouble) co_return;
    auto found = co_await read_one(ids[i], needs.fields);
    if (found && needs.comments && found->presence != adapter::presence::gone) {
      auto notes = co_await read_notes(client_, ids[i]);
      if (notes) {
        found->comments = std::move(*notes);
      } else if (notes.error().code == errc::not_found) {
        found = gone(ids[i]);
      } else {
        found = notes.error();
      }
    }
    if (found) {
      all[i] = std::move(*found);
    } else if (!trouble) {
      trouble = found.error();
    }
  };
  co_await async::for_each_index(ids.size(), settings_.calls_at_once, std::move(one));
  if (trouble) co_return *trouble;
  co_return all;
}

asio::awaitable<reader::objects> reader::complete(
    std::vector<adapter::object> rows, adapter::wants needs
) {
  auto const custom = wants_custom(needs.fields);
  std::optional<core::error> trouble;
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t i) -> awaitable<void> {
    if (trouble) co_return;
    auto& row = rows[i];
    auto aside = true;
    if (auto const* told = row.fields.if_contains(from_log)) {
      row.version = std::min(row.version, told->at("version").as_int64());
      aside = told->at("aside").as_bool();
      row.fields.erase(from_log);
    }
    if (custom) {
      auto fresh = co_await read_one(row.id, needs.fields);
      if (!fresh) {
        trouble = fresh.error();
        co_return;
      }
      fresh->changed_at = std::max(fresh->changed_at, row.changed_at);
      row = std::move(*fresh);
    }
    if (!needs.comments || !aside || row.presence == adapter::presence::gone) co_return;
    auto notes = co_await read_notes(client_, row.id);
    if (notes) {
      row.comments = std::move(*notes);
    } else {
      trouble = notes.error();
    }
  };
  co_await async::for_each_index(rows.size(), settings_.calls_at_once, std::move(one));
  if (trouble) co_return *trouble;
  co_return rows;
}

asio::awaitable<core::result<std::vector<adapter::keyed_object>>> reader::find_one(
    std::string key, adapter::wants needs
) {
  http::parameters query;
  query.emplace_back("incident_key", key);
  // Without it PagerDuty looks at the last month alone.
  query.emplace_back("date_range", "all");
  query.emplace_back("time_zone", "UTC");
  for (auto const* status : {"triggered", "acknowledged", "resolved"}) {
    query.emplace_back("statuses[]", status);
  }
  query.emplace_back("sort_by", "created_at:asc");
  auto rows =
      co_await client_.list_all("/incidents", "incidents", std::move(query), found_rows_max);
  if (!rows) co_return rows.error();
  std::vector<adapter::keyed_object> found;
  std::set<std::string> seen;
  for (auto const& row : *rows) {
    // The query also finds incidents by the keys of their alerts; ours carry the key themselves.
    if (text_at(row, "incident_key") != key) continue;
    auto object = to_object(row, needs.fields, clock_.now());
    if (!object) co_return object.error();
    if (!seen.insert(object->id).second) continue;
    auto const details = std::ranges::find(needs.fields, "details") != needs.fields.end();
    if (details || wants_custom(needs.fields)) {
      object = co_await read_one(object->id, needs.fields, details);
      if (!object) co_return object.error();
      if (object->presence == adapter::presence::gone) continue;
    }
    // A list is no reading: what it shows never outdates one.
    object->version = version_of(object->changed_at, object->changed_at);
    adapter::keyed_object one;
    one.key = key;
    one.found = std::move(*object);
    found.push_back(std::move(one));
  }
  std::ranges::stable_sort(found, [](auto const& a, auto const& b) {
    return a.found.created_at < b.found.created_at;
  });
  co_return found;
}

asio::awaitable<core::result<std::vector<adapter::keyed_object>>> reader::find(
    std::vector<std::string> keys, adapter::wants needs
) {
  std::set<std::string> once;
  std::vector<std::string> asked;
  for (auto& key : keys) {
    // An empty key is ignored by PagerDuty and returns everything.
    if (key.empty() || key.size() > 255) {
      co_return core::error{errc::invalid, "\"" + key + "\" cannot be an incident_key"};
    }
    if (once.insert(key).second) asked.push_back(std::move(key));
  }
  using keyed = core::result<std::vector<adapter::keyed_object>>;
  std::optional<core::error> trouble;
  std::vector<std::vector<adapter::keyed_object>> parts(asked.size());
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t i) -> awaitable<void> {
    if (trouble) co_return;
    auto found = co_await find_one(asked[i], needs);
    if (found) {
      parts[i] = std::move(*found);
    } else if (!trouble) {
      trouble = found.error();
    }
  };
  co_await async::for_each_index(asked.size(), settings_.calls_at_once, std::move(one));
  if (trouble) co_return keyed{*trouble};
  std::vector<adapter::keyed_object> all;
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(all));
  co_return keyed{std::move(all)};
}

}  // namespace adapters::pagerduty
