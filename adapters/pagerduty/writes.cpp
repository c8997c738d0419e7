#include "adapters/pagerduty/writes.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <set>

#include "adapters/pagerduty/history.hpp"
#include "adapters/pagerduty/wire.hpp"
#include "connector/async/tasks.hpp"

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::effect;
using core::errc;

namespace {

/// The fields that a receipt shall show: those wanted, and those written, so that it can be seen
/// what became of them.
std::vector<std::string> fields_back(std::vector<std::string> wanted, core::record const& written) {
  for (auto const& [name, value] : written) {
    if (std::ranges::find(wanted, name) == wanted.end()) wanted.emplace_back(name);
  }
  return wanted;
}

core::error unreadable(core::error why) {
  why.effect = effect::unknown;
  return why;
}

/// One call can change these without leaving the order of two changes to chance.
bool is_simple(ordered const& of) {
  return of.custom.empty() &&
         !(of.members.contains("escalation_policy") && !of.assignments.empty());
}

json::object members_of(ordered const& of) {
  auto members = of.members;
  if (!of.assignments.empty()) members["assignments"] = of.assignments;
  return members;
}

/// "Already resolved", "already acknowledged": what was asked for is so.
bool is_done_already(core::error const& why) {
  return why.code == errc::rejected && (why.detail.find("[1001]") != std::string::npos ||
                                        why.detail.find("[1002]") != std::string::npos);
}

bool is_merged(core::error const& why) {
  return why.code == errc::rejected && why.detail.find("[1019]") != std::string::npos;
}

void show_custom(core::record& fields, json::array const& values) {
  for (auto const& one : values) {
    auto const* field = one.if_object();
    if (!field) continue;
    auto const name = text_at(*field, "name");
    auto const* value = field->if_contains("value");
    if (name.empty()) continue;
    fields[std::string{custom_prefix} + name] = value ? *value : core::value(nullptr);
  }
}

adapter::object bare(std::string id) {
  adapter::object o;
  o.id = std::move(id);
  return o;
}

}  // namespace

asio::awaitable<writer::outcome> writer::put(
    std::string id, json::object members, std::vector<std::string> fields
) {
  members["type"] = "incident_reference";
  json::object body{{"incident", std::move(members)}};
  auto answer = co_await client_.write("PUT", "/incidents/" + id, std::move(body));
  if (!answer) co_return answer.error();
  auto const* incident = answer->body.if_contains("incident");
  if (!incident || !incident->is_object()) {
    co_return core::error{
        errc::malformed, "the answer to a write has no incident", effect::unknown};
  }
  auto stored = to_object(incident->get_object(), fields, answer->at);
  if (stored && stored->id != id) {
    stored = core::error{errc::malformed, "the answer to a write shows another incident"};
  }
  if (!stored) co_return unreadable(stored.error());
  reader_.note_shown(id, answer->at);
  adapter::receipt receipt;
  receipt.stored = std::move(*stored);
  co_return receipt;
}

asio::awaitable<core::result<json::array>> writer::put_custom(std::string id, json::array values) {
  std::vector<std::string> names;
  for (auto const& one : values) {
    names.push_back(std::string{custom_prefix} + text_at(one.get_object(), "name"));
  }
  json::object body{{"custom_fields", std::move(values)}};
  auto answer =
      co_await client_.write("PUT", "/incidents/" + id + "/custom_fields/values", std::move(body));
  if (!answer) {
    core::error failed = answer.error();
    // Not found may be the incident or a field of that name.
    auto refused = failed.code == errc::rejected || failed.code == errc::forbidden;
    if (failed.code == errc::not_found) {
      auto const there = co_await reader_.read_one(id, {});
      refused = there && there->presence != adapter::presence::gone;
    }
    if (refused) {
      failed.code = errc::rejected;
      failed.fields = names;
    }
    co_return failed;
  }
  auto const* stored = answer->body.if_contains("custom_fields");
  if (!stored || !stored->is_array()) {
    co_return core::error{
        errc::malformed, "the answer to a write has no custom fields", effect::unknown};
  }
  co_return stored->get_array();
}

asio::awaitable<writer::outcome> writer::update_one(adapter::update what, adapter::wants needs) {
  auto order = to_order(what.fields, false);
  if (!order) co_return order.error();
  auto const fields = fields_back(std::move(needs.fields), what.fields);
  auto begun = false;
  auto done = co_await put_in_parts(what.id, std::move(*order), fields, begun);
  if (!done && begun) done = co_await stopped_in_part(std::move(what.id), fields, done.error());
  co_return done;
}

asio::awaitable<writer::outcome> writer::put_in_parts(
    std::string id, ordered order, std::vector<std::string> fields, bool& begun
) {
  // Custom fields first: they are refused most easily, and then nothing has been done yet.
  std::optional<json::array> custom;
  if (!order.custom.empty()) {
    auto stored = co_await put_custom(id, std::move(order.custom));
    if (!stored) co_return stored.error();
    custom = std::move(*stored);
    begun = true;
  }
  // A policy hands the incident to whoever it names, so a person comes after it.
  if (order.members.contains("escalation_policy") && !order.assignments.empty()) {
    json::object policy{{"escalation_policy", order.members.at("escalation_policy")}};
    auto handed = co_await put(id, std::move(policy), fields);
    if (!handed) co_return handed.error();
    order.members.erase("escalation_policy");
    begun = true;
  }
  auto members = members_of(order);
  outcome done{adapter::receipt{}};
  if (members.empty()) {
    auto read = co_await reader_.read_one(id, fields);
    if (!read) co_return unreadable(read.error());
    done->stored = std::move(*read);
  } else {
    done = co_await put(id, members, fields);
    if (!done && order.has_status && is_done_already(done.error())) {
      members.erase("status");
      if (members.empty()) {
        auto read = co_await reader_.read_one(id, fields);
        if (!read) co_return unreadable(read.error());
        done = adapter::receipt{};
        done->stored = std::move(*read);
      } else {
        done = co_await put(id, std::move(members), fields);
      }
    }
  }
  if (!done && is_merged(done.error())) {
    auto read = co_await reader_.read_one(id, fields);
    if (read && read->presence == adapter::presence::merged) {
      done = adapter::receipt{};
      done->stored = std::move(*read);
    }
  }
  if (done && custom) show_custom(done->stored.fields, *custom);
  co_return done;
}

asio::awaitable<writer::outcome> writer::stopped_in_part(
    std::string id, std::vector<std::string> fields, core::error why
) {
  auto const for_good = why.code == errc::rejected || why.code == errc::forbidden;
  if (why.effect == effect::none && for_good) {
    auto read = co_await reader_.read_one(std::move(id), std::move(fields));
    if (read && read->presence != adapter::presence::gone) {
      adapter::receipt receipt;
      receipt.stored = std::move(*read);
      receipt.refusal = std::move(why.detail);
      co_return receipt;
    }
    if (!read) why = read.error();
  }
  why.effect = effect::unknown;
  co_return why;
}

asio::awaitable<core::result<std::vector<writer::outcome>>> writer::put_many(
    std::vector<adapter::update> all, adapter::wants needs
) {
  json::array incidents;
  for (auto const& one : all) {
    auto const order = to_order(one.fields, false);
    auto members = members_of(*order);
    members["id"] = one.id;
    members["type"] = "incident_reference";
    incidents.push_back(std::move(members));
  }
  json::object body{{"incidents", std::move(incidents)}};
  auto answer = co_await client_.write(
      "PUT", "/incidents?limit=" + std::to_string(updates_at_once), std::move(body)
  );
  if (!answer) co_return answer.error();
  std::map<std::string, json::object const*> by_id;
  if (auto const* shown = answer->body.if_contains("incidents"); shown && shown->is_array()) {
    for (auto const& one : shown->get_array()) {
      if (auto const* o = one.if_object()) by_id[text_at(*o, "id")] = o;
    }
  }
  std::vector<outcome> out;
  for (auto const& one : all) {
    auto const at = by_id.find(one.id);
    if (at == by_id.end()) {
      out.emplace_back(core::error{
          errc::malformed, "the answer does not show incident " + one.id, effect::unknown});
      continue;
    }
    auto const fields = fields_back(needs.fields, one.fields);
    auto stored = to_object(*at->second, fields, answer->at);
    if (!stored) {
      out.emplace_back(unreadable(stored.error()));
      continue;
    }
    reader_.note_shown(one.id, answer->at);
    adapter::receipt receipt;
    receipt.stored = std::move(*stored);
    out.emplace_back(std::move(receipt));
  }
  co_return out;
}

asio::awaitable<writer::receipts> writer::update_all(
    std::vector<adapter::update> updates, adapter::wants needs
) {
  std::vector<std::optional<core::time_point>> shown_before;
  for (auto const& one : updates) shown_before.push_back(reader_.shown_at(one.id));
  std::vector<std::optional<outcome>> done(updates.size());
  std::vector<std::size_t> together, alone;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (!is_id(updates[i].id)) {
      done[i] = core::error{errc::invalid, "\"" + updates[i].id + "\" is no id of an incident"};
      continue;
    }
    auto const order = to_order(updates[i].fields, false);
    if (!order) {
      done[i] = order.error();
      continue;
    }
    auto const fresh = seen.insert(updates[i].id).second;
    (fresh && is_simple(*order) && !order->members.empty() + !order->assignments.empty() > 0
         ? together
         : alone)
        .push_back(i);
  }
  if (together.size() < 2) {
    alone.insert(alone.end(), together.begin(), together.end());
    together.clear();
    std::ranges::sort(alone);
  }
  std::optional<core::error> limit;
  for (std::size_t from = 0; from < together.size(); from += updates_at_once) {
    auto const to = std::min(together.size(), from + updates_at_once);
    std::vector<adapter::update> part;
    for (auto k = from; k < to; ++k) part.push_back(updates[together[k]]);
    core::result<std::vector<outcome>> answers{std::vector<outcome>{}};
    if (limit) {
      answers = *limit;
    } else {
      answers = co_await put_many(std::move(part), needs);
    }
    if (answers) {
      for (auto k = from; k < to; ++k) done[together[k]] = std::move((*answers)[k - from]);
      continue;
    }
    auto const& why = answers.error();
    if (why.code == errc::rate_limited) limit = why;
    auto const refused = why.effect == effect::none && !core::is_transient(why.code) &&
                         why.code != errc::unauthorized && why.code != errc::cancelled;
    for (auto k = from; k < to; ++k) {
      if (refused) {
        alone.push_back(together[k]);
      } else {
        done[together[k]] = why;
      }
    }
  }
  for (auto const i : alone) {
    if (limit) {
      done[i] = *limit;
      continue;
    }
    done[i] = co_await update_one(updates[i], needs);
    if (!*done[i] && done[i]->error().code == errc::rate_limited) {
      limit = done[i]->error();
      limit->effect = effect::none;  // of those that are not sent
    }
  }
  receipts all;
  all.reserve(done.size());
  for (auto& one : done) all.push_back(std::move(*one));
  co_await name_replaced_edits(updates, std::move(shown_before), all);
  co_return all;
}

asio::awaitable<void> writer::name_replaced_edits(
    std::vector<adapter::update> const& updates,
    std::vector<std::optional<core::time_point>> shown_before,
    receipts& done
) {
  std::vector<std::optional<core::time_point>> seen(updates.size());
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (done[i]) seen[i] = shown_before[i];
  }
  // The writes are made, whatever becomes of this.
  auto found = co_await replaced_since(updates, std::move(seen));
  if (!found) co_return;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (done[i]) done[i]->lost_edits = std::move((*found)[i]);
  }
}

asio::awaitable<core::result<writer::lost_edits>> writer::replaced_by(
    std::vector<adapter::update> updates
) {
  std::vector<std::optional<core::time_point>> seen;
  for (auto const& one : updates) {
    seen.emplace_back();
    if (one.version_seen > 0) seen.back() = core::time_point{core::ticks{one.version_seen}};
  }
  co_return co_await replaced_since(updates, std::move(seen));
}

asio::awaitable<core::result<writer::lost_edits>> writer::replaced_since(
    std::vector<adapter::update> const& updates, std::vector<std::optional<core::time_point>> seen
) {
  lost_edits all(updates.size());
  std::map<std::string, std::vector<past_change>> changes;
  auto since = core::time_point::max();
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (!seen[i]) continue;
    *seen[i] -= settling;
    since = std::min(since, *seen[i]);
    changes.try_emplace(updates[i].id);
  }
  if (changes.empty()) co_return all;
  auto const self = co_await reader_.own_user();
  if (self.empty()) co_return all;
  auto const log = co_await reader_.log_since(since, entries_after_write_max);
  if (!log) co_return log.error();
  for (auto const& entry : *log) {
    auto const of = changes.find(text_at(entry, "incident.id"));
    if (of != changes.end()) std::ranges::move(changes_in(entry), std::back_inserter(of->second));
  }
  for (std::size_t i = 0; i < updates.size(); ++i) {
    if (!seen[i]) continue;
    auto const& [id, written, version] = updates[i];
    auto const until = reader_.shown_at(id).value_or(core::time_point::max());
    all[i] = edits_replaced(changes[id], self, *seen[i], until, written);
  }
  co_return all;
}

asio::awaitable<writer::outcome> writer::create_one(adapter::creation what, adapter::wants needs) {
  auto order = to_order(what.fields, true);
  if (!order) co_return order.error();
  auto const fields = fields_back(std::move(needs.fields), what.fields);

  auto incident = order->members;
  incident["type"] = "incident";
  incident["incident_key"] = what.key;
  if (!incident.contains("service")) {
    incident["service"] = json::object{{"id", settings_.service}, {"type", "service_reference"}};
  }
  if (!order->details.empty()) {
    incident["body"] = json::object{{"type", "incident_body"}, {"details", order->details}};
  }
  // Every incident begins as triggered and without custom fields, and policy and person exclude
  // each other here. The receipt shows it, and the rest is an update, which is settled by itself.
  incident.erase("status");
  if (!order->assignments.empty() && !incident.contains("escalation_policy")) {
    incident["assignments"] = order->assignments;
  }
  json::object body{{"incident", std::move(incident)}};
  auto answer = co_await client_.write("POST", "/incidents", std::move(body));
  if (!answer) {
    core::error failed = answer.error();
    if (failed.code == errc::conflict) {
      // It is there: an earlier try took effect although its answer was lost. The caller finds it.
      failed.effect = effect::unknown;
    }
    co_return failed;
  }
  auto const* created = answer->body.if_contains("incident");
  if (!created || !created->is_object()) {
    co_return core::error{
        errc::malformed, "the answer to a create has no incident", effect::unknown};
  }
  auto stored = to_object(created->get_object(), fields, answer->at);
  if (!stored) co_return unreadable(stored.error());
  reader_.note_shown(stored->id, answer->at);
  if (text_at(created->get_object(), "incident_key") != what.key) {
    co_return core::error{
        errc::malformed,
        "incident " + stored->label + " was opened but came back without its key",
        effect::unknown};
  }
  adapter::receipt receipt;
  receipt.stored = std::move(*stored);
  // The answer leaves the body out, and nothing in PagerDuty changes it.
  if (!order->details.empty()) receipt.stored.fields["details"] = order->details;
  co_return receipt;
}

asio::awaitable<writer::receipts> writer::create_all(
    std::vector<adapter::creation> creations, adapter::wants needs
) {
  receipts all;
  std::optional<core::error> limit;
  for (auto& one : creations) {
    if (limit) {
      all.emplace_back(*limit);
      continue;
    }
    all.push_back(co_await create_one(std::move(one), needs));
    if (!all.back() && all.back().error().code == errc::rate_limited) limit = all.back().error();
  }
  co_return all;
}

asio::awaitable<writer::outcome> writer::post_note(adapter::new_comment what) {
  json::object body{{"note", json::object{{"content", what.text}}}};
  auto answer =
      co_await client_.write("POST", "/incidents/" + what.object_id + "/notes", std::move(body));
  if (!answer) co_return answer.error();
  auto const* note = answer->body.if_contains("note");
  auto const id = note && note->is_object() ? text_at(note->get_object(), "id") : std::string{};
  if (id.empty()) {
    co_return core::error{errc::malformed, "the answer to a note has no note", effect::unknown};
  }
  adapter::receipt receipt;
  receipt.comment_id = id;
  receipt.stored = bare(std::move(what.object_id));
  co_return receipt;
}

asio::awaitable<writer::outcome> writer::post_status_update(adapter::new_comment what) {
  json::object body{{"message", what.text}};
  auto answer = co_await client_.write(
      "POST", "/incidents/" + what.object_id + "/status_updates", std::move(body)
  );
  if (!answer) co_return answer.error();
  auto const* told = answer->body.if_contains("status_update");
  adapter::receipt receipt;
  if (told && told->is_object()) receipt.comment_id = text_at(told->get_object(), "id");
  receipt.stored = bare(std::move(what.object_id));
  co_return receipt;
}

asio::awaitable<writer::receipts> writer::comment_all(
    std::vector<adapter::new_comment> comments, adapter::wants /*needs*/
) {
  // One after the other: notes of one incident keep their order.
  receipts all;
  std::optional<core::error> limit;
  for (auto& one : comments) {
    if (limit) {
      all.emplace_back(*limit);
      continue;
    }
    auto const known_place =
        one.place.empty() || one.place == "notes" || one.place == "status_updates";
    if (!is_id(one.object_id) || !known_place) {
      all.emplace_back(core::error{
          errc::rejected, "PagerDuty has notes and status_updates, but no \"" + one.place + "\""});
      continue;
    }
    if (one.place == "status_updates") {
      all.push_back(co_await post_status_update(std::move(one)));
    } else {
      all.push_back(co_await post_note(std::move(one)));
    }
    if (!all.back() && all.back().error().code == errc::rate_limited) limit = all.back().error();
  }
  co_return all;
}

}  // namespace adapters::pagerduty
