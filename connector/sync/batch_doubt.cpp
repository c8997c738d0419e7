#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>
#include <unordered_map>
#include <utility>

#include "connector/sync/batch.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

namespace {

constexpr std::size_t control_rows = 50;

store::link_filter linked_on(std::string route) {
  store::link_filter all;
  all.route = std::move(route);
  all.state = link_state::linked;
  return all;
}

}  // namespace

awaitable<core::result<void>> batch::settle_doubts() {
  std::vector<std::size_t> creates, updates;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto& w = all_[i];
    // A write just decided for a merged incident is not in doubt; it has not been sent yet.
    if (!w.active || !w.link().outstanding || w.next != step::none) continue;
    auto const is_create = w.link().outstanding->what == store::outstanding::kind::create;
    (is_create ? creates : updates).push_back(i);
  }
  auto replaced = co_await edits_replaced(updates);
  for (auto i : updates) {
    auto& w = all_[i];
    auto const to = w.link().outstanding->to;
    auto const& found = to == side::ticket ? w.item.ticket : w.item.incident;
    auto const seen = w.link().outstanding->version_seen;
    auto settled = settle_by_reading(
        context_for(),
        std::move(w.link()),
        *w.item.incident,
        w.item.ticket ? &*w.item.ticket : nullptr,
        std::move(replaced[i])
    );
    take_settlement(w, std::move(settled));
    note_others(w, to, seen, found->version);
    // Still in doubt, or to be written once more for a merge, which comes earlier in a batch.
    auto const& link = w.link();
    if (link.outstanding || (link.state == link_state::merged && link.due)) w.active = false;
  }
  if (creates.empty()) co_return core::result<void>{};
  co_return co_await settle_creates(std::move(creates));
}

awaitable<std::map<std::size_t, std::vector<adapter::lost_edit>>> batch::edits_replaced(
    std::vector<std::size_t> const& in_doubt
) {
  std::map<std::size_t, std::vector<adapter::lost_edit>> all;
  for (auto s : {side::ticket, side::incident}) {
    if (on_.at(s).system->declared().history != adapter::edit_history::log) continue;
    std::vector<std::size_t> indices;
    std::vector<adapter::update> made;
    for (auto i : in_doubt) {
      auto const& sent = *all_[i].link().outstanding;
      auto const& found = s == side::ticket ? all_[i].item.ticket : all_[i].item.incident;
      if (sent.to != s || !took_effect(*on_.map, sent, *found)) continue;
      indices.push_back(i);
      made.push_back({found->id, sent.fields, sent.version_seen});
    }
    if (made.empty()) continue;
    auto found = co_await system(s).edits_replaced(std::move(made));
    if (!found) {
      // The writes are made, whatever becomes of this.
      note_closed(s, found.error());
      with_.log.warn(
          "{}: whether writes whose answer was lost replaced edits cannot be seen: {}",
          on_.at(s).name,
          found.error().detail
      );
      continue;
    }
    for (std::size_t k = 0; k < indices.size(); ++k) all[indices[k]] = std::move((*found)[k]);
  }
  co_return all;
}

awaitable<core::result<void>> batch::settle_creates(std::vector<std::size_t> indices) {
  std::set<std::string> keys;
  for (auto i : indices) {
    auto const& link = all_[i].item.link;
    keys.insert(link.id);
    // A ticket that was there before, asked for together with those in doubt: if it is not found
    // either, the search says nothing.
    if (!link.outstanding->control.empty()) keys.insert(link.outstanding->control);
  }
  auto found =
      co_await system(side::ticket).find({keys.begin(), keys.end()}, wants_of(side::ticket));
  if (!found) {
    note_closed(side::ticket, found.error());
    for (auto i : indices) defer(all_[i], found.error());
    co_return core::result<void>{};
  }
  std::unordered_map<std::string, std::vector<adapter::object>> by_key;
  for (auto& f : *found) by_key[f.key].push_back(std::move(f.found));
  for (auto i : indices) {
    auto& w = all_[i];
    auto& hits = by_key[w.link().id];
    auto const sent = *w.link().outstanding;
    auto const judged = sent.control.empty() || by_key.contains(sent.control);
    auto settled =
        settle_create_by_search(context_for(), std::move(w.link()), *w.item.incident, hits, judged);
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
    if (!w.link().outstanding) {
      std::erase_if(w.link().parked, [](auto const& p) { return p.rule == whole_create; });
      continue;
    }
    w.active = false;
    if (judged || now() < sent.not_before) continue;
    auto replaced = co_await replace_control(w);
    if (!replaced) co_return replaced.error();
  }
  co_return core::result<void>{};
}

awaitable<core::result<void>> batch::name_controls() {
  auto& known = on_.to->control;
  for (auto& w : all_) {
    if (!w.active || w.next != step::create) continue;
    if (known.empty()) {
      auto const found = co_await with_.store.list_links(linked_on(on_.name), {}, 1);
      if (!found) co_return found.error();
      if (found->empty()) break;
      known = found->front().id;
    }
    w.link().outstanding->control = known;
  }
  co_return core::result<void>{};
}

awaitable<core::result<void>> batch::replace_control(work& w) {
  auto& link = w.link();
  auto& sent = *link.outstanding;
  auto const told = std::any_of(link.parked.begin(), link.parked.end(), [](auto const& p) {
    return p.rule == whole_create;
  });
  if (!told) {
    store::parked p;
    p.rule = std::string{whole_create};
    p.reason =
        "the answer to its create was lost, and it cannot be found out whether the ticket was "
        "made: "
        "no ticket that was there before is found either. It goes on once one is; if they are "
        "gone, "
        "order a new ticket for this link";
    p.since = now();
    link.parked.push_back(std::move(p));
    ++with_.counters.parked;
    journal(link, "parked", {{"rule", whole_create}, {"to", "ticket"}, {"reason", "no control"}});
    with_.log.error("incident {}: {}", link.incident_id, link.parked.back().reason);
  }
  // Those before the one that was not found come last.
  for (auto const& after : {sent.control, std::string{}}) {
    auto const page = co_await with_.store.list_links(linked_on(on_.name), after, control_rows);
    if (!page) co_return page.error();
    // One that has not changed since then was linked before.
    auto const other = std::find_if(page->begin(), page->end(), [&](store::link const& l) {
      return l.changed_at < sent.sent_at && l.id != sent.control;
    });
    if (other == page->end()) continue;
    sent.control = other->id;
    break;
  }
  co_return core::result<void>{};
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
