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

/// The system asked for a pause, so that nothing more of the same kind is sent in this round.
std::optional<core::error> wait_asked_by(core::result<adapter::receipt> const& answer) {
  if (answer) return std::nullopt;
  auto why = answer.error();
  if (why.code != core::errc::rate_limited && why.code != core::errc::unavailable) {
    return std::nullopt;
  }
  why.effect = core::effect::none;
  return why;
}

}  // namespace

awaitable<core::result<void>> batch::send() {
  for (auto& w : all_) {
    // Nothing else is left to send: the one on trial is the one refused.
    if (w.active && w.next == step::none && !w.suspects.empty()) {
      w.suspects.clear();
      w.changed = true;
    }
    if (w.next == step::none && w.posts.empty()) w.active = false;
  }
  for (auto const what : {step::create, step::update_ticket, step::update_incident}) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].next == what) indices.push_back(i);
    }
    auto sent = co_await write(what, std::move(indices));
    if (!sent) co_return sent.error();
  }
  for (auto to : {side::ticket, side::incident}) {
    auto sent = co_await post_comments(to);
    if (!sent) co_return sent.error();
  }
  for (auto& w : all_) forget_posts(w);
  co_return core::result<void>{};
}

awaitable<core::result<void>> batch::write(step what, std::vector<std::size_t> indices) {
  auto const to = what == step::update_incident ? side::incident : side::ticket;
  // Of tickets where there was none yet the first goes alone: the others are judged by it.
  auto const first = what == step::create && on_.to->control.empty()
                         ? std::min<std::size_t>(1, indices.size())
                         : 0;
  auto parts = portions(to, std::span{indices}.subspan(first));
  if (first != 0) parts.insert(parts.begin(), std::span{indices}.first(first));
  std::optional<core::error> asked_to_wait;
  for (auto const& part : parts) {
    if (asked_to_wait) {
      for (auto i : part) take_answer(all_[i], to, *asked_to_wait);
      continue;
    }
    if (what == step::create) name_first_control(part);
    auto fresh = co_await renew_records();
    if (!fresh) co_return fresh.error();
    std::vector<core::result<adapter::receipt>> answers;
    if (what == step::create) {
      answers = co_await system(to).create_all(creations(part), wants_of(to));
    } else {
      answers = co_await system(to).update_all(updates(part, to), wants_of(to));
    }
    for (std::size_t k = 0; k < part.size(); ++k) {
      if (!asked_to_wait) asked_to_wait = wait_asked_by(answers[k]);
      take_answer(all_[part[k]], to, std::move(answers[k]));
    }
  }
  co_return core::result<void>{};
}

std::vector<std::span<std::size_t const>> batch::portions(
    side to, std::span<std::size_t const> indices
) const {
  auto const& declared = on_.at(to).system->declared();
  auto const most = std::max<std::size_t>(1, declared.write_at_once * declared.calls_at_once);
  std::vector<std::span<std::size_t const>> all;
  for (std::size_t first = 0; first < indices.size(); first += most) {
    all.push_back(indices.subspan(first, std::min(most, indices.size() - first)));
  }
  return all;
}

void batch::name_first_control(std::span<std::size_t const> creates) {
  auto const& known = on_.to->control;
  for (auto i : creates) {
    auto& control = all_[i].link().outstanding->control;
    if (known.empty() || !control.empty()) continue;
    control = known;
    recorded_at_ = {};
  }
}

awaitable<core::result<void>> batch::renew_records() {
  auto const fresh = fresh_for(std::min(horizon_of(*on_.from), horizon_of(*on_.to)));
  // More than once where the commit itself takes long.
  while (now() - recorded_at_ > fresh) {
    recorded_at_ = now();
    auto done = co_await with_.store.commit(renewed_records());
    if (!done) co_return done.error();
  }
  co_return core::result<void>{};
}

store::changes batch::renewed_records() {
  store::changes renewed;
  for (auto& w : all_) {
    auto& link = w.link();
    if (w.next != step::none) {
      auto& sent = *link.outstanding;
      sent.not_before = doubt_ends(now(), horizon_of(on_.at(sent.to)));
      renewed.outbox.push_back({link.id, sent, *link.due});
    }
    for (auto& entry : w.posts) {
      if (entry.text.empty()) continue;
      auto const before = entry.not_before;
      entry.not_before = doubt_ends(now(), horizon_of(on_.at(mapping::other(entry.origin))));
      if (link.due == before) link.due = entry.not_before;
      renewed.comments.push_back(entry);
    }
  }
  return renewed;
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

std::vector<adapter::creation> batch::creations(std::span<std::size_t const> indices) {
  std::vector<adapter::creation> calls;
  for (auto i : indices) calls.push_back({all_[i].item.link.id, std::move(all_[i].fields)});
  return calls;
}

std::vector<adapter::update> batch::updates(std::span<std::size_t const> indices, side to) {
  std::vector<adapter::update> calls;
  for (auto i : indices) {
    auto& w = all_[i];
    auto const& link = w.link();
    adapter::update call;
    call.id = to == side::ticket ? link.ticket_id : link.incident_id;
    call.fields = std::move(w.fields);
    call.version_seen = link.outstanding->version_seen;
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
  if (what == step::create && stored.presence == adapter::presence::gone) {
    take_unseen(w, stored);
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
    on_.to->control = w.link().id;
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

void batch::take_unseen(work& w, adapter::object const& ticket) {
  auto& link = w.link();
  link.outstanding.reset();
  link.state = link_state::linked;
  link.ticket_id = ticket.id;
  link.ticket_label = ticket.label.empty() ? ticket.id : ticket.label;
  link.bases = {};
  ++with_.counters.tickets_created;
  journal(link, "settled", {{"call", "create"}, {"to", "ticket"}, {"id", ticket.id}});
  with_.log.warn(
      "incident {} opened ticket {}, which our account may not see", link.incident_id, ticket.id
  );
  note_gone(w, side::ticket);
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
  auto settled = settle_failed(context_for(), std::move(link), why, backoff(link.failures, &why));
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

awaitable<core::result<void>> batch::post_comments(side to) {
  std::vector<std::pair<std::size_t, std::size_t>> posts;  // of which work, and which one
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    for (std::size_t k = 0; k < all_[i].posts.size(); ++k) {
      if (mapping::other(all_[i].posts[k].origin) != to) continue;
      indices.push_back(posts.size());
      posts.emplace_back(i, k);
    }
  }
  for (auto const& part : portions(to, indices)) {
    auto fresh = co_await renew_records();
    if (!fresh) co_return fresh.error();
    std::vector<adapter::new_comment> calls;
    for (auto n : part) {
      auto& w = all_[posts[n].first];
      adapter::new_comment call;
      call.object_id = to == side::ticket ? w.link().ticket_id : w.link().incident_id;
      call.text = w.posts[posts[n].second].text;
      if (to == side::ticket) call.place = on_.map->comments().place;
      calls.push_back(std::move(call));
    }
    auto answers = co_await system(to).comment_all(std::move(calls), wants_of(to));
    for (std::size_t k = 0; k < part.size(); ++k) {
      auto const [i, which] = posts[part[k]];
      take_posted(all_[i], to, all_[i].posts[which], answers[k]);
    }
  }
  co_return core::result<void>{};
}

void batch::take_posted(
    work& w, side to, store::comment_entry& posted, core::result<adapter::receipt> const& answer
) {
  auto& link = w.link();
  auto again = now();
  if (!answer) {
    auto const why = answer.error();
    again = backoff(posted.attempts, &why);
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
    // What a refusal is about is found out to its end first.
    w.active = !w.suspects.empty();
  }
  posted.text.clear();  // sent
  std::vector<store::comment_entry> one{std::move(entry)};
  remember(w, one);
}

}  // namespace connector::sync
