#include <algorithm>
#include <spdlog/spdlog.h>
#include <unordered_map>
#include <utility>

#include "connector/sync/batch.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

awaitable<core::result<void>> batch::settle_doubts() {
  std::vector<std::size_t> creates;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto& w = all_[i];
    // A write just decided for a merged incident is not in doubt; it has not been sent yet.
    if (!w.active || !w.link().outstanding || w.next != step::none) continue;
    if (w.link().outstanding->what == store::outstanding::kind::create) {
      creates.push_back(i);
      continue;
    }
    auto const to = w.link().outstanding->to;
    auto const& found = to == side::ticket ? w.item.ticket : w.item.incident;
    auto const seen = w.link().outstanding->version_seen;
    auto settled = settle_by_reading(context_for(), std::move(w.link()), *found);
    take_settlement(w, std::move(settled));
    note_others(w, to, seen, found->version);
    // Still in doubt, or to be written once more for a merge, which comes earlier in a batch.
    auto const& link = w.link();
    if (link.outstanding || (link.state == link_state::merged && link.due)) w.active = false;
  }
  if (!creates.empty()) co_await settle_creates(std::move(creates));
  co_return core::result<void>{};
}

awaitable<void> batch::settle_creates(std::vector<std::size_t> indices) {
  std::vector<std::string> keys;
  for (auto i : indices) keys.push_back(all_[i].item.link.id);
  if (on_.to->control_key.empty()) co_await choose_control();
  // A ticket known to exist, asked for together with those in doubt: if it is not found either,
  // the search says nothing.
  auto const control_key = on_.to->control_key;
  if (!control_key.empty()) keys.push_back(control_key);
  auto found = co_await system(side::ticket).find(std::move(keys), wants_of(side::ticket));
  if (!found) {
    note_closed(side::ticket, found.error());
    for (auto i : indices) defer(all_[i], found.error());
    co_return;
  }
  std::unordered_map<std::string, std::vector<adapter::object>> by_key;
  for (auto& f : *found) by_key[f.key].push_back(std::move(f.found));
  auto const control = control_key.empty() || by_key.contains(control_key);
  if (control) {
    on_.to->control_missing_since.reset();
  } else {
    co_await doubt_control();
  }
  for (auto i : indices) {
    auto& w = all_[i];
    auto& hits = by_key[w.link().id];
    auto settled = settle_create_by_search(
        context_for(), std::move(w.link()), *w.item.incident, hits, control
    );
    take_settlement(w, std::move(settled));
    if (!hits.empty()) {
      ++with_.counters.tickets_adopted;
      with_.counters.twins += hits.size() - 1;
      w.item.ticket = std::move(hits.front());
      with_.log.info(
          "incident {}: ticket {} was found by its key after a create of unknown outcome",
          w.link().incident_id,
          w.link().ticket_label
      );
      // Read again with its comments before anything is decided; no older row of a list will do.
      w.link().incident_version = std::max(w.link().incident_version, w.item.incident->version);
      w.link().due = now();
      w.active = false;
    }
    if (w.link().outstanding) w.active = false;
  }
}

awaitable<void> batch::choose_control() {
  auto& to = *on_.to;
  store::link_filter linked;
  linked.route = on_.name;
  linked.state = link_state::linked;
  auto const rows_max = to.controls_gone.size() + 2;
  auto const found = co_await with_.store.list_links(linked, {}, rows_max);
  if (!found) co_return;
  for (auto const& link : *found) {
    if (link.id == to.control_key || to.controls_gone.contains(link.id)) continue;
    to.control_key = link.id;
    co_return;
  }
}

awaitable<void> batch::doubt_control() {
  auto& to = *on_.to;
  std::vector<std::string> keys{to.control_key};
  auto const links = co_await with_.store.links(std::move(keys));
  if (!links) co_return;
  if (links->empty() || links->front().state != link_state::linked) {
    to.control_key.clear();
    to.control_missing_since.reset();
    co_return;
  }
  std::vector<std::string> ids{links->front().ticket_id};
  auto const read = co_await to.system->read(std::move(ids), wants_of(side::ticket));
  if (!read) co_return;
  if (!to.control_missing_since) to.control_missing_since = now();
  if (now() < *to.control_missing_since + horizon_of(to)) co_return;
  auto const key = to.control_key;
  // One that is there but is not found (archived, say) gives way to another alone: without any the
  // search would be believed whatever it shows.
  if (read->front().presence == adapter::presence::gone) {
    to.controls_gone.insert(std::exchange(to.control_key, {}));
  }
  co_await choose_control();
  if (to.control_key == key) co_return;
  to.controls_gone.insert(key);
  to.control_missing_since.reset();
}

awaitable<void> batch::adopt_existing() {
  std::vector<std::string> keys;
  std::unordered_map<std::string, work*> by_key;
  for (auto& w : all_) {
    auto const& link = w.link();
    if (!w.active || link.state != link_state::opening || link.outstanding) continue;
    if (w.item.incident->created_at > with_.started) continue;
    keys.push_back(link.id);
    by_key.emplace(link.id, &w);
  }
  if (keys.empty()) co_return;
  auto found = co_await system(side::ticket).find(std::move(keys), wants_of(side::ticket));
  if (!found) {
    note_closed(side::ticket, found.error());
    for (auto const& [key, w] : by_key) defer(*w, found.error());
    co_return;
  }
  for (auto& f : *found) {
    auto const at = by_key.find(f.key);
    if (at == by_key.end()) continue;
    auto& w = *at->second;
    auto& link = w.link();
    if (link.state == link_state::linked) {
      ++with_.counters.twins;
      journal(link, "twin", {{"ticket", f.found.label}});
      continue;
    }
    link.state = link_state::linked;
    link.ticket_id = f.found.id;
    link.ticket_label = f.found.label;
    link.ticket_url = f.found.url;
    link.bases = {};
    // Read with its comments before anything is decided.
    link.due = now();
    w.active = false;
    w.changed = true;
    ++with_.counters.tickets_adopted;
    journal(link, "adopted", {{"ticket", f.found.label}});
    with_.log.info("incident {} has ticket {} already", link.incident_id, link.ticket_label);
  }
}

}  // namespace connector::sync
