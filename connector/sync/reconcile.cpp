#include "connector/sync/reconcile.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>
#include <spdlog/spdlog.h>
#include <unordered_map>

#include "connector/sync/comments.hpp"
#include "connector/sync/decide.hpp"
#include "connector/sync/marks.hpp"
#include "connector/sync/settle.hpp"

namespace connector::sync {
namespace asio = boost::asio;

namespace {

using mapping::side;
using store::link_state;
template <class T>
using awaitable = asio::awaitable<T>;

constexpr int rounds_max = 40;
constexpr int redirects_max = 16;
constexpr int look_up_rounds_max = 4;
constexpr std::chrono::seconds backoff_first{1};
constexpr std::chrono::seconds backoff_max{900};
constexpr std::chrono::seconds stuck_retry{3600};

/// Pseudo-rules under which trouble with the whole ticket or incident is parked.
constexpr auto whole_ticket = "(ticket)";
constexpr auto whole_incident = "(incident)";
constexpr auto whole_create = "(create)";

bool is_connection_trouble(core::errc code) {
  using core::errc;
  return code == errc::unauthorized || code == errc::forbidden || code == errc::unreachable ||
         code == errc::unavailable || code == errc::rate_limited || code == errc::timeout;
}

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

/// One item while its batch is worked on.
struct work {
  sync::item item;
  std::vector<store::comment_entry> ledger;
  bool ledger_loaded = false;
  bool active = true;    ///< still to be decided in this batch
  bool changed = false;  ///< link differs from the store
  step next = step::none;
  core::record fields;
  std::vector<store::comment_entry> posts;

  /// While finding out which of several rules a refusal is about.
  std::vector<std::string> suspects;
  std::size_t suspect = 0;
  std::string refusal;
  std::optional<store::outstanding> refused;

  store::link& link() { return item.link; }
};

class reconciler::batch {
 public:
  batch(surroundings& with, route const& on, std::vector<item> items) : with_{with}, on_{on} {
    for (auto& i : items) {
      work w;
      w.item = std::move(i);
      all_.push_back(std::move(w));
    }
    // The most urgent first, wherever an order is left to us.
    std::stable_sort(all_.begin(), all_.end(), [](work const& l, work const& r) {
      return l.item.link.lane < r.item.link.lane;
    });
  }

  awaitable<core::result<void>> run() {
    for (auto s : {side::incident, side::ticket}) {
      auto read = co_await read_missing(s);
      if (!read) co_return read.error();
    }
    auto merged = co_await follow_merges();
    if (!merged) co_return merged.error();
    auto settled = co_await settle_doubts();
    if (!settled) co_return settled.error();
    for (int round = 0; round < rounds_max && any_active(); ++round) {
      auto ledger = co_await load_ledgers();
      if (!ledger) co_return ledger.error();
      co_await decide();
      plan_all_comments();
      auto before = co_await commit();
      if (!before) co_return before.error();
      co_await send();
      auto after = co_await commit();
      if (!after) co_return after.error();
    }
    co_return core::result<void>{};
  }

 private:
  core::time_point now() const { return with_.clock.now(); }

  context context_for() const {
    return {
        *on_.map,
        answers_,
        with_.clock.now(),
        horizon_of(*on_.from),
        horizon_of(*on_.to),
        std::chrono::seconds{5},
        with_.epoch,
        may_ask_};
  }

  adapter::wants wants_of(side s) const {
    adapter::wants needs;
    needs.fields = on_.map->fields(s);
    needs.comments = on_.map->comments().direction != mapping::direction::never;
    return needs;
  }

  bool any_active() const {
    return std::any_of(all_.begin(), all_.end(), [](work const& w) { return w.active; });
  }

  /// Full jitter: anywhere up to twice as long as last time.
  core::time_point backoff(store::link const& link, core::error const* why = nullptr) {
    if (why && why->retry_after) {
      return now() + std::clamp<std::chrono::seconds>(
                         *why->retry_after, backoff_first, std::chrono::seconds{3600}
                     );
    }
    auto const ceiling = std::min<std::int64_t>(
        backoff_max.count() * 1000, (backoff_first.count() * 1000) << std::min(link.failures, 12)
    );
    auto const wait =
        static_cast<std::int64_t>(with_.random.next() % static_cast<std::uint64_t>(ceiling)) + 500;
    return now() + std::chrono::milliseconds{wait};
  }

  void journal(store::link const& link, std::string kind, core::record data) {
    changes_.journal.push_back(journal_line(now(), link.id, std::move(kind), std::move(data)));
  }

  void append(std::vector<store::journal_entry> lines) {
    for (auto& line : lines) {
      if (line.kind == "conflict") ++with_.counters.conflicts;
      if (line.kind == "parked" || line.kind == "not_as_asked") ++with_.counters.parked;
      if (line.kind == "conflict" || line.kind == "parked" || line.kind == "not_as_asked") {
        with_.log.warn("{}: link {}: {}", line.kind, line.link, boost::json::serialize(line.data));
      }
      changes_.journal.push_back(std::move(line));
    }
  }

  /// Gives up on the item for now, with a time for the next try.
  void defer(work& w, core::error const& why) {
    auto& link = w.link();
    ++link.failures;
    link.due = backoff(link, &why);
    w.active = false;
    w.changed = true;
    ++with_.counters.failures;
    journal(
        link,
        "deferred",
        {{"code", core::name(why.code)},
         {"detail", why.detail},
         {"again", core::format_time(*link.due)}}
    );
    with_.log.warn(
        "link {} (incident {}): {}; next try {}",
        link.id,
        link.incident_id,
        why.detail,
        core::format_time(*link.due)
    );
  }

  void note_closed(side s, core::error const& why) {
    if (why.code == core::errc::rate_limited && why.retry_after) {
      auto& connection = on_.at(s);
      connection.closed_until =
          std::max(connection.closed_until, with_.clock.steady_now() + *why.retry_after);
    }
  }

  // --- reading ---------------------------------------------------------------------------------

  bool needs_read(work const& w, side s) const {
    auto const& link = w.item.link;
    auto const& known = s == side::incident ? w.item.incident : w.item.ticket;
    if (s == side::ticket && link.ticket_id.empty()) return false;
    // A list is a hint; the side whose write is in doubt is read afresh.
    if (link.outstanding && link.outstanding->to == s &&
        link.outstanding->what == store::outstanding::kind::update) {
      return true;
    }
    return !known;
  }

  bool needs_completing(work const& w, side s) const {
    auto const is_row = s == side::incident ? w.item.incident_is_row : w.item.ticket_is_row;
    if (!is_row) return false;
    auto const& declared = on_.at(s).system->declared();
    if (!declared.rows_have_comments && wants_of(s).comments) return true;
    return needs_left_out(declared.fields_not_in_rows, w.item.link.state, s);
  }

  /// Fields that lists leave out are worth a call only where a rule that may still write reads
  /// them.
  bool needs_left_out(std::vector<std::string> const& left_out, link_state state, side s) const {
    for (auto const& r : on_.map->rules()) {
      if (r->direction() == mapping::direction::never) continue;
      if (r->direction() == mapping::direction::once && state != link_state::opening) continue;
      for (auto const& f : r->fields(s)) {
        if (std::find(left_out.begin(), left_out.end(), f) != left_out.end()) return true;
      }
    }
    return false;
  }

  awaitable<core::result<void>> read_missing(side s) {
    std::vector<std::size_t> by_id, rows;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (needs_read(all_[i], s)) {
        by_id.push_back(i);
      } else if (needs_completing(all_[i], s)) {
        rows.push_back(i);
      }
    }
    auto& system = *on_.at(s).system;
    if (!by_id.empty()) {
      std::vector<std::string> ids;
      for (auto i : by_id) {
        auto const& link = all_[i].item.link;
        ids.push_back(s == side::incident ? link.incident_id : link.ticket_id);
      }
      auto read = co_await system.read(std::move(ids), wants_of(s));
      auto taken = take(s, by_id, std::move(read));
      if (!taken) co_return taken.error();
    }
    if (!rows.empty()) {
      std::vector<adapter::object> known;
      for (auto i : rows) {
        auto& object = s == side::incident ? all_[i].item.incident : all_[i].item.ticket;
        known.push_back(std::move(*object));
      }
      auto read = co_await system.complete(std::move(known), wants_of(s));
      auto taken = take(s, rows, std::move(read));
      if (!taken) co_return taken.error();
    }
    co_return core::result<void>{};
  }

  core::result<void> take(
      side s,
      std::vector<std::size_t> const& indices,
      core::result<std::vector<adapter::object>> read
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

  bool retrying() const {
    return std::any_of(all_.begin(), all_.end(), [](work const& w) {
      return w.item.link.due.has_value() || w.item.link.outstanding.has_value();
    });
  }

  void accept(work& w, side s, adapter::object object) {
    auto& link = w.link();
    auto& slot = s == side::incident ? w.item.incident : w.item.ticket;
    auto const floor = s == side::incident ? link.incident_version : link.ticket_version;
    if (object.presence == adapter::presence::gone) {
      note_gone(w, s);
    } else if (object.version < floor) {
      ++with_.counters.stale_reads;
      link.due = now() + std::chrono::seconds{2};
      w.active = false;
      w.changed = true;
    } else {
      std::erase_if(link.parked, [&](auto const& p) {
        return p.rule == (s == side::incident ? whole_incident : whole_ticket);
      });
    }
    slot = std::move(object);
  }

  /// Once is a read that may be wrong; twice, a horizon apart, is believed.
  void note_gone(work& w, side s) {
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
      p.rule = rule;
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
          "link {}: the {} is gone: deleted, or no longer visible; it is not made again by itself",
          link.id,
          s == side::incident ? "incident " + link.incident_id : "ticket " + link.ticket_label
      );
    } else {
      link.due = seen->since + horizon;
    }
  }

  // --- merged incidents ------------------------------------------------------------------------

  awaitable<core::result<void>> follow_merges() {
    std::vector<std::size_t> merged;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      auto const& w = all_[i];
      if (w.active && w.item.incident && w.item.incident->presence == adapter::presence::merged) {
        merged.push_back(i);
      }
    }
    for (auto i : merged) {
      auto followed = co_await follow_merge(all_[i]);
      if (!followed) co_return followed.error();
    }
    co_return core::result<void>{};
  }

  awaitable<core::result<void>> follow_merge(work& w) {
    auto& link = w.link();
    // A create or update in doubt is settled first, so that its ticket is known.
    if (link.outstanding) co_return core::result<void>{};
    if (link.state == link_state::opening) {
      link.state = link_state::merged;
      link.due.reset();
      journal(link, "merged", {{"into", w.item.incident->merged_into}, {"ticket", "none yet"}});
      w.active = false;
      w.changed = true;
      co_return core::result<void>{};
    }
    auto survivor = co_await find_survivor(w.item.incident->merged_into, link.incident_id);
    if (!survivor) {
      if (is_connection_trouble(survivor.error().code) && !retrying()) co_return survivor.error();
      defer(w, survivor.error());
      co_return core::result<void>{};
    }
    std::vector<std::string> ids{survivor->id};
    auto links = co_await with_.store.links_by_incident(on_.from->name, std::move(ids));
    if (!links) co_return links.error();
    store::link const* other = nullptr;
    for (auto const& l : *links) {
      if (l.route == on_.name && l.id != link.id && l.state != link_state::gone &&
          l.state != link_state::merged) {
        other = &l;
      }
    }
    if (!other && link.state == link_state::merged) {
      link.due.reset();
      w.changed = true;
      co_return core::result<void>{};
    }
    if (!other) {
      move_link(w, std::move(*survivor));
      co_return core::result<void>{};
    }
    if (other->state == link_state::opening) {
      link.due = now() + std::chrono::seconds{5};
      w.active = false;
      w.changed = true;
      co_return core::result<void>{};
    }
    std::vector<std::string> own{link.id};
    auto ledger = co_await with_.store.comments(std::move(own));
    if (!ledger) co_return ledger.error();
    w.ledger = std::move(*ledger);
    close_merged(w, *other);
    co_return core::result<void>{};
  }

  awaitable<core::result<adapter::object>> find_survivor(std::string id, std::string from) {
    std::set<std::string> passed{from};
    for (int hop = 0; hop < redirects_max; ++hop) {
      if (!passed.insert(id).second) {
        co_return core::error{
            core::errc::malformed, "incident " + from + " is merged into itself by way of " + id};
      }
      std::vector<std::string> ids{id};
      auto read = co_await on_.from->system->read(std::move(ids), wants_of(side::incident));
      if (!read) co_return read.error();
      auto& found = read->front();
      if (found.presence == adapter::presence::present) co_return std::move(found);
      if (found.presence == adapter::presence::gone) {
        co_return core::error{
            core::errc::not_found,
            "incident " + from + " is merged into " + id + ", which is gone"};
      }
      id = found.merged_into;
    }
    co_return core::error{
        core::errc::malformed,
        "incident " + from + " is merged through more than " + std::to_string(redirects_max) +
            " others"};
  }

  /// The survivor has no ticket: it takes over this one.
  void move_link(work& w, adapter::object survivor) {
    auto& link = w.link();
    journal(link, "moved", {{"from", link.incident_id}, {"to", survivor.id}});
    with_.log.info(
        "incident {} was merged into {}, which takes over ticket {}",
        link.incident_id,
        survivor.id,
        link.ticket_label
    );
    link.incident_id = survivor.id;
    link.incident_url = survivor.url;
    link.incident_version = survivor.version;
    link.incident_comments.clear();
    w.item.incident = std::move(survivor);
    w.item.incident_is_row = false;
    w.changed = true;
  }

  void close_merged(work& w, store::link const& survivor) {
    auto decided = decide_merged(context_for(), std::move(w.link()), *w.item.ticket, survivor);
    w.link() = std::move(decided.link);
    w.changed = true;
    w.next = decided.next;
    w.fields = std::move(decided.fields);
    append(std::move(decided.journal));
    with_.log.info(
        "incident {} was merged into {}: ticket {} follows {}",
        w.link().incident_id,
        survivor.incident_id,
        w.link().ticket_label,
        survivor.ticket_label
    );
    auto const& text = on_.map->merged().comment;
    if (text.empty()) return;
    store::comment_entry entry;
    entry.link = w.link().id;
    entry.origin = side::incident;
    entry.origin_id = "merged into " + survivor.incident_id;
    entry.mark = comment_mark(with_.marking_key, entry.link, entry.origin, entry.origin_id);
    if (std::any_of(w.ledger.begin(), w.ledger.end(), [&](auto const& e) {
          return e.mark == entry.mark;
        })) {
      return;
    }
    auto words = text;
    for (auto const& [word, value] :
         {std::pair<std::string, std::string>{"{into}", survivor.ticket_label},
          std::pair<std::string, std::string>{"{incident}", survivor.incident_id}}) {
      for (auto at = words.find(word); at != std::string::npos; at = words.find(word)) {
        words.replace(at, word.size(), value);
      }
    }
    entry.text = with_mark(words, entry.mark);
    entry.at = now();
    entry.state = store::comment_state::in_doubt;
    entry.not_before = now() + horizon_of(*on_.to);
    entry.attempts = 1;
    w.posts.push_back(entry);
    changes_.comments.push_back(std::move(entry));
  }

  // --- writes of unknown outcome ---------------------------------------------------------------

  awaitable<core::result<void>> settle_doubts() {
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
      auto settled = settle_by_reading(context_for(), std::move(w.link()), *found);
      take_settlement(w, std::move(settled));
      if (w.link().outstanding) w.active = false;
    }
    if (creates.empty()) co_return core::result<void>{};

    std::vector<std::string> keys;
    for (auto i : creates) keys.push_back(all_[i].item.link.id);
    // A ticket known to exist, asked for together with those in doubt: if it is not found either,
    // the search says nothing.
    auto const control_key = on_.to->control_key;
    if (!control_key.empty()) keys.push_back(control_key);
    auto found = co_await on_.to->system->find(std::move(keys), wants_of(side::ticket));
    if (!found) {
      note_closed(side::ticket, found.error());
      for (auto i : creates) defer(all_[i], found.error());
      co_return core::result<void>{};
    }
    std::unordered_map<std::string, std::vector<adapter::object>> by_key;
    for (auto& f : *found) by_key[f.key].push_back(std::move(f.found));
    auto const control = control_key.empty() || by_key.contains(control_key);
    for (auto i : creates) {
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
        // Read again with its comments before anything is decided.
        w.link().due = now();
        w.active = false;
      }
      if (w.link().outstanding) w.active = false;
    }
    co_return core::result<void>{};
  }

  void take_settlement(work& w, settlement settled) {
    w.link() = std::move(settled.link);
    w.changed = true;
    append(std::move(settled.journal));
  }

  // --- deciding --------------------------------------------------------------------------------

  awaitable<core::result<void>> load_ledgers() {
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

  static bool has_news(std::optional<adapter::object> const& o, std::string const& handled) {
    return o && o->comments && digest_of(*o->comments) != handled;
  }

  bool wants_ledger(work& w) const {
    if (on_.map->comments().direction == mapping::direction::never) return false;
    auto const& link = w.link();
    if (link.state == link_state::merged) return link.due.has_value();
    if (link.state != link_state::linked) return false;
    return link.due.has_value() || has_news(w.item.incident, link.incident_comments) ||
           has_news(w.item.ticket, link.ticket_comments);
  }

  awaitable<void> decide() {
    may_ask_ = true;
    for (int round = 0; round < look_up_rounds_max; ++round) {
      std::vector<mapping::open_question> questions;
      for (auto& w : all_) {
        if (!w.active || w.next != step::none) continue;
        decide_one(w, questions);
      }
      if (questions.empty()) break;
      auto const answered = co_await answer(questions);
      may_ask_ = answered && round + 2 < look_up_rounds_max;
    }
    for (auto& w : all_) {
      if (!w.active || w.next != step::none) continue;
      accept_versions(w);
    }
  }

  void decide_one(work& w, std::vector<mapping::open_question>& questions) {
    auto const context = context_for();
    auto const& link = w.link();
    if (link.state == link_state::merged || link.state == link_state::gone) return;
    auto decided = link.state == link_state::opening
                       ? decide_create(context, link, *w.item.incident)
                       : decide_update(context, link, *w.item.incident, *w.item.ticket);
    if (!decided.questions.empty()) {
      questions.insert(questions.end(), decided.questions.begin(), decided.questions.end());
      return;
    }
    w.changed = w.changed || decided.changed;
    w.link() = std::move(decided.link);
    w.next = decided.next;
    w.fields = std::move(decided.fields);
    append(std::move(decided.journal));
  }

  awaitable<bool> answer(std::vector<mapping::open_question> const& questions) {
    bool all_answered = true;
    for (auto s : {side::incident, side::ticket}) {
      std::vector<adapter::question> asked;
      for (auto const& q : questions) {
        if (q.in != s || answers_.find(s, q.asked)) continue;
        if (std::find(asked.begin(), asked.end(), q.asked) == asked.end()) asked.push_back(q.asked);
      }
      if (asked.empty()) continue;
      auto copy = asked;
      auto found = co_await on_.at(s).system->look_up(std::move(copy));
      if (!found) {
        note_closed(s, found.error());
        with_.log.warn("look-ups in {} failed: {}", on_.at(s).name, found.error().detail);
        all_answered = false;
        continue;
      }
      for (std::size_t i = 0; i < asked.size(); ++i) {
        answers_.add(s, std::move(asked[i]), std::move((*found)[i]));
      }
    }
    co_return all_answered;
  }

  /// Everything about these versions has been seen to, or stands on record as parked or held.
  void accept_versions(work& w) {
    auto& link = w.link();
    if (w.item.incident && link.incident_version < w.item.incident->version) {
      link.incident_version = w.item.incident->version;
      w.changed = true;
    }
    if (w.item.ticket && link.ticket_version < w.item.ticket->version) {
      link.ticket_version = w.item.ticket->version;
      w.changed = true;
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

  void plan_all_comments() {
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
          with_.marking_key,
          now(),
          horizon_of(*on_.from),
          horizon_of(*on_.to),
          link.state == link_state::linked};
      auto const* incident =
          w.item.incident && w.item.incident->comments ? &*w.item.incident->comments : nullptr;
      auto const* ticket =
          w.item.ticket && w.item.ticket->comments ? &*w.item.ticket->comments : nullptr;
      auto plan = plan_comments(with, link, incident, ticket, w.ledger);
      remember(w, plan.changed);
      if (incident) link.incident_comments = digest_of(*incident);
      if (ticket) link.ticket_comments = digest_of(*ticket);
      if (plan.look_again) bring_forward(link, *plan.look_again);
      w.changed = true;
      w.posts = std::move(plan.post);
      append(std::move(plan.journal));
      w.ledger_loaded = false;
    }
  }

  void remember(work& w, std::vector<store::comment_entry> const& entries) {
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

  // --- committing and sending ------------------------------------------------------------------

  awaitable<core::result<void>> commit() {
    for (auto& w : all_) {
      if (!w.changed) continue;
      w.link().changed_at = now();
      changes_.links.push_back(w.link());
      w.changed = false;
    }
    if (changes_.empty()) co_return core::result<void>{};
    auto done = co_await with_.store.commit(std::exchange(changes_, {}));
    co_return done;
  }

  awaitable<void> send() {
    auto const needs_ticket = wants_of(side::ticket);
    auto const needs_incident = wants_of(side::incident);

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
      auto answers = co_await on_.to->system->create_all(std::move(calls), needs_ticket);
      for (std::size_t k = 0; k < creates.size(); ++k) {
        take_answer(all_[creates[k]], side::ticket, std::move(answers[k]));
      }
    }
    if (!ticket_updates.empty()) {
      auto calls = updates(ticket_updates, side::ticket);
      auto answers = co_await on_.to->system->update_all(std::move(calls), needs_ticket);
      for (std::size_t k = 0; k < ticket_updates.size(); ++k) {
        take_answer(all_[ticket_updates[k]], side::ticket, std::move(answers[k]));
      }
    }
    if (!incident_updates.empty()) {
      auto calls = updates(incident_updates, side::incident);
      auto answers = co_await on_.from->system->update_all(std::move(calls), needs_incident);
      for (std::size_t k = 0; k < incident_updates.size(); ++k) {
        take_answer(all_[incident_updates[k]], side::incident, std::move(answers[k]));
      }
    }
    co_await post_comments(side::ticket);
    co_await post_comments(side::incident);
    for (auto& w : all_) w.posts.clear();
  }

  std::vector<adapter::update> updates(std::vector<std::size_t> const& indices, side to) {
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

  void take_answer(work& w, side to, core::result<adapter::receipt> answer) {
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
        stored
    );
    take_settlement(w, std::move(settled));
    slot = std::move(stored);
    w.suspects.clear();
    auto const& declared = on_.at(to).system->declared();
    if (what == step::create) {
      ++with_.counters.tickets_created;
      on_.to->control_key = w.link().id;
      // A new ticket has no comments but ours to come.
      if (!w.item.ticket->comments) w.item.ticket->comments.emplace();
      with_.log.info("incident {} opened ticket {}", w.link().incident_id, w.link().ticket_label);
    } else {
      ++(to == side::ticket ? with_.counters.tickets_updated : with_.counters.incidents_updated);
      with_.log.debug("link {}: {} updated", w.link().id, mapping::name(to));
      if (declared.history == adapter::edit_history::counter && slot->version > seen + 1) {
        journal(
            w.link(),
            "changed_meanwhile",
            {{"side", mapping::name(to)}, {"seen", seen}, {"now", slot->version}}
        );
      }
    }
    accept_versions(w);
  }

  void finish_merged(work& w, adapter::object const& stored) {
    auto& link = w.link();
    link.outstanding.reset();
    link.due.reset();
    link.ticket_version = std::max(link.ticket_version, stored.version);
    journal(link, "settled", {{"call", "update"}, {"to", "ticket"}, {"version", stored.version}});
    ++with_.counters.tickets_updated;
    w.active = false;
    w.changed = true;
  }

  void take_failure(work& w, side to, core::error const& why) {
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

  /// A definite no to a write that speaks for several rules: leave out one at a time until the rest
  /// is taken. The one left out is the one refused.
  void isolate(work& w, core::error const& why) {
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
    // No single one is to blame: all wait for a person or for new values.
    for (auto const& rule : w.suspects) park_refused(link, first, rule, w.refusal, now());
    w.suspects.clear();
    if (first.what == store::outstanding::kind::create) give_up(w, first, why);
  }

  void park_suspect(work& w) {
    auto& link = w.link();
    park_refused(link, *w.refused, w.suspects[w.suspect], w.refusal, now());
    ++with_.counters.parked;
    with_.log.warn("link {}: parked {}: {}", link.id, w.suspects[w.suspect], w.refusal);
  }

  /// Nothing that could be left out helps.
  void give_up(work& w, store::outstanding const& sent, core::error const& why) {
    auto& link = w.link();
    auto const rule = sent.what == store::outstanding::kind::create ? whole_create
                      : sent.to == side::ticket                     ? whole_ticket
                                                                    : whole_incident;
    park_refused(link, sent, rule, why.detail, now());
    link.due = now() + stuck_retry;
    w.active = false;
    with_.log.error(
        "incident {}: the {} refuses every write: {}",
        link.incident_id,
        on_.at(sent.to).name,
        why.detail
    );
  }

  awaitable<void> post_comments(side to) {
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
    auto answers = co_await on_.at(to).system->comment_all(std::move(calls), wants_of(to));
    for (std::size_t n = 0; n < origin.size(); ++n) {
      auto& w = all_[origin[n].first];
      take_posted(w, to, w.posts[origin[n].second], answers[n]);
    }
  }

  void take_posted(
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
    auto entry = after_posting(posted, answer, now(), again);
    w.changed = true;
    if (answer) {
      ++with_.counters.comments_copied;
      auto const& stored = answer->stored;
      auto& version = to == side::ticket ? link.ticket_version : link.incident_version;
      auto& slot = to == side::ticket ? w.item.ticket : w.item.incident;
      // Our own comment moves the version. If exactly that happened, there is nothing to look at;
      // if more did, the next poll brings it, since the accepted version stays behind.
      auto const counts = on_.at(to).system->declared().history == adapter::edit_history::counter;
      if (!counts || stored.version == version + 1) {
        if (slot && stored.fields == slot->fields) version = std::max(version, stored.version);
      }
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

  surroundings& with_;
  route on_;  ///< a copy: the map stays the same while the batch runs
  std::vector<work> all_;
  mapping::answers answers_;
  bool may_ask_ = true;
  store::changes changes_;
};

reconciler::reconciler(surroundings with) : with_{std::move(with)} {}
reconciler::~reconciler() = default;

asio::awaitable<core::result<void>> reconciler::run(route const& on, std::vector<item> items) {
  if (items.empty()) co_return core::result<void>{};
  batch all{with_, on, std::move(items)};
  co_return co_await all.run();
}

}  // namespace connector::sync
