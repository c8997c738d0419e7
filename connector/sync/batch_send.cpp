#include <algorithm>
#include <spdlog/spdlog.h>

#include "connector/sync/batch.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

namespace {

constexpr std::chrono::seconds stuck_retry{3600};

/// A list row or a write's answer lacks some fields; what was known before still holds for them.
void carry_over(
    adapter::object& fresh,
    adapter::object const& before,
    std::vector<std::string> const& not_in_rows
) {
  for (auto const& name : not_in_rows) {
    if (fresh.fields.contains(name)) continue;
    if (auto const* known = before.fields.if_contains(name)) fresh.fields[name] = *known;
  }
  if (!fresh.comments) fresh.comments = before.comments;
  if (fresh.created_at == core::time_point{}) fresh.created_at = before.created_at;
  if (fresh.label.empty()) fresh.label = before.label;
  if (fresh.url.empty()) fresh.url = before.url;
}

}  // namespace

awaitable<void> batch::send() {
  auto const& needs_ticket = wants_of(side::ticket);
  auto const& needs_incident = wants_of(side::incident);

  std::vector<std::size_t> creates, ticket_updates, incident_updates;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    switch (all_[i].next) {
      case step::create:
        creates.push_back(i);
        break;
      case step::update_ticket:
        ticket_updates.push_back(i);
        break;
      case step::update_incident:
        incident_updates.push_back(i);
        break;
      case step::none:
        if (all_[i].active && all_[i].posts.empty()) all_[i].active = false;
        break;
    }
  }
  if (!creates.empty()) {
    std::vector<adapter::creation> calls;
    for (auto i : creates) calls.push_back({all_[i].item.link.id, std::move(all_[i].fields)});
    auto answers = co_await system(side::ticket).create_all(std::move(calls), needs_ticket);
    for (std::size_t k = 0; k < creates.size(); ++k) {
      take_answer(all_[creates[k]], side::ticket, std::move(answers[k]));
    }
  }
  if (!ticket_updates.empty()) {
    auto calls = updates(ticket_updates, side::ticket);
    auto answers = co_await system(side::ticket).update_all(std::move(calls), needs_ticket);
    for (std::size_t k = 0; k < ticket_updates.size(); ++k) {
      take_answer(all_[ticket_updates[k]], side::ticket, std::move(answers[k]));
    }
  }
  if (!incident_updates.empty()) {
    auto calls = updates(incident_updates, side::incident);
    auto answers = co_await system(side::incident).update_all(std::move(calls), needs_incident);
    for (std::size_t k = 0; k < incident_updates.size(); ++k) {
      take_answer(all_[incident_updates[k]], side::incident, std::move(answers[k]));
    }
  }
  co_await post_comments(side::ticket);
  co_await post_comments(side::incident);
  for (auto& w : all_) forget_posts(w);
}

/// What was posted and answered needs no second look; what is still in doubt has set its time anew.
void batch::forget_posts(work& w) {
  if (w.posts.empty()) return;
  auto& link = w.link();
  auto const set_by_posts = link.due && *link.due >= w.posts.front().not_before;
  if (w.active && set_by_posts) {
    link.due.reset();
    w.changed = true;
  }
  w.posts.clear();
}

std::vector<adapter::update> batch::updates(std::vector<std::size_t> const& indices, side to) {
  std::vector<adapter::update> calls;
  for (auto i : indices) {
    auto& w = all_[i];
    auto const& link = w.link();
    adapter::update call;
    call.id = to == side::ticket ? link.ticket_id : link.incident_id;
    call.fields = std::move(w.fields);
    call.version_seen = to == side::ticket ? link.ticket_version : link.incident_version;
    calls.push_back(std::move(call));
  }
  return calls;
}

void batch::take_answer(work& w, side to, core::result<adapter::receipt> answer) {
  auto const what = std::exchange(w.next, step::none);
  if (!answer) {
    take_failure(w, to, answer.error());
    return;
  }
  auto& stored = answer->stored;
  if (stored.presence == adapter::presence::merged) {
    // The write may have reached only the merged source. Follow the merge first, then see again.
    w.link().outstanding.reset();
    w.link().due = now();
    w.active = false;
    w.changed = true;
    return;
  }
  auto& slot = to == side::ticket ? w.item.ticket : w.item.incident;
  auto const told_comments = stored.comments.has_value();
  if (slot) carry_over(stored, *slot, on_.at(to).system->declared().fields_not_in_rows);
  if (w.link().state == link_state::merged) {
    finish_merged(w, stored);
    return;
  }
  auto const seen = w.link().outstanding->version_seen;
  auto settled = settle_applied(
      context_for(),
      std::move(w.link()),
      *w.item.incident,
      w.item.ticket ? &*w.item.ticket : nullptr,
      *answer
  );
  take_settlement(w, std::move(settled));
  slot = std::move(stored);
  w.suspects.clear();
  auto const& declared = on_.at(to).system->declared();
  if (what == step::create) {
    ++with_.counters.tickets_created;
    // From here on it is a link like any other, even if a backfill brought it.
    w.link().lane = on_.map->lane(w.item.incident->fields);
    on_.to->control_key = w.link().id;
    // A new ticket has no comments but ours to come.
    if (!w.item.ticket->comments) w.item.ticket->comments.emplace();
    with_.log.info("incident {} opened ticket {}", w.link().incident_id, w.link().ticket_label);
  } else {
    ++(to == side::ticket ? with_.counters.tickets_updated : with_.counters.incidents_updated);
    with_.log.debug("link {}: {} updated", w.link().id, mapping::name(to));
    auto const others_came = note_others(w, to, seen, slot->version);
    auto const counts = declared.history == adapter::edit_history::counter;
    if (counts && slot->version == seen + 1) on_.at(to).own_name = slot->changed_by;
    // The answer shows what became of the fields. A comment made since our reading is in the same
    // version, which will be no news any more: it is looked for now.
    if ((others_came || !counts) && wants_of(to).comments && !told_comments) {
      w.link().due = now();
      w.active = false;
    }
  }
  accept_versions(w);
}

bool batch::note_others(work& w, side to, std::int64_t seen, std::int64_t now_at) {
  auto const counts = on_.at(to).system->declared().history == adapter::edit_history::counter;
  if (!counts || w.link().outstanding || now_at <= seen + 1) return false;
  journal(
      w.link(), "changed_meanwhile", {{"side", mapping::name(to)}, {"seen", seen}, {"now", now_at}}
  );
  return true;
}

void batch::finish_merged(work& w, adapter::object const& stored) {
  auto& link = w.link();
  link.outstanding.reset();
  link.due.reset();
  link.ticket_version = std::max(link.ticket_version, stored.version);
  journal(link, "settled", {{"call", "update"}, {"to", "ticket"}, {"version", stored.version}});
  ++with_.counters.tickets_updated;
  w.active = false;
  w.changed = true;
}

void batch::take_failure(work& w, side to, core::error const& why) {
  note_closed(to, why);
  auto& link = w.link();
  if (why.code == core::errc::rejected && why.effect == core::effect::none) {
    isolate(w, why);
    return;
  }
  if (why.code == core::errc::not_found && why.effect == core::effect::none) {
    link.outstanding.reset();
    note_gone(w, to);
    return;
  }
  ++with_.counters.failures;
  auto settled = settle_failed(context_for(), std::move(link), why, backoff(link, &why));
  take_settlement(w, std::move(settled));
  w.active = false;
  with_.log.warn(
      "link {} (incident {}): {} {}: {}",
      w.link().id,
      w.link().incident_id,
      why.effect == core::effect::unknown ? "outcome unknown of a write to the"
                                          : "a write was not taken by the",
      mapping::name(to),
      why.detail
  );
}

void batch::isolate(work& w, core::error const& why) {
  auto& link = w.link();
  auto const sent = *link.outstanding;
  link.outstanding.reset();
  w.changed = true;
  journal(link, "refused", {{"to", mapping::name(sent.to)}, {"detail", why.detail}});
  if (w.suspects.empty()) {
    w.suspects = refused_rules(*on_.map, sent, why);
    w.suspect = 0;
    w.refusal = why.detail;
    if (w.suspects.empty()) {
      give_up(w, sent, why);
      return;
    }
    w.refused = sent;
    park_suspect(w);
    if (w.suspects.size() == 1) w.suspects.clear();
    return;
  }
  auto const& first = *w.refused;
  std::erase_if(link.parked, [&](auto const& p) {
    return p.refused && p.rule == w.suspects[w.suspect] && p.to == first.to;
  });
  if (++w.suspect < w.suspects.size()) {
    park_suspect(w);
    return;
  }
  // No single one is to blame: all wait for a person or for new values. A create waits as a whole,
  // to be tried again with all that it has to say.
  auto const suspects = std::exchange(w.suspects, {});
  if (first.what == store::outstanding::kind::create) {
    give_up(w, first, why);
    return;
  }
  for (auto const& rule : suspects) park_refused(link, first, rule, w.refusal, now());
}

void batch::park_suspect(work& w) {
  auto& link = w.link();
  park_refused(link, *w.refused, w.suspects[w.suspect], w.refusal, now());
  ++with_.counters.parked;
  with_.log.warn("link {}: parked {}: {}", link.id, w.suspects[w.suspect], w.refusal);
}

void batch::give_up(work& w, store::outstanding const& sent, core::error const& why) {
  auto& link = w.link();
  auto const rule = sent.what == store::outstanding::kind::create ? whole_create
                    : sent.to == side::ticket                     ? whole_ticket
                                                                  : whole_incident;
  park_refused(link, sent, std::string{rule}, why.detail, now());
  if (link.state == link_state::merged) {
    link.due.reset();
  } else {
    link.due = now() + stuck_retry;
  }
  w.active = false;
  with_.log.error(
      "incident {}: the {} refuses every write: {}",
      link.incident_id,
      on_.at(sent.to).name,
      why.detail
  );
}

awaitable<void> batch::post_comments(side to) {
  std::vector<adapter::new_comment> calls;
  std::vector<std::pair<std::size_t, std::size_t>> origin;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto& w = all_[i];
    for (std::size_t k = 0; k < w.posts.size(); ++k) {
      if (mapping::other(w.posts[k].origin) != to) continue;
      adapter::new_comment call;
      call.object_id = to == side::ticket ? w.link().ticket_id : w.link().incident_id;
      call.text = w.posts[k].text;
      if (to == side::ticket) call.place = on_.map->comments().place;
      calls.push_back(std::move(call));
      origin.emplace_back(i, k);
    }
  }
  if (calls.empty()) co_return;
  auto answers = co_await system(to).comment_all(std::move(calls), wants_of(to));
  for (std::size_t n = 0; n < origin.size(); ++n) {
    auto& w = all_[origin[n].first];
    take_posted(w, to, w.posts[origin[n].second], answers[n]);
  }
}

void batch::take_posted(
    work& w,
    side to,
    store::comment_entry const& posted,
    core::result<adapter::receipt> const& answer
) {
  auto& link = w.link();
  auto again = now();
  if (!answer) {
    auto const why = answer.error();
    again = backoff(link, &why);
  }
  auto entry = after_posting(posted, answer, now(), again, horizon_of(on_.at(to)));
  w.changed = true;
  if (answer) {
    ++with_.counters.comments_copied;
    auto const& stored = answer->stored;
    auto& version = to == side::ticket ? link.ticket_version : link.incident_version;
    auto& slot = to == side::ticket ? w.item.ticket : w.item.incident;
    // Our own comment moves the version. If exactly that happened, there is nothing to look at. If
    // more did, or nobody can tell (a person's comment in between shows in no field, and on some
    // instances ours moves nothing), the next poll brings it, since the accepted version stays
    // behind.
    auto const& in = on_.at(to);
    auto const counts = in.system->declared().history == adapter::edit_history::counter;
    auto const is_ours = counts && stored.version == version + 1 && slot &&
                         stored.fields == slot->fields && stored.changed_by == in.own_name;
    if (is_ours) version = stored.version;
  } else {
    note_closed(to, answer.error());
    ++with_.counters.failures;
    with_.log.warn("link {}: a comment was not copied: {}", link.id, answer.error().detail);
  }
  if (entry.state == store::comment_state::in_doubt ||
      entry.state == store::comment_state::pending) {
    bring_forward(link, std::max(entry.not_before, now()));
    w.active = false;
  }
  std::vector<store::comment_entry> one{std::move(entry)};
  remember(w, one);
}

}  // namespace connector::sync
