#include <algorithm>
#include <spdlog/spdlog.h>
#include <unordered_map>

#include "connector/sync/batch.hpp"
#include "connector/sync/observation.hpp"
#include "connector/sync/successor.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

namespace {
constexpr int look_up_rounds_max = 4;
}  // namespace

awaitable<core::result<void>> batch::load_ledgers() {
  std::vector<std::string> ids;
  for (auto& w : all_) {
    if (w.active && !w.ledger_loaded && wants_ledger(w)) ids.push_back(w.link().id);
  }
  if (ids.empty()) co_return core::result<void>{};
  auto loaded = co_await with_.store.comments(std::move(ids));
  if (!loaded) co_return loaded.error();
  std::unordered_map<std::string, std::vector<store::comment_entry>> by_link;
  for (auto& entry : *loaded) by_link[entry.link].push_back(std::move(entry));
  for (auto& w : all_) {
    if (!w.active || w.ledger_loaded || !wants_ledger(w)) continue;
    w.ledger = std::move(by_link[w.link().id]);
    w.ledger_loaded = true;
  }
  co_return core::result<void>{};
}

bool batch::has_news(std::optional<adapter::object> const& o, std::string const& handled) {
  return o && o->comments && digest_of(*o->comments) != handled;
}

bool batch::wants_ledger(work& w) const {
  if (on_.map->comments().direction == mapping::direction::never) return false;
  // What is about to be posted was planned with the merge.
  if (!w.posts.empty()) return false;
  auto const& link = w.link();
  if (link.state == link_state::merged) return w.came_due;
  if (link.state != link_state::linked) return false;
  return w.came_due || has_news(w.item.incident, link.incident_comments) ||
         has_news(w.item.ticket, link.ticket_comments);
}

awaitable<void> batch::decide() {
  std::vector<work*> undecided;
  for (auto& w : all_) {
    if (w.active && w.next == step::none) undecided.push_back(&w);
  }
  may_ask_ = true;
  for (int round = 1; !undecided.empty(); ++round) {
    std::vector<mapping::open_question> questions;
    std::vector<work*> left;
    for (auto* w : undecided) {
      if (!decide_one(*w, questions)) left.push_back(w);
    }
    undecided = std::move(left);
    if (undecided.empty()) break;
    auto answered = co_await answer(questions);
    if (!answered) {
      for (auto* w : undecided) defer(*w, answered.error());
      break;
    }
    may_ask_ = round < look_up_rounds_max;
  }
  for (auto& w : all_) {
    if (w.active && w.next == step::none) accept_versions(w);
  }
}

/// False if questions have to be answered first.
bool batch::decide_one(work& w, std::vector<mapping::open_question>& questions) {
  auto const context = context_for();
  auto const& link = w.link();
  if (link.state == link_state::merged || link.state == link_state::gone) return true;
  auto decided = link.state == link_state::opening
                     ? decide_create(context, link, *w.item.incident)
                     : decide_update(context, link, *w.item.incident, *w.item.ticket);
  if (!decided.questions.empty()) {
    questions.insert(questions.end(), decided.questions.begin(), decided.questions.end());
    return false;
  }
  w.changed = w.changed || decided.changed;
  w.sends = decided.sends;
  w.link() = std::move(decided.link);
  w.next = decided.next;
  w.fields = std::move(decided.fields);
  append(std::move(decided.journal));
  if (!decided.new_ticket.empty()) continue_in_new_ticket(w, decided.new_ticket);
  return true;
}

void batch::continue_in_new_ticket(work& w, std::string const& reason) {
  with_.log.info(
      "incident {}: {}; it goes on in a new ticket after {}",
      w.link().incident_id,
      reason,
      w.link().ticket_label
  );
  auto record = succeed(w.link(), reason, now());
  w.link() = record.links.front();
  w.active = false;
  w.changed = false;
  auto const take = [](auto& into, auto& from) {
    std::move(from.begin(), from.end(), std::back_inserter(into));
  };
  take(changes_.links, record.links);
  take(changes_.comments, record.comments);
  append(std::move(record.journal));
}

awaitable<core::result<void>> batch::answer(std::vector<mapping::open_question> const& questions) {
  for (auto s : {side::incident, side::ticket}) {
    std::vector<adapter::question> asked;
    for (auto const& q : questions) {
      if (q.in != s || answers_.find(s, q.asked)) continue;
      if (std::find(asked.begin(), asked.end(), q.asked) == asked.end()) asked.push_back(q.asked);
    }
    if (asked.empty()) continue;
    auto copy = asked;
    auto found = co_await system(s).look_up(std::move(copy));
    if (!found) {
      note_closed(s, found.error());
      co_return found.error();
    }
    for (std::size_t i = 0; i < asked.size(); ++i) {
      answers_.add(s, std::move(asked[i]), std::move((*found)[i]));
    }
  }
  co_return core::result<void>{};
}

void batch::accept_versions(work& w) {
  auto& link = w.link();
  for (auto s : {side::incident, side::ticket}) {
    auto const& object = s == side::incident ? w.item.incident : w.item.ticket;
    auto& accepted = s == side::incident ? link.incident_version : link.ticket_version;
    if (!object || accepted >= object->version) continue;
    accepted = object->version;
    w.changed = true;
    if (is_new_to_record(*on_.map, link, s, *object, now())) {
      journal(
          link, "seen", {{"side", mapping::name(s)}, {"object", observed(*on_.map, s, *object)}}
      );
    }
  }
  if (w.item.incident && w.item.incident->url != link.incident_url) {
    link.incident_url = w.item.incident->url;
    w.changed = true;
  }
  if (link.failures > 0) {
    link.failures = 0;
    w.changed = true;
  }
}

void batch::note_missed_comments(work& w) {
  if (!w.item.swept) return;
  for (auto s : {side::incident, side::ticket}) {
    auto const& object = s == side::incident ? w.item.incident : w.item.ticket;
    auto const& handled =
        s == side::incident ? w.link().incident_comments : w.link().ticket_comments;
    if (!has_news(object, handled) || object->comments->empty()) continue;
    auto const newest = std::max_element(
        object->comments->begin(),
        object->comments->end(),
        [](auto const& l, auto const& r) { return l.at < r.at; }
    );
    note_missed(w, s, newest->at, "a comment");
  }
}

void batch::plan_all_comments() {
  auto const& policy = on_.map->comments();
  for (auto& w : all_) {
    if (!w.active) continue;
    auto& link = w.link();
    // What brought the link here has been dealt with; what is still to come sets it anew.
    auto const was_due = link.due.has_value() && *link.due <= now();
    if (was_due && w.next == step::none) {
      link.due.reset();
      w.changed = true;
    }
    if (!w.ledger_loaded) continue;
    comment_context const with{
        policy,
        now(),
        horizon_of(*on_.from),
        horizon_of(*on_.to),
        !w.item.incident_is_row,
        !w.item.ticket_is_row,
        link.state == link_state::linked};
    auto const* incident =
        w.item.incident && w.item.incident->comments ? &*w.item.incident->comments : nullptr;
    auto const* ticket =
        w.item.ticket && w.item.ticket->comments ? &*w.item.ticket->comments : nullptr;
    note_missed_comments(w);
    auto plan = plan_comments(with, link, incident, ticket, w.ledger);
    remember(w, plan.changed);
    if (incident) link.incident_comments = digest_of(*incident);
    if (ticket) link.ticket_comments = digest_of(*ticket);
    w.came_due = false;
    w.comments_due = plan.look_again;
    for (auto const& entry : plan.post) bring_forward(link, entry.not_before);
    w.changed = true;
    w.posts = std::move(plan.post);
    append(std::move(plan.journal));
    w.ledger_loaded = false;
  }
}

void batch::remember(work& w, std::vector<store::comment_entry> const& entries) {
  for (auto const& entry : entries) {
    auto const known = std::find_if(w.ledger.begin(), w.ledger.end(), [&](auto const& e) {
      return e.origin == entry.origin && e.origin_id == entry.origin_id;
    });
    if (known != w.ledger.end()) {
      *known = entry;
    } else {
      w.ledger.push_back(entry);
    }
    changes_.comments.push_back(entry);
  }
}

}  // namespace connector::sync
