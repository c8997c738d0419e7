#include "adapters/jira/writer.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "adapters/jira/history.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

/// The name of the property that carries a ticket's key beside its label.
constexpr std::string_view property = "itsm-connector";

core::error bad_id(std::string const& id) {
  return {errc::invalid, "\"" + id + "\" is no id of an issue"};
}

/// A passing or uncertain failure: the sync has to come back to it.
bool is_open(core::error const& e) {
  return e.effect == core::effect::unknown || core::is_transient(e.code) ||
         e.code == errc::conflict || e.code == errc::unauthorized;
}

json::object operation(std::string_view what, std::string_view label) {
  json::object one;
  one[what] = label;
  return one;
}

/// Side by side is only safe if no issue is written to twice.
std::size_t lanes(std::vector<adapter::update> const& all, std::size_t most) {
  std::set<std::string_view> seen;
  for (auto const& one : all) {
    if (!seen.insert(one.id).second) return 1;
  }
  return most;
}

}  // namespace

writer::writer(
    client& by, settings const& with, translator const& words, walker& moves, async::clock& clock
)
    : client_{by}, settings_{with}, words_{words}, walker_{moves}, fields_{by, clock} {}

asio::awaitable<writer::job> writer::prepare(std::string id, core::record fields) {
  job one;
  one.id = std::move(id);
  field_kinds known;
  if (translator::needs_kinds(fields)) {
    auto const kinds = co_await fields_.kinds();
    if (!kinds) {
      one.failed = kinds.error();
      one.failed->effect = core::effect::none;
      co_return one;
    }
    known = **kinds;
  }
  for (auto const& [name, value] : fields) {
    if (name == "status") {
      one.status = core::text_of(value);
    } else if (name == "labels") {
      one.labels.emplace();
      if (auto const* all = value.if_array()) {
        for (auto const& label : *all) one.labels->push_back(core::text_of(label));
      }
    } else if (name == portal_link) {
      one.link = value;
    } else {
      auto wire = words_.to_wire(name, value, known);
      if (!wire) {
        one.failed = wire.error();
        co_return one;
      }
      one.fields[name] = std::move(*wire);
    }
  }
  one.asked = std::move(fields);
  co_return one;
}

/// Status and labels are changed from what they are, so that is read first.
asio::awaitable<void> writer::look_before(std::vector<job>& jobs) {
  std::vector<std::string> ids;
  for (auto const& one : jobs) {
    if (!one.failed && (one.status || one.labels)) ids.push_back(one.id);
  }
  if (ids.empty()) co_return;
  std::vector<std::string> names(standing_fields.begin(), standing_fields.end());
  names.insert(names.end(), {"labels", "updated"});
  auto const found = co_await client_.fetch(ids, std::move(names));
  std::map<std::string, issue> by_id;
  if (found) {
    for (auto const& one : *found) by_id[text_at(one, "id")] = one;
  }
  std::vector<std::string> changed_since;
  for (auto& one : jobs) {
    if (one.failed || (!one.status && !one.labels)) continue;
    if (!found) {
      one.failed = found.error();
      continue;
    }
    auto const at = by_id.find(one.id);
    if (at == by_id.end()) {
      one.failed = core::error{errc::not_found, "the issue is gone, or hidden from this account"};
      continue;
    }
    auto stands = standing_of(at->second);
    if (!stands) {
      one.failed = stands.error();
      continue;
    }
    one.before = std::move(*stands);
    auto const updated = stamp_at(at->second.at("fields").get_object(), "updated");
    if (one.labels && one.version_seen > 0 && updated &&
        updated->time_since_epoch().count() != one.version_seen) {
      changed_since.push_back(one.id);
    }
  }
  // Somebody may have added a label after the caller looked; that one is not ours to remove.
  std::map<std::string, std::vector<past_change>> history;
  if (!changed_since.empty()) {
    std::vector<std::string> const only(1, "labels");
    auto read = co_await read_history(client_, changed_since, only);
    if (!read) {
      for (auto& one : jobs) {
        auto const needs = std::ranges::find(changed_since, one.id) != changed_since.end();
        if (needs && !one.failed) one.failed = read.error();
      }
      co_return;
    }
    history = std::move(*read);
  }
  for (auto& one : jobs) {
    if (one.failed || !one.labels) continue;
    auto const now = texts_at(by_id.at(one.id).at("fields").get_object(), "labels");
    core::time_point const seen_at{core::ticks{one.version_seen}};
    auto const seen = labels_at(seen_at, now, history[one.id]);
    for (auto const& label : *one.labels) {
      if (std::ranges::find(seen, label) == seen.end()) {
        one.label_changes.push_back(operation("add", label));
      }
    }
    for (auto const& label : seen) {
      auto const stays = std::ranges::find(*one.labels, label) != one.labels->end();
      if (!stays && !words_.is_own_label(label)) {
        one.label_changes.push_back(operation("remove", label));
      }
    }
  }
}

asio::awaitable<core::result<void>> writer::edit(job& one) {
  core::result<void> const done;
  if (one.fields.empty() && one.label_changes.empty()) co_return done;
  json::object body;
  if (!one.fields.empty()) body["fields"] = one.fields;
  if (!one.label_changes.empty()) {
    json::object operations;
    operations["labels"] = one.label_changes;
    body["update"] = std::move(operations);
  }
  auto const path = client_.api() + "/issue/" + one.id;
  auto const made = co_await client_.send("PUT", path, std::move(body), true);
  if (!made) co_return made.error();
  one.changed = true;
  co_return done;
}

asio::awaitable<core::result<void>> writer::move(job& one) {
  core::result<void> const done;
  if (!one.status || is_status(one.before->now, *one.status)) co_return done;
  json::object along;
  if (auto const* resolution = one.asked.if_contains("resolution");
      resolution && !resolution->is_null()) {
    json::object named;
    named["name"] = core::text_of(*resolution);
    along["resolution"] = std::move(named);
  }
  // What a screen may want of the other fields; they are edited besides.
  for (auto const& [name, value] : one.fields) along[name] = value;
  walked so_far;
  auto const walked_on = co_await walker_.walk(*one.before, *one.status, std::move(along), so_far);
  one.changed = one.changed || so_far.moved;
  co_return walked_on;
}

asio::awaitable<core::result<void>> writer::put_link(job& one) {
  core::result<void> const done;
  if (!one.link || one.link->is_null()) co_return done;
  json::object object;
  object["url"] = core::text_of(*one.link);
  object["title"] = "Open in Microsoft Defender";
  json::object body;
  body["globalId"] = "itsm-connector=" + settings_.label;  // one per issue, replaced by the same id
  body["object"] = std::move(object);
  auto const path = client_.api() + "/issue/" + one.id + "/remotelink";
  auto const made = co_await client_.send("POST", path, std::move(body), true);
  if (!made) co_return made.error();
  one.changed = true;
  one.link_stored = true;
  co_return done;
}

asio::awaitable<void> writer::perform(job& one) {
  if (one.failed) co_return;
  // The way is looked for before anything is changed, so that there being none changes nothing.
  if (one.status && !is_status(one.before->now, *one.status)) {
    auto const way = co_await walker_.plan(*one.before, *one.status);
    if (!way) {
      one.failed = way.error();
      co_return;
    }
  }
  // A resolution is set on the screen of a transition, if anywhere.
  auto const resolution = one.fields.find("resolution");
  auto const moves = one.status && !is_status(one.before->now, *one.status);
  if (moves && resolution != one.fields.end()) one.fields.erase(resolution);
  // A finished issue may refuse edits (jira.issue.editable), so it is moved out of there first; and
  // moved in there last.
  auto const move_first = moves && one.before->now.category == "done";
  core::result<void> done;
  if (move_first) done = co_await move(one);
  if (done) done = co_await edit(one);
  if (done && !move_first) done = co_await move(one);
  if (done) done = co_await put_link(one);
  if (!done) {
    one.failed = done.error();
    if (one.changed && is_open(*one.failed)) one.failed->effect = core::effect::unknown;
  }
}

asio::awaitable<writer::receipts> writer::update_all(
    std::vector<adapter::update> updates, adapter::wants needs
) {
  auto const side_by_side = lanes(updates, settings_.calls_at_once);
  std::vector<job> jobs;
  jobs.reserve(updates.size());
  for (auto& one : updates) {
    auto next = co_await prepare(one.id, std::move(one.fields));
    next.version_seen = one.version_seen;
    if (!is_issue_id(next.id)) next.failed = bad_id(next.id);
    jobs.push_back(std::move(next));
  }
  co_await look_before(jobs);
  std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t i) {
    return perform(jobs[i]);
  };
  co_await async::for_each_index(jobs.size(), side_by_side, one);
  co_return co_await read_back(std::move(jobs), std::move(needs), client::history::recent);
}

asio::awaitable<writer::receipts> writer::read_back(
    std::vector<job> jobs, adapter::wants needs, client::history past
) {
  for (auto const& one : jobs) {
    for (auto const& [name, value] : one.asked) {
      auto const known = std::ranges::find(needs.fields, name) != needs.fields.end();
      if (!known && is_field_name(name)) needs.fields.emplace_back(name);
    }
  }
  std::vector<std::string> ids;
  for (auto const& one : jobs) {
    // Where a part was done, what is stored says more than the refusal of the rest.
    auto const refused_in_part = one.failed && one.changed && !is_open(*one.failed);
    if (!one.failed || refused_in_part) ids.push_back(one.id);
  }
  auto const read = co_await client_.fetch(ids, words_.names_for(needs.fields), past);
  auto const is_custom =
      std::ranges::any_of(jobs, [](job const& one) { return translator::needs_kinds(one.asked); });
  auto const kinds = co_await kinds_if(past != client::history::none && is_custom);
  std::map<std::string, issue> by_id;
  if (read) {
    for (auto const& one : *read) by_id[text_at(one, "id")] = one;
  }
  receipts all;
  all.reserve(jobs.size());
  for (auto const& one : jobs) {
    if (std::ranges::find(ids, one.id) == ids.end()) {
      all.emplace_back(*one.failed);
      continue;
    }
    auto const at = by_id.find(one.id);
    core::error lost{errc::unavailable, "the write was answered, but not what is stored after it"};
    lost.effect = core::effect::unknown;
    if (!read) lost.detail += ": " + read.error().detail;
    if (at == by_id.end() && read && one.made) {
      adapter::receipt receipt;
      receipt.stored.id = one.id;
      receipt.stored.presence = adapter::presence::gone;
      all.emplace_back(std::move(receipt));
      continue;
    }
    if (at == by_id.end()) {
      all.emplace_back(std::move(lost));
      continue;
    }
    auto stored = words_.to_object(at->second, needs.fields);
    if (!stored) {
      lost.detail = stored.error().detail;
      all.emplace_back(std::move(lost));
      continue;
    }
    adapter::receipt receipt;
    receipt.stored = std::move(*stored);
    if (one.failed) receipt.refusal = one.failed->detail;
    if (one.link_stored) receipt.stored.fields[portal_link] = *one.link;
    receipt.lost_edits = replaced_in(at->second, one.version_seen, one.asked, kinds);
    all.emplace_back(std::move(receipt));
  }
  co_return all;
}

asio::awaitable<field_kinds> writer::kinds_if(bool needed) {
  if (!needed) co_return field_kinds{};
  auto const known = co_await fields_.kinds();
  co_return known ? **known : field_kinds{};
}

std::vector<adapter::lost_edit> writer::replaced_in(
    issue const& shown,
    std::int64_t version_seen,
    core::record const& asked,
    field_kinds const& kinds
) const {
  auto const* log = object_at(shown, "changelog");
  auto const* entries = log ? array_at(*log, "histories") : nullptr;
  if (!entries || version_seen <= 0) return {};
  core::time_point const seen{core::ticks{version_seen}};
  return edits_replaced(changes_in(*entries), client_.account(), seen, asked, words_, kinds);
}

asio::awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> writer::replaced_by(
    std::vector<adapter::update> updates
) {
  std::vector<std::string> ids;
  for (auto const& one : updates) ids.push_back(one.id);
  auto const read = co_await client_.fetch(ids, words_.names_for({}), client::history::recent);
  if (!read) co_return read.error();
  auto const is_custom = std::ranges::any_of(updates, [](adapter::update const& one) {
    return translator::needs_kinds(one.fields);
  });
  auto const kinds = co_await kinds_if(is_custom);
  std::vector<std::vector<adapter::lost_edit>> all(updates.size());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    auto const shown = std::ranges::find_if(*read, [&](issue const& one) {
      return text_at(one, "id") == updates[i].id;
    });
    if (shown == read->end()) continue;
    all[i] = replaced_in(*shown, updates[i].version_seen, updates[i].fields, kinds);
  }
  co_return all;
}

asio::awaitable<void> writer::create_part(std::vector<job*> part, std::vector<std::string> keys) {
  json::array bodies;
  auto refused = std::optional<core::error>{};
  std::string request_type_field;
  if (!settings_.request_type.empty()) {
    auto const kinds = co_await fields_.kinds();
    if (!kinds) refused = kinds.error();
    for (auto const& [name, kind] : kinds ? **kinds : field_kinds{}) {
      if (kind.custom == request_type_kind) request_type_field = name;
    }
    if (!refused && request_type_field.empty()) {
      refused = core::error{errc::rejected, "this site has no field \"Request Type\""};
    }
  }
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (refused) part[i]->failed = *refused;
    auto& fields = part[i]->fields;
    json::object project;
    project["key"] = settings_.project;
    json::object type;
    type["name"] = settings_.issue_type;
    fields["project"] = std::move(project);
    fields["issuetype"] = std::move(type);
    if (!request_type_field.empty()) fields[request_type_field] = settings_.request_type;
    json::array labels{settings_.label, words_.label_of(keys[i])};
    for (auto const& label : part[i]->labels.value_or(std::vector<std::string>{})) {
      labels.emplace_back(label);
    }
    fields["labels"] = std::move(labels);
    json::object value;
    value["key"] = keys[i];
    json::object mark;
    mark["key"] = property;
    mark["value"] = std::move(value);
    json::object body;
    body["fields"] = fields;
    body["properties"] = json::array{std::move(mark)};
    bodies.emplace_back(std::move(body));
  }
  if (refused) co_return;
  auto const single = part.size() == 1;
  json::object many;
  if (!single) many["issueUpdates"] = std::move(bodies);
  auto const path = client_.api() + (single ? "/issue" : "/issue/bulk");
  json::value body = single ? std::move(bodies.front()) : json::value(std::move(many));
  auto const made = co_await client_.send("POST", path, std::move(body), false);
  if (!made && single) {
    part.front()->failed = made.error();
    co_return;
  }
  if (!made && made.error().code == errc::rejected) {
    // All were refused, and the answer does not say by element why: alone, each hears its own.
    for (std::size_t i = 0; i < part.size(); ++i) {
      part[i]->fields.erase("labels");
      std::vector<job*> alone(1, part[i]);
      std::vector<std::string> own_key(1, keys[i]);
      co_await create_part(std::move(alone), std::move(own_key));
    }
    co_return;
  }
  core::error nothing{errc::malformed, "the answer to a create names no issue"};
  nothing.effect = core::effect::unknown;
  auto const* whole = made ? made->if_object() : nullptr;
  for (auto* one : part) one->failed = made ? nothing : made.error();
  if (!whole) co_return;
  if (single) {
    part.front()->id = text_at(*whole, "id");
    part.front()->made = is_issue_id(part.front()->id);
    if (part.front()->made) part.front()->failed.reset();
    co_return;
  }
  std::vector<job*> accepted = part;
  if (auto const* errors = array_at(*whole, "errors")) {
    for (auto const& each : *errors) {
      auto const* one = each.if_object();
      auto const* number = one ? one->if_contains("failedElementNumber") : nullptr;
      auto const index = number && number->is_int64() ? number->get_int64() : -1;
      if (index < 0 || static_cast<std::size_t>(index) >= part.size()) continue;
      auto* failed = part[static_cast<std::size_t>(index)];
      auto const* why = one->if_contains("elementErrors");
      auto said = why ? complaint_in(*why) : complaint{};
      failed->failed = core::error{
          errc::rejected, said.words.empty() ? "Jira gave no reason" : std::move(said.words)};
      failed->failed->fields = std::move(said.fields);
      std::erase(accepted, failed);
    }
  }
  auto const* issues = array_at(*whole, "issues");
  if (!issues || issues->size() != accepted.size()) co_return;
  for (std::size_t i = 0; i < accepted.size(); ++i) {
    auto const* one = (*issues)[i].if_object();
    accepted[i]->id = one ? text_at(*one, "id") : std::string{};
    accepted[i]->made = is_issue_id(accepted[i]->id);
    if (accepted[i]->made) accepted[i]->failed.reset();
  }
}

asio::awaitable<writer::receipts> writer::create_all(
    std::vector<adapter::creation> creations, adapter::wants needs
) {
  std::vector<job> jobs;
  jobs.reserve(creations.size());
  for (auto& one : creations) {
    auto next = co_await prepare(std::string(), std::move(one.fields));
    // No screen for creating takes a resolution.
    next.fields.erase("resolution");
    if (!is_plain_word(one.key)) {
      next.failed = core::error{errc::invalid, "\"" + one.key + "\" cannot be a part of a label"};
    }
    jobs.push_back(std::move(next));
  }
  std::vector<std::pair<std::vector<job*>, std::vector<std::string>>> parts;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (jobs[i].failed) continue;
    if (parts.empty() || parts.back().first.size() == creates_per_call) parts.emplace_back();
    parts.back().first.push_back(&jobs[i]);
    parts.back().second.push_back(creations[i].key);
  }
  std::function<asio::awaitable<void>(std::size_t)> create = [&](std::size_t i) {
    return create_part(parts[i].first, parts[i].second);
  };
  co_await async::for_each_index(parts.size(), settings_.calls_at_once, create);

  // A new issue stands in its workflow's first status, which the receipt shows: the way from there
  // is an update, which is settled by itself. A link can be made late or twice without harm, so
  // that its failure is no error of an issue that exists.
  std::function<asio::awaitable<void>(std::size_t)> finish = [&](std::size_t i
                                                             ) -> asio::awaitable<void> {
    if (jobs[i].failed) co_return;
    static_cast<void>(co_await put_link(jobs[i]));
  };
  co_await async::for_each_index(jobs.size(), settings_.calls_at_once, finish);
  co_return co_await read_back(std::move(jobs), std::move(needs), client::history::none);
}

}  // namespace adapters::jira
