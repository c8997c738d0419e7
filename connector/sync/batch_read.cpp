#include <algorithm>
#include <spdlog/spdlog.h>

#include "connector/sync/batch.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

bool batch::needs_read(work const& w, side s) const {
  auto const& link = w.item.link;
  auto const& known = s == side::incident ? w.item.incident : w.item.ticket;
  if (s == side::ticket && link.ticket_id.empty()) return false;
  // A list is a hint; the side whose write is in doubt is read afresh.
  if (link.outstanding && link.outstanding->to == s &&
      link.outstanding->what == store::outstanding::kind::update) {
    return true;
  }
  return !known || may_be_older(w, s);
}

bool batch::may_be_older(work const& w, side s) const {
  auto const& declared = on_.at(s).system->declared();
  auto const is_row = s == side::incident ? w.item.incident_is_row : w.item.ticket_is_row;
  if (!is_row || declared.history == adapter::edit_history::counter) return false;
  auto const& link = w.item.link;
  auto const accepted = s == side::incident ? link.incident_version : link.ticket_version;
  auto const& row = s == side::incident ? *w.item.incident : *w.item.ticket;
  return accepted != 0 && row.version - accepted < declared.stamp_step.count();
}

bool batch::needs_completing(work const& w, side s) const {
  auto const is_row = s == side::incident ? w.item.incident_is_row : w.item.ticket_is_row;
  if (!is_row) return false;
  auto const& declared = on_.at(s).system->declared();
  if (!declared.rows_have_comments && wants_of(s).comments) return true;
  return needs_left_out(declared.fields_not_in_rows, w.item.link.state, s);
}

bool batch::needs_left_out(std::vector<std::string> const& left_out, link_state state, side s)
    const {
  for (auto const& r : on_.map->rules()) {
    if (r->direction() == mapping::direction::never) continue;
    if (r->direction() == mapping::direction::once && state != link_state::opening) continue;
    for (auto const& f : r->fields(s)) {
      if (std::find(left_out.begin(), left_out.end(), f) != left_out.end()) return true;
    }
  }
  return false;
}

awaitable<core::result<void>> batch::read_missing(side s) {
  std::vector<std::size_t> by_id, rows;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (needs_read(all_[i], s)) {
      by_id.push_back(i);
    } else if (needs_completing(all_[i], s)) {
      rows.push_back(i);
    }
  }
  auto& asked = system(s);
  if (!by_id.empty()) {
    std::vector<std::string> ids;
    for (auto i : by_id) {
      auto const& link = all_[i].item.link;
      ids.push_back(s == side::incident ? link.incident_id : link.ticket_id);
    }
    auto read = co_await asked.read(std::move(ids), wants_of(s));
    auto taken = take(s, by_id, std::move(read));
    if (!taken) co_return taken.error();
  }
  if (!rows.empty()) {
    std::vector<adapter::object> known;
    for (auto i : rows) {
      auto& object = s == side::incident ? all_[i].item.incident : all_[i].item.ticket;
      known.push_back(std::move(*object));
    }
    auto read = co_await asked.complete(std::move(known), wants_of(s));
    auto taken = take(s, rows, std::move(read));
    if (!taken) co_return taken.error();
  }
  co_return core::result<void>{};
}

core::result<void> batch::take(
    side s, std::vector<std::size_t> const& indices, core::result<std::vector<adapter::object>> read
) {
  if (!read) {
    note_closed(s, read.error());
    // Nothing was decided yet, so the whole batch can simply be tried again by whoever brought
    // it, unless these links are being retried already.
    if (is_connection_trouble(read.error().code) && !retrying()) return read.error();
    for (auto i : indices) defer(all_[i], read.error());
    return {};
  }
  for (std::size_t k = 0; k < indices.size(); ++k)
    accept(all_[indices[k]], s, std::move((*read)[k]));
  return {};
}

bool batch::retrying() const {
  return std::any_of(all_.begin(), all_.end(), [](work const& w) {
    return w.item.link.due.has_value() || w.item.link.outstanding.has_value();
  });
}

void batch::accept(work& w, side s, adapter::object object) {
  auto& link = w.link();
  auto& slot = s == side::incident ? w.item.incident : w.item.ticket;
  if (link.state == link_state::gone) {
    slot = std::move(object);
    return;
  }
  auto const floor = s == side::incident ? link.incident_version : link.ticket_version;
  if (object.presence == adapter::presence::gone) {
    note_gone(w, s);
  } else if (object.version < floor) {
    ++with_.counters.stale_reads;
    link.due = now() + std::chrono::seconds{2};
    w.active = false;
    w.changed = true;
  } else if (s == side::incident || object.presence == adapter::presence::present) {
    // What a merged incident's ticket refuses waits for a person.
    std::erase_if(link.parked, [&](auto const& p) {
      return p.rule == (s == side::incident ? whole_incident : whole_ticket) &&
             !(p.refused && link.state == link_state::merged);
    });
  }
  if (object.version > floor) note_missed(w, s, object.changed_at, "a change");
  slot = std::move(object);
}

void batch::note_missed(work& w, side s, core::time_point changed_at, std::string_view what) {
  if (!w.item.swept) return;
  auto const& c = on_.at(s);
  auto const overlap = c.overlap.count() > 0 ? c.overlap : c.system->declared().list_lag;
  // Within this time a poll may still bring it.
  if (now() - changed_at <= overlap + 2 * c.poll_every + std::chrono::minutes{1}) return;
  ++with_.counters.missed;
  journal(
      w.link(),
      "missed",
      {{"side", mapping::name(s)}, {"what", what}, {"changed_at", core::format_time(changed_at)}}
  );
}

void batch::note_gone(work& w, side s) {
  auto& link = w.link();
  auto const rule = s == side::incident ? whole_incident : whole_ticket;
  auto const horizon = horizon_of(on_.at(s));
  w.active = false;
  w.changed = true;
  auto const seen = std::find_if(link.parked.begin(), link.parked.end(), [&](auto const& p) {
    return p.rule == rule;
  });
  if (seen == link.parked.end()) {
    store::parked p;
    p.rule = std::string{rule};
    p.to = s;
    p.reason = "not found; looked for once more before this is believed";
    p.since = now();
    link.parked.push_back(std::move(p));
    link.due = now() + horizon;
    journal(link, "missing", {{"side", mapping::name(s)}});
  } else if (now() >= seen->since + horizon) {
    seen->reason = "deleted, or no longer visible to the connector's account";
    link.state = link_state::gone;
    link.due.reset();
    link.outstanding.reset();
    journal(link, "gone", {{"side", mapping::name(s)}});
    with_.log.error(
        "link {}: the {} is gone: deleted, or no longer visible; it is not made again by itself. "
        "When it is seen again, the link goes on",
        link.id,
        s == side::incident ? "incident " + link.incident_id : "ticket " + link.ticket_label
    );
  } else {
    link.due = seen->since + horizon;
  }
}

awaitable<core::result<void>> batch::take_back() {
  std::vector<work*> seen;
  std::vector<std::string> ids;
  for (auto& w : all_) {
    auto& link = w.link();
    if (!w.active || link.state != link_state::gone) continue;
    w.active = false;
    w.changed = w.changed || link.due.has_value();
    link.due.reset();
    auto const present = [](std::optional<adapter::object> const& o) {
      return o && o->presence == adapter::presence::present;
    };
    if (present(w.item.incident) && present(w.item.ticket)) {
      seen.push_back(&w);
      ids.push_back(link.incident_id);
      continue;
    }
    for (auto s : {side::incident, side::ticket}) {
      auto const& object = s == side::incident ? w.item.incident : w.item.ticket;
      auto& accepted = s == side::incident ? link.incident_version : link.ticket_version;
      if (!object || object->version <= accepted) continue;
      accepted = object->version;
      w.changed = true;
    }
  }
  if (seen.empty()) co_return core::result<void>{};
  auto const alone = co_await merging_.enter();
  auto links = co_await with_.store.links_by_incident(on_.from->name, std::move(ids));
  if (!links) co_return links.error();
  for (auto* w : seen) {
    auto& link = w->link();
    auto const replaced = std::any_of(links->begin(), links->end(), [&](store::link const& l) {
      return l.route == link.route && l.incident_id == link.incident_id &&
             l.state != link_state::gone;
    });
    if (replaced) continue;
    link.state = link_state::linked;
    std::erase_if(link.parked, [](auto const& p) {
      return p.rule == whole_incident || p.rule == whole_ticket;
    });
    // What changed meanwhile is still to be compared, even if this process dies first, and comments
    // that waited to be copied go on.
    link.due = now();
    w->came_due = true;
    journal(link, "returned", {});
    with_.log.warn(
        "link {}: incident {} and ticket {} are there again",
        link.id,
        link.incident_id,
        link.ticket_label
    );
    w->active = true;
    w->changed = true;
  }
  // On record before merges are looked at: an incident has one link on a route.
  auto done = co_await commit();
  co_return done;
}

}  // namespace connector::sync
