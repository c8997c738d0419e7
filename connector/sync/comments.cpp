#include "connector/sync/comments.hpp"

#include <algorithm>
#include <map>

#include "connector/core/digest.hpp"
#include "connector/mapping/policies.hpp"
#include "connector/sync/decide.hpp"
#include "connector/sync/marks.hpp"
#include "connector/sync/settle.hpp"

namespace connector::sync {
namespace {

using entry_state = store::comment_state;
using mapping::side;

/// Below what every system takes in one comment (Defender's portal: 30,000 characters).
constexpr std::size_t copy_bytes_max = 24'000;

/// From one look that does not show a copy to the next, as a part of the horizon; a single one may
/// come from a late replica.
constexpr int next_look = 4;

/// Cut where a character begins, and say so.
std::string fitted(std::string text) {
  if (text.size() <= copy_bytes_max) return text;
  auto end = copy_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += "… [cut]";
  return text;
}

class planning {
 public:
  planning(
      comment_context const& with, store::link const& link, std::vector<store::comment_entry> ledger
  )
      : with_{with}, link_{link} {
    for (auto& entry : ledger) {
      auto const key = std::pair{entry.origin, entry.origin_id};
      by_mark_.emplace(entry.mark, key);
      entries_.emplace(key, std::move(entry));
    }
  }

  /// Originals come before marked texts, on both sides: with a new store, only they tell which
  /// marks are ours.
  void look_at(
      std::vector<adapter::comment> const* incident, std::vector<adapter::comment> const* ticket
  ) {
    for (bool const marked : {false, true}) {
      if (incident) look_at(side::incident, *incident, marked);
      if (ticket) look_at(side::ticket, *ticket, marked);
    }
  }

  comment_plan finish() {
    for (auto& [key, entry] : entries_) advance(entry);
    std::stable_sort(plan_.post.begin(), plan_.post.end(), [](auto const& l, auto const& r) {
      return l.at < r.at;
    });
    for (auto const& key : touched_) plan_.changed.push_back(entries_.at(key));
    return std::move(plan_);
  }

 private:
  using key_type = std::pair<side, std::string>;

  void look_at(side s, std::vector<adapter::comment> const& all, bool marked) {
    seen_[s] = true;
    for (auto const& c : all) {
      auto const split = split_mark(c.text);
      if (split.has_value() != marked) continue;
      if (split && recognise_copy(s, c, split->mark)) continue;
      if (with_.take_new) take_in(s, c);
    }
  }

  /// Our copy of a comment of the other side, unless somebody copied the copy.
  bool recognise_copy(side s, adapter::comment const& c, std::string_view mark) {
    auto const known = by_mark_.find(std::string{mark});
    if (known == by_mark_.end()) return is_of_an_edit(s, mark);
    if (known->second.first == s) return false;
    auto& entry = entries_.at(known->second);
    if (!entry.copy_id.empty()) return entry.copy_id == c.id;
    entry.copy_id = c.id;
    if (entry.state != entry_state::copied) {
      entry.state = entry_state::copied;
      entry.text.clear();
    }
    touch(known->second);
    return true;
  }

  /// The copy of an edit that a lost store knew of.
  bool is_of_an_edit(side s, std::string_view mark) const {
    return std::ranges::any_of(by_mark_, [&](auto const& known) {
      return known.second.first != s && is_of_comment(mark, known.first);
    });
  }

  void take_in(side s, adapter::comment const& c) {
    auto const known = entries_.find({s, c.id});
    if (known != entries_.end()) {
      follow_edit(known->second, c);
      return;
    }
    store::comment_entry entry;
    entry.origin_id = c.id;
    entry.mark = comment_mark(link_.id, s, c.id);
    entry.at = c.at;
    add(s, c, std::move(entry), {});
  }

  /// Nowhere can a copy be changed, so an edit is a further comment. What never arrived says the
  /// new words at once.
  void follow_edit(store::comment_entry& entry, adapter::comment const& c) {
    if (c.edited_at == core::time_point{}) return;
    auto const words = core::short_key(without_marks(c.text));
    if (entry.words == words) return;
    auto const is_edit = !entry.words.empty();
    entry.words = words;
    touch({entry.origin, entry.origin_id});
    if (!is_edit || entry.state == entry_state::native) return;
    if (entry.state == entry_state::pending) {
      entry.text = copy_text(entry, c, {}).text;
      return;
    }
    store::comment_entry edit;
    edit.mark = edit_mark(entry.mark, c.edited_at);
    edit.origin_id = entry.origin_id + "." + edit.mark;
    edit.at = c.edited_at;
    add(entry.origin, c, std::move(edit), "Edited: ");
  }

  mapping::comment_copy copy_text(
      store::comment_entry const& entry, adapter::comment const& c, std::string_view before
  ) const {
    auto said = std::string{before} + without_marks(c.text);
    auto copy = mapping::copy_of(
        {entry.origin, c.author, entry.at, std::move(said), c.is_public}, with_.policy
    );
    copy.text = with_mark(fitted(std::move(copy.text)), entry.mark);
    return copy;
  }

  void add(side s, adapter::comment const& c, store::comment_entry entry, std::string_view before) {
    entry.link = link_.id;
    entry.origin = s;
    entry.words = core::short_key(without_marks(c.text));
    auto copy = copy_text(entry, c, before);
    if (copy.wanted) {
      entry.text = std::move(copy.text);
    } else {
      entry.state = entry_state::native;
      entry.detail = std::move(copy.reason);
    }
    key_type const key{s, entry.origin_id};
    by_mark_.emplace(entry.mark, key);
    entries_.emplace(key, std::move(entry));
    touch(key);
  }

  void advance(store::comment_entry& entry) {
    auto const to = mapping::other(entry.origin);
    if (entry.state == entry_state::in_doubt) {
      if (with_.now < entry.not_before || !seen_[to]) {
        wait_until(std::max(entry.not_before, with_.now + std::chrono::seconds{2}));
        return;
      }
      auto const is_read = to == side::incident ? with_.incident_is_read : with_.ticket_is_read;
      if (!is_read) {
        // At once: rows may keep coming, and a link that is due is read by its id.
        wait_until(with_.now);
        return;
      }
      touch({entry.origin, entry.origin_id});
      if (++entry.empty_looks < 2) {
        entry.not_before = with_.now + std::chrono::milliseconds{horizon_of(to)} / next_look;
        wait_until(entry.not_before);
        return;
      }
      // Looked for after the horizon and not there: it did not take effect.
      entry.state = entry_state::pending;
      entry.empty_looks = 0;
    }
    if (entry.state != entry_state::pending) return;
    if (!with_.take_new && to == side::incident) {
      entry.state = entry_state::parked;
      entry.detail = "its incident was merged into another one";
      touch({entry.origin, entry.origin_id});
      return;
    }
    if (entry.not_before > with_.now) {
      wait_until(entry.not_before);
      return;
    }
    entry.state = entry_state::in_doubt;
    entry.not_before = doubt_ends(with_.now, horizon_of(to));
    ++entry.attempts;
    touch({entry.origin, entry.origin_id});
    plan_.post.push_back(entry);
    plan_.journal.push_back(journal_line(
        with_.now,
        link_.id,
        "comment",
        {{"to", mapping::name(to)}, {"from", entry.origin_id}, {"mark", entry.mark}}
    ));
  }

  std::chrono::seconds horizon_of(side to) const {
    return to == side::ticket ? with_.ticket_horizon : with_.incident_horizon;
  }

  void wait_until(core::time_point at) {
    if (!plan_.look_again || *plan_.look_again > at) plan_.look_again = at;
  }

  void touch(key_type const& key) {
    if (std::find(touched_.begin(), touched_.end(), key) == touched_.end()) touched_.push_back(key);
  }

  comment_context const& with_;
  store::link const& link_;
  std::map<key_type, store::comment_entry> entries_;
  std::map<std::string, key_type> by_mark_;
  std::map<side, bool> seen_;
  std::vector<key_type> touched_;
  comment_plan plan_;
};

}  // namespace

std::string digest_of(std::vector<adapter::comment> const& all) {
  if (all.empty()) return {};
  std::string ids;
  for (auto const& c : all) {
    ids += c.id;
    if (c.edited_at != core::time_point{}) ids += core::format_time(c.edited_at);
    ids += '\n';
  }
  return core::short_key(ids);
}

comment_plan plan_comments(
    comment_context const& with,
    store::link const& link,
    std::vector<adapter::comment> const* incident,
    std::vector<adapter::comment> const* ticket,
    std::vector<store::comment_entry> ledger
) {
  planning all{with, link, std::move(ledger)};
  all.look_at(incident, ticket);
  return all.finish();
}

store::comment_entry after_posting(
    store::comment_entry entry,
    core::result<adapter::receipt> const& answer,
    core::time_point now,
    core::time_point again,
    std::chrono::seconds horizon
) {
  if (answer) {
    entry.state = entry_state::copied;
    entry.copy_id = answer->comment_id;
    entry.text.clear();
    return entry;
  }
  auto const& why = answer.error();
  if (why.effect == core::effect::unknown) {
    entry.not_before = now + horizon;
    entry.detail = why.detail;
    return entry;
  }
  if (core::is_transient(why.code) || why.code == core::errc::unauthorized ||
      why.code == core::errc::forbidden) {
    entry.state = entry_state::pending;
    entry.not_before = std::max(again, now);
  } else {
    entry.state = entry_state::parked;
  }
  entry.detail = why.detail;
  return entry;
}

}  // namespace connector::sync
