#include "adapters/jira/walker.hpp"

#include <algorithm>

#include "adapters/jira/jql.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

core::error no_way(standing const& from, std::string_view wanted, workflow const& flow) {
  std::string offer;
  if (auto const* offered = flow.offered_in(from.now.id)) {
    for (auto const& one : *offered) {
      if (!offer.empty()) offer += ", ";
      offer += one.name + " (to " + one.to.name + ")";
    }
  }
  core::error e{
      errc::rejected,
      "no transition leads from \"" + from.now.name + "\" to \"" + std::string{wanted} +
          "\"; on offer to this account: " + (offer.empty() ? "none" : offer)};
  e.fields.emplace_back("status");
  return e;
}

}  // namespace

core::result<standing> standing_of(issue const& from) {
  standing found;
  found.issue_id = text_at(from, "id");
  auto const* fields = object_at(from, "fields");
  auto const* state = fields ? object_at(*fields, "status") : nullptr;
  auto const* project = fields ? object_at(*fields, "project") : nullptr;
  auto const* type = fields ? object_at(*fields, "issuetype") : nullptr;
  if (!state || !project || !type) {
    return core::error{errc::malformed, "an issue came without its status, project or type"};
  }
  found.now = status_in(*state);
  found.project = text_at(*project, "key");
  found.type = text_at(*type, "id");
  auto const* resolution = fields->if_contains("resolution");
  found.has_resolution = resolution && !resolution->is_null();
  return found;
}

walker::walker(client& by, async::clock& clock) : client_{by}, clock_{clock} {}

workflow& walker::flow_of(standing const& at) {
  auto& entry = flows_[{at.project, at.type}];
  auto const now = clock_.steady_now();
  if (now >= entry.until) {
    entry.flow = workflow{};
    entry.until = now + kept_for;
  }
  return entry.flow;
}

asio::awaitable<core::result<std::vector<transition>>> walker::offered(standing const& at) {
  auto const path =
      client_.api() + "/issue/" + at.issue_id + "/transitions?expand=transitions.fields";
  auto const answer = co_await client_.get(path);
  if (!answer) co_return answer.error();
  co_return transitions_in(*answer);
}

asio::awaitable<core::result<void>> walker::learn_here(standing at) {
  auto all = co_await offered(at);
  if (!all) co_return all.error();
  flow_of(at).learn(at.now, std::move(*all));
  core::result<void> const done;
  co_return done;
}

asio::awaitable<core::result<bool>> walker::learn_elsewhere(standing of, status unseen) {
  search what;
  what.jql = "project = " + jql_quoted(of.project) + " AND issuetype = " + of.type +
             " AND status = " + unseen.id + " ORDER BY updated DESC";
  what.fields.assign(standing_fields.begin(), standing_fields.end());
  what.rows_max = 1;
  auto const found = co_await client_.find(std::move(what));
  if (!found) co_return found.error();
  if (found->issues.empty()) co_return false;
  auto example = standing_of(found->issues.front());
  // The index lags: the example may have moved on.
  if (!example || example->now.id != unseen.id) co_return false;
  auto const learnt = co_await learn_here(std::move(*example));
  if (!learnt) co_return learnt.error();
  co_return true;
}

asio::awaitable<core::result<workflow const*>> walker::explore(standing from) {
  if (!flow_of(from).offered_in(from.now.id)) {
    auto const learnt = co_await learn_here(from);
    if (!learnt) co_return learnt.error();
  }
  std::set<std::string> tried;
  for (auto found = true; found;) {
    found = false;
    for (auto const& unseen : flow_of(from).unseen_from(from.now.id)) {
      if (!tried.insert(unseen.id).second) continue;
      auto const learnt = co_await learn_elsewhere(from, unseen);
      if (!learnt) co_return learnt.error();
      found = found || *learnt;
    }
  }
  workflow const* all = &flow_of(from);
  co_return all;
}

asio::awaitable<core::result<std::vector<transition>>> walker::plan(
    standing from, std::string wanted
) {
  if (!flow_of(from).offered_in(from.now.id)) {
    auto const learnt = co_await learn_here(from);
    if (!learnt) co_return learnt.error();
  }
  auto way = flow_of(from).path(from.now.id, wanted);
  if (!way.empty()) co_return way;
  auto const explored = co_await explore(from);
  if (!explored) co_return explored.error();
  way = (*explored)->path(from.now.id, wanted);
  if (!way.empty()) co_return way;
  // No issue stands where the way may go on. If the goal is unknown altogether, the way is too.
  auto const& statuses = (*explored)->statuses();
  auto const goal = std::ranges::find_if(statuses, [&](auto const& one) {
    return is_status(one.second, wanted);
  });
  auto const category = goal == statuses.end() ? std::string{"done"} : goal->second.category;
  auto const unseen = (*explored)->unseen_from(from.now.id);
  auto step = (*explored)->towards(from.now.id, category, {from.now.id});
  auto const leads_on =
      step && std::ranges::any_of(unseen, [&](status const& one) { return one.id == step->to.id; });
  if (!leads_on) co_return no_way(from, wanted, **explored);
  way.push_back(std::move(*step));
  co_return way;
}

asio::awaitable<core::result<void>> walker::walk(
    standing from, std::string wanted, json::object fields, walked& so_far
) {
  core::result<void> const done;
  auto fresh = false;  // whether what is on offer was just read from this very issue
  for (std::size_t steps = 0; steps < steps_max;) {
    if (is_status(from.now, wanted)) co_return done;
    auto const way = co_await plan(from, wanted);
    if (!way) co_return way.error();
    auto const& next = way->front();
    auto const last = way->size() == 1 && is_status(next.to, wanted);
    json::object along;
    for (auto const& [name, value] : fields) {
      auto const& screen = next.screen;
      auto const at = screen.find(std::string_view{name});
      if (at != screen.end() && (last || at->second.required)) along[name] = value;
    }
    for (auto const& [name, field] : next.screen) {
      auto const has = along.contains(name) || (name == "resolution" && from.has_resolution);
      if (!field.required || field.has_default || has || name != "resolution") continue;
      core::error e{
          errc::rejected,
          "the transition \"" + next.name + "\" demands " + name + ", and no rule supplies it"};
      e.fields = {"status", name};
      co_return e;
    }
    json::object body;
    json::object which;
    which["id"] = next.id;
    body["transition"] = std::move(which);
    if (!along.empty()) body["fields"] = along;
    auto const path = client_.api() + "/issue/" + from.issue_id + "/transitions";
    auto const made = co_await client_.send("POST", path, std::move(body), false);
    if (!made) {
      core::error refused = made.error();
      if (refused.effect != core::effect::none) co_return refused;
      // What was on offer may have been seen on another issue, or some time ago.
      flow_of(from).forget(from.now.id);
      auto const stale = refused.code == errc::rejected && along.empty() && !fresh;
      if (!stale) {
        if (refused.code == errc::rejected) refused.fields.emplace_back("status");
        co_return refused;
      }
      fresh = true;
      continue;
    }
    ++steps;
    fresh = false;
    so_far.moved = true;
    for (auto const& [name, value] : along) so_far.sent.emplace_back(name);
    from.now = next.to;
  }
  co_return core::error{
      errc::rejected,
      "the way to \"" + wanted + "\" did not end after " + std::to_string(steps_max) +
          " transitions"};
}

}  // namespace adapters::jira
