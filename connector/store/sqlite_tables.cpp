#include "connector/store/sqlite_tables.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "connector/store/journal_chain.hpp"
#include "connector/store/json_text.hpp"
#include "connector/store/link_json.hpp"

namespace connector::store::sqlite {
namespace {

constexpr std::array<std::string_view, 5> comment_states{
    "pending", "in_doubt", "copied", "native", "parked"};

std::string_view name_of(comment_state s) { return comment_states.at(static_cast<std::size_t>(s)); }
comment_state comment_state_from(std::string_view text) {
  auto const found = std::find(comment_states.begin(), comment_states.end(), text);
  return static_cast<comment_state>(found - comment_states.begin());
}

std::string_view name_of(mapping::side s) {
  return s == mapping::side::incident ? "incident" : "ticket";
}

/// Keys in order touch each page of an index once; asked twice, a row is still given once.
void sort_unique(std::vector<std::string>& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

/// "All there are" is said with the largest number; a negative LIMIT would say something else.
std::int64_t bindable(std::size_t rows) {
  return static_cast<std::int64_t>(
      std::min<std::size_t>(rows, std::numeric_limits<std::int64_t>::max())
  );
}

#define LINK_COLUMNS                                                                          \
  "id, route, incident_connection, incident_id, ticket_connection, ticket_id, ticket_label, " \
  "state, lane, due, body"
/// With what is about to be sent, if anything is.
#define SELECT_LINK                                                                         \
  "SELECT l.id, l.route, l.incident_connection, l.incident_id, l.ticket_connection, "       \
  "l.ticket_id, l.ticket_label, l.state, l.lane, l.due, l.body, o.due, o.body FROM link l " \
  "LEFT JOIN outbox o ON o.link = l.id "

}  // namespace

tables::tables(std::unique_ptr<database> db) : db_{std::move(db)} {}

template <class T>
core::result<T> tables::answer(T found) {
  if (auto done = db_->outcome(); !done) return done.error();
  return found;
}

// -- writing ------------------------------------------------------------------------------------

core::result<void> tables::load() {
  if (auto last = db_->query("SELECT seq, chain FROM journal ORDER BY seq DESC LIMIT 1");
      last.next()) {
    head_ = {last.integer(0), std::string{last.text(1)}};
    return db_->outcome();
  }
  auto const kept = setting(std::string{journal_anchor_setting});
  if (!kept) return kept.error();
  if (!*kept) return {};
  auto const anchor = journal_anchor_from(**kept);
  if (!anchor) return anchor.error();
  head_ = {anchor->seq, anchor->chain};
  return {};
}

core::result<void> tables::write(std::vector<changes const*> const& together) {
  auto straight = write_once(together, false);
  if (straight || !broke_a_rule_) return straight;
  return write_once(together, true);
}

core::result<void> tables::write_once(std::vector<changes const*> const& together, bool vacate) {
  auto const before = head_;
  db_->begin();
  try {
    for (auto const* one : together) write(*one, vacate);
  } catch (...) {
    db_->undo();
    head_ = before;
    throw;
  }
  broke_a_rule_ = db_->broke_a_rule();
  auto done = db_->end();
  if (!done) head_ = before;
  return done;
}

void tables::write(changes const& one, bool vacate) {
  if (vacate) {
    for (auto const& l : one.links) {
      db_->execute("UPDATE link SET state = 'gone', ticket_id = '' WHERE id = ?1", l.id);
    }
    for (auto const& c : one.comments) {
      db_->execute(
          "UPDATE comment SET mark = '' WHERE link = ?1 AND origin = ?2 AND origin_id = ?3",
          c.link,
          name_of(c.origin),
          c.origin_id
      );
    }
  }
  for (auto const& l : one.links) write(l);
  for (auto const& o : one.outbox) write(o);
  for (auto const& c : one.comments) write(c);
  for (auto const& c : one.cursors) write(c);
  for (auto const& [name, value] : one.settings) set(name, value);
  for (auto const& entry : one.journal) append(entry);
}

void tables::write(link const& l) {
  auto const body = link_body(l);
  auto const state = name(l.state);
  auto const has_parked = !l.parked.empty();
  auto const has_conflicts = !l.conflicts.empty();
  if (l.outstanding) {
    put_outbox(l.id, std::nullopt, *l.outstanding);
  } else {
    db_->execute("DELETE FROM outbox WHERE link = ?1", l.id);
  }
  // The usual case: nothing that an index is over has changed but `due`. Naming only the columns
  // that do change spares SQLite rewriting every index entry.
  db_->execute(
      "UPDATE link SET lane = ?2, due = ?3, body = ?4 "
      "WHERE id = ?1 AND route = ?5 AND incident_connection = ?6 AND incident_id = ?7 "
      "AND ticket_connection = ?8 AND ticket_id = ?9 AND ticket_label = ?10 AND state = ?11 "
      "AND has_parked = ?12 AND has_conflicts = ?13",
      l.id,
      l.lane,
      l.due,
      body,
      l.route,
      l.incident_connection,
      l.incident_id,
      l.ticket_connection,
      l.ticket_id,
      l.ticket_label,
      state,
      has_parked,
      has_conflicts
  );
  if (!db_->good() || db_->changed() == 1) return;
  db_->execute(
      "INSERT INTO link (" LINK_COLUMNS
      ", has_parked, has_conflicts) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
      "ON CONFLICT (id) DO UPDATE SET route = ?2, incident_connection = ?3, incident_id = ?4, "
      "ticket_connection = ?5, ticket_id = ?6, ticket_label = ?7, state = ?8, lane = ?9, "
      "due = ?10, body = ?11, has_parked = ?12, has_conflicts = ?13",
      l.id,
      l.route,
      l.incident_connection,
      l.incident_id,
      l.ticket_connection,
      l.ticket_id,
      l.ticket_label,
      state,
      l.lane,
      l.due,
      body,
      has_parked,
      has_conflicts
  );
}

void tables::write(outbox_entry const& o) { put_outbox(o.link, o.due, o.what); }

void tables::put_outbox(
    std::string const& link, std::optional<core::time_point> due, outstanding const& what
) {
  db_->execute(
      "INSERT INTO outbox (link, due, body) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (link) DO UPDATE SET due = ?2, body = ?3",
      link,
      due,
      outstanding_body(what)
  );
}

void tables::write(comment_entry const& c) {
  db_->execute(
      "INSERT INTO comment (link, origin, origin_id, mark, copy_id, state, text, detail, at, "
      "not_before, attempts, words, empty_looks) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
      "ON CONFLICT (link, origin, origin_id) DO UPDATE SET mark = ?4, copy_id = ?5, state = ?6, "
      "text = ?7, detail = ?8, at = ?9, not_before = ?10, attempts = ?11, words = ?12, "
      "empty_looks = ?13",
      c.link,
      name_of(c.origin),
      c.origin_id,
      c.mark,
      c.copy_id,
      name_of(c.state),
      c.text,
      c.detail,
      c.at,
      c.not_before,
      c.attempts,
      c.words,
      c.empty_looks
  );
}

void tables::write(cursor const& c) {
  db_->execute(
      "INSERT INTO cursor (name, position) VALUES (?1, ?2) "
      "ON CONFLICT (name) DO UPDATE SET position = ?2",
      c.name,
      c.position
  );
}

void tables::set(std::string_view name, std::string_view value) {
  db_->execute(
      "INSERT INTO setting (name, value) VALUES (?1, ?2) "
      "ON CONFLICT (name) DO UPDATE SET value = ?2",
      name,
      value
  );
}

void tables::append(journal_entry const& given) {
  journal_entry entry = given;
  entry.seq = head_.seq + 1;
  entry.chain = chain_of(head_.chain, entry);
  db_->execute(
      "INSERT INTO journal (seq, at, link, kind, data, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      entry.seq,
      entry.at,
      entry.link,
      entry.kind,
      json_text(entry.data),
      entry.chain
  );
  head_ = {entry.seq, std::move(entry.chain)};
}

core::result<std::size_t> tables::trim_journal(
    core::time_point before, std::size_t rows_max, std::size_t at_once
) {
  // Only a beginning of the chain can go, so it ends at the first entry that must stay, whatever
  // the stamps of later ones say.
  auto const keep_from = head_.seq - std::min(bindable(rows_max), head_.seq) + 1;
  journal_anchor last;
  std::size_t dropped = 0;
  {
    auto oldest =
        db_->query("SELECT seq, at, chain FROM journal ORDER BY seq LIMIT ?1", bindable(at_once));
    while (oldest.next()) {
      if (oldest.integer(0) >= keep_from && oldest.time(1) >= before) break;
      last = {oldest.integer(0), std::string{oldest.text(2)}};
      ++dropped;
    }
  }
  if (auto done = db_->outcome(); !done) return done.error();
  if (dropped == 0) return dropped;
  db_->begin();
  db_->execute("DELETE FROM journal WHERE seq <= ?1", last.seq);
  set(journal_anchor_setting, text_of(last));
  if (auto done = db_->end(); !done) return done.error();
  return dropped;
}

// -- reading ------------------------------------------------------------------------------------

void tables::read_links(rows found, std::vector<link>& into) {
  while (found.next()) {
    auto& l = into.emplace_back();
    l.id = found.text(0);
    l.route = found.text(1);
    l.incident_connection = found.text(2);
    l.incident_id = found.text(3);
    l.ticket_connection = found.text(4);
    l.ticket_id = found.text(5);
    l.ticket_label = found.text(6);
    l.state = link_state_from(found.text(7)).value_or(link_state::gone);
    l.lane = static_cast<int>(found.integer(8));
    l.due = found.optional_time(9);
    if (auto read = read_link_body(found.text(10), l); !read) {
      db_->fail("link " + l.id + ": " + read.error().detail);
    }
    if (found.text(12).empty()) continue;
    if (auto read = read_outstanding_body(found.text(12), l.outstanding.emplace()); !read) {
      db_->fail("link " + l.id + ": " + read.error().detail);
    }
    if (auto const sooner = found.optional_time(11))
      l.due = std::min(l.due.value_or(*sooner), *sooner);
  }
}

core::result<std::vector<link>> tables::links(std::vector<std::string> ids) {
  sort_unique(ids);
  std::vector<link> found;
  found.reserve(ids.size());
  for (auto const& id : ids) {
    read_links(db_->query(SELECT_LINK "WHERE l.id = ?1", id), found);
  }
  return answer(std::move(found));
}

core::result<std::vector<link>> tables::links_by_incident(
    std::string const& connection, std::vector<std::string> incident_ids
) {
  sort_unique(incident_ids);
  std::vector<link> found;
  found.reserve(incident_ids.size());
  for (auto const& id : incident_ids) {
    read_links(
        db_->query(
            SELECT_LINK "WHERE l.incident_id = ?1 AND l.incident_connection = ?2", id, connection
        ),
        found
    );
  }
  return answer(std::move(found));
}

core::result<std::vector<link>> tables::links_by_ticket(
    std::string const& connection, std::vector<std::string> ticket_ids
) {
  sort_unique(ticket_ids);
  std::vector<link> found;
  found.reserve(ticket_ids.size());
  for (auto const& id : ticket_ids) {
    read_links(
        db_->query(
            SELECT_LINK "WHERE l.ticket_id = ?1 AND l.ticket_id <> '' AND l.ticket_connection = ?2",
            id,
            connection
        ),
        found
    );
  }
  return answer(std::move(found));
}

/// The lanes in which anything waits. They are few; walking from one to the next in the index
/// spares reading what is not due yet, which is nearly everything.
std::vector<int> tables::lanes() {
  std::vector<int> all;
  std::int64_t above = std::numeric_limits<std::int64_t>::min();
  while (true) {
    auto next = db_->query(
        "SELECT lane FROM link WHERE due IS NOT NULL AND lane > ?1 ORDER BY lane LIMIT 1", above
    );
    if (!next.next()) return all;
    above = next.integer(0);
    all.push_back(static_cast<int>(above));
  }
}

core::result<std::vector<link>> tables::links_due(core::time_point now, std::size_t rows_max) {
  std::vector<due_link> all;
  auto const take = [&](rows found) {
    while (found.next()) {
      all.push_back({static_cast<int>(found.integer(0)), found.time(1), std::string{found.text(2)}}
      );
    }
  };
  auto const limit = bindable(rows_max);
  for (int const lane : lanes()) {
    if (all.size() >= rows_max) break;
    take(db_->query(
        "SELECT lane, due, id FROM link WHERE lane = ?1 AND due <= ?2 ORDER BY due LIMIT ?3",
        lane,
        now,
        limit
    ));
  }
  take(db_->query(
      "SELECT l.lane, o.due, l.id FROM outbox o JOIN link l ON l.id = o.link "
      "WHERE o.due <= ?1 ORDER BY o.due LIMIT ?2",
      now,
      limit
  ));
  std::sort(all.begin(), all.end());
  std::vector<link> found;
  std::set<std::string> given;
  for (auto const& one : all) {
    if (found.size() >= rows_max) break;
    if (!given.insert(one.id).second) continue;
    read_links(db_->query(SELECT_LINK "WHERE l.id = ?1", one.id), found);
  }
  return answer(std::move(found));
}

core::result<std::optional<core::time_point>> tables::next_due() {
  std::optional<core::time_point> first;
  auto const take = [&](rows found) {
    if (found.next() && (!first || found.time(0) < *first)) first = found.time(0);
  };
  for (int const lane : lanes()) {
    take(db_->query(
        "SELECT due FROM link WHERE lane = ?1 AND due IS NOT NULL ORDER BY due LIMIT 1", lane
    ));
  }
  take(db_->query("SELECT due FROM outbox WHERE due IS NOT NULL ORDER BY due LIMIT 1"));
  return answer(first);
}

core::result<std::vector<link>> tables::list_links(
    link_filter const& filter, std::string const& after_id, std::size_t rows_max
) {
  std::string sql = SELECT_LINK "WHERE l.id > ?1";
  if (!filter.route.empty()) sql += " AND l.route = ?2";
  if (filter.state) sql += " AND l.state = ?3";
  if (filter.parked_only) sql += " AND l.has_parked = 1";
  if (filter.conflicts_only) sql += " AND l.has_conflicts = 1";
  if (!filter.text.empty()) {
    sql +=
        " AND (l.id = ?4 OR l.incident_id = ?4 OR (l.ticket_id = ?4 AND l.ticket_id <> '') OR "
        "(l.ticket_label = ?4 AND l.ticket_label <> ''))";
  }
  sql += " ORDER BY l.id LIMIT ?5";
  auto const state = filter.state ? name(*filter.state) : std::string_view{};
  auto const limit = bindable(rows_max);
  std::vector<link> found;
  read_links(db_->query(sql, after_id, filter.route, state, filter.text, limit), found);
  return answer(std::move(found));
}

core::result<std::vector<comment_entry>> tables::comments(std::vector<std::string> link_ids) {
  sort_unique(link_ids);
  std::vector<comment_entry> all;
  for (auto const& id : link_ids) {
    auto found = db_->query(
        "SELECT link, origin, origin_id, mark, copy_id, state, text, detail, at, not_before, "
        "attempts, words, empty_looks FROM comment WHERE link = ?1",
        id
    );
    while (found.next()) {
      auto& c = all.emplace_back();
      c.link = found.text(0);
      c.origin = found.text(1) == "incident" ? mapping::side::incident : mapping::side::ticket;
      c.origin_id = found.text(2);
      c.mark = found.text(3);
      c.copy_id = found.text(4);
      c.state = comment_state_from(found.text(5));
      c.text = found.text(6);
      c.detail = found.text(7);
      c.at = found.time(8);
      c.not_before = found.time(9);
      c.attempts = static_cast<int>(found.integer(10));
      c.words = found.text(11);
      c.empty_looks = static_cast<int>(found.integer(12));
    }
  }
  return answer(std::move(all));
}

core::result<std::optional<cursor>> tables::read_cursor(std::string const& name) {
  std::optional<cursor> read;
  {
    auto found = db_->query("SELECT position FROM cursor WHERE name = ?1", name);
    if (found.next()) read = cursor{name, found.time(0)};
  }
  return answer(std::move(read));
}

core::result<std::optional<std::string>> tables::setting(std::string const& name) {
  std::optional<std::string> read;
  {
    auto found = db_->query("SELECT value FROM setting WHERE name = ?1", name);
    if (found.next()) read = found.text(0);
  }
  return answer(std::move(read));
}

void tables::read_journal(rows found, std::vector<journal_entry>& into) {
  while (found.next()) {
    auto& entry = into.emplace_back();
    entry.seq = found.integer(0);
    entry.at = found.time(1);
    entry.link = found.text(2);
    entry.kind = found.text(3);
    entry.chain = found.text(5);
    auto data = parse_json(found.text(4));
    if (data) {
      entry.data = std::move(*data);
    } else {
      db_->fail("journal entry " + std::to_string(entry.seq) + ": " + data.error().detail);
    }
  }
}

core::result<std::vector<journal_entry>> tables::journal(
    std::string const& link, std::int64_t before_seq, std::size_t rows_max
) {
  std::string_view const sql =
      link.empty() ? "SELECT seq, at, link, kind, data, chain FROM journal "
                     "WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2"
                   : "SELECT seq, at, link, kind, data, chain FROM journal "
                     "WHERE seq < ?1 AND link = ?3 AND link <> '' ORDER BY seq DESC LIMIT ?2";
  auto const limit = bindable(rows_max);
  std::vector<journal_entry> all;
  read_journal(
      link.empty() ? db_->query(sql, before_seq, limit) : db_->query(sql, before_seq, limit, link),
      all
  );
  return answer(std::move(all));
}

core::result<std::vector<journal_entry>> tables::journal_after(
    std::int64_t seq, std::size_t rows_max
) {
  auto const limit = bindable(rows_max);
  std::vector<journal_entry> all;
  read_journal(
      db_->query(
          "SELECT seq, at, link, kind, data, chain FROM journal "
          "WHERE seq > ?1 ORDER BY seq LIMIT ?2",
          seq,
          limit
      ),
      all
  );
  return answer(std::move(all));
}

core::result<counts> tables::count() {
  counts all;
  {
    auto found = db_->query(
        "SELECT opening, linked, merged, gone, (SELECT count(*) FROM outbox), parked, conflicts, "
        "comments_waiting FROM tally"
    );
    if (found.next()) {
      auto const number = [&](int column) {
        return static_cast<std::size_t>(found.integer(column));
      };
      all.opening = number(0);
      all.linked = number(1);
      all.merged = number(2);
      all.gone = number(3);
      all.outstanding = number(4);
      all.parked = number(5);
      all.conflicts = number(6);
      all.comments_waiting = number(7);
      all.links = all.opening + all.linked + all.merged + all.gone;
    }
  }
  return answer(all);
}

}  // namespace connector::store::sqlite
