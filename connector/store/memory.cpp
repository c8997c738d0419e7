#include "connector/store/memory.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "connector/store/journal_chain.hpp"

namespace connector::store {

struct memory_disk::tables {
  using pair = std::pair<std::string, std::string>;
  using comment_key = std::tuple<std::string, mapping::side, std::string>;

  std::map<std::string, link> links;
  std::multimap<pair, std::string> by_incident;  ///< (connection, incident) to link id
  std::map<pair, std::string> by_route;          ///< (route, incident) to link id, not gone
  std::map<pair, std::string> by_ticket;         ///< (connection, ticket) to link id
  std::set<std::tuple<int, core::time_point, std::string>> due;  ///< lane, when, link id
  std::map<comment_key, comment_entry> comments;
  std::map<std::string, comment_key> by_mark;
  std::map<std::string, core::time_point> cursors;
  std::map<std::string, std::string> settings;
  std::map<std::int64_t, journal_entry> journal;
  journal_anchor head;  ///< of the journal's newest entry
};

memory_disk::memory_disk() : tables_{std::make_unique<tables>()} {}
memory_disk::memory_disk(memory_disk const& other)
    : tables_{std::make_unique<tables>(*other.tables_)} {}
memory_disk& memory_disk::operator=(memory_disk const& other) {
  *tables_ = *other.tables_;
  return *this;
}
memory_disk::~memory_disk() = default;

namespace {

core::error refuse(std::string const& words) { return {core::errc::storage, words}; }

bool passes(link const& l, link_filter const& f) {
  return (f.route.empty() || l.route == f.route) && (!f.state || l.state == *f.state) &&
         (!f.parked_only || !l.parked.empty()) && (!f.conflicts_only || !l.conflicts.empty()) &&
         (f.text.empty() || l.id == f.text || l.incident_id == f.text || l.ticket_id == f.text ||
          l.ticket_label == f.text);
}

/// Of several rows with one key, the last is meant. Moves the rows out.
template <class T, class KeyOf>
auto last_of_each(std::vector<T>& rows, KeyOf key_of_row) {
  std::map<decltype(key_of_row(rows.front())), T> last;
  for (auto& row : rows) {
    auto key = key_of_row(row);
    last.insert_or_assign(std::move(key), std::move(row));
  }
  return last;
}

}  // namespace

class memory_store final : public store {
 public:
  explicit memory_store(std::shared_ptr<memory_disk> disk)
      : disk_{std::move(disk)}, t_{*disk_->tables_} {}

  awaitable<core::result<void>> commit(changes all) override { co_return write(all); }

  awaitable<core::result<std::vector<link>>> links(std::vector<std::string> ids) override {
    std::vector<link> found;
    for (auto const& id : std::set<std::string>(ids.begin(), ids.end())) {
      if (auto const l = t_.links.find(id); l != t_.links.end()) found.push_back(l->second);
    }
    co_return found;
  }

  awaitable<core::result<std::vector<link>>> links_by_incident(
      std::string connection, std::vector<std::string> incident_ids
  ) override {
    std::vector<link> found;
    for (auto const& id : std::set<std::string>(incident_ids.begin(), incident_ids.end())) {
      auto const [first, last] = t_.by_incident.equal_range({connection, id});
      for (auto i = first; i != last; ++i) found.push_back(t_.links.at(i->second));
    }
    co_return found;
  }

  awaitable<core::result<std::vector<link>>> links_by_ticket(
      std::string connection, std::vector<std::string> ticket_ids
  ) override {
    std::vector<link> found;
    for (auto const& id : std::set<std::string>(ticket_ids.begin(), ticket_ids.end())) {
      auto const i = t_.by_ticket.find({connection, id});
      if (i != t_.by_ticket.end()) found.push_back(t_.links.at(i->second));
    }
    co_return found;
  }

  awaitable<core::result<std::vector<link>>> links_due(core::time_point now, std::size_t rows_max)
      override {
    std::vector<link> found;
    for (auto const& [lane, when, id] : t_.due) {
      if (found.size() == rows_max) break;
      if (when <= now) found.push_back(t_.links.at(id));
    }
    co_return found;
  }

  awaitable<core::result<std::optional<core::time_point>>> next_due() override {
    std::optional<core::time_point> first;
    for (auto const& [lane, when, id] : t_.due) first = std::min(first.value_or(when), when);
    co_return first;
  }

  awaitable<core::result<std::vector<link>>> list_links(
      link_filter filter, std::string after_id, std::size_t rows_max
  ) override {
    std::vector<link> found;
    for (auto i = t_.links.upper_bound(after_id); i != t_.links.end(); ++i) {
      if (found.size() == rows_max) break;
      if (passes(i->second, filter)) found.push_back(i->second);
    }
    co_return found;
  }

  awaitable<core::result<std::vector<comment_entry>>> comments(std::vector<std::string> link_ids
  ) override {
    std::vector<comment_entry> found;
    for (auto const& id : std::set<std::string>(link_ids.begin(), link_ids.end())) {
      auto i = t_.comments.lower_bound({id, mapping::side{}, {}});
      for (; i != t_.comments.end() && i->second.link == id; ++i) found.push_back(i->second);
    }
    co_return found;
  }

  awaitable<core::result<std::optional<cursor>>> read_cursor(std::string name) override {
    std::optional<cursor> found;
    auto const i = t_.cursors.find(name);
    if (i != t_.cursors.end()) found = cursor{name, i->second};
    co_return found;
  }

  awaitable<core::result<std::optional<std::string>>> setting(std::string name) override {
    std::optional<std::string> found;
    if (auto const i = t_.settings.find(name); i != t_.settings.end()) found = i->second;
    co_return found;
  }

  awaitable<core::result<std::vector<journal_entry>>> journal(
      std::string link, std::int64_t before_seq, std::size_t rows_max
  ) override {
    std::vector<journal_entry> found;
    found.reserve(std::min(rows_max, t_.journal.size()));
    auto i = t_.journal.lower_bound(before_seq);
    while (i != t_.journal.begin() && found.size() < rows_max) {
      --i;
      if (link.empty() || i->second.link == link) found.push_back(i->second);
    }
    co_return found;
  }

  awaitable<core::result<std::vector<journal_entry>>> journal_after(
      std::int64_t seq, std::size_t rows_max
  ) override {
    std::vector<journal_entry> found;
    found.reserve(std::min(rows_max, t_.journal.size()));
    auto i = t_.journal.upper_bound(seq);
    for (; i != t_.journal.end() && found.size() < rows_max; ++i) found.push_back(i->second);
    co_return found;
  }

  awaitable<core::result<std::size_t>> trim_journal(core::time_point before, std::size_t rows_max)
      override {
    std::size_t dropped = 0;
    while (!t_.journal.empty()) {
      auto const& oldest = t_.journal.begin()->second;
      if (t_.journal.size() <= rows_max && oldest.at >= before) break;
      journal_anchor const start{oldest.seq, oldest.chain};
      t_.settings[std::string{journal_anchor_setting}] = text_of(start);
      t_.journal.erase(t_.journal.begin());
      ++dropped;
    }
    co_return dropped;
  }

  awaitable<core::result<counts>> count() override {
    counts all;
    all.links = t_.links.size();
    for (auto const& [id, l] : t_.links) {
      all.opening += l.state == link_state::opening;
      all.linked += l.state == link_state::linked;
      all.merged += l.state == link_state::merged;
      all.gone += l.state == link_state::gone;
      all.outstanding += l.outstanding.has_value();
      all.parked += !l.parked.empty();
      all.conflicts += !l.conflicts.empty();
    }
    for (auto const& [key, c] : t_.comments) {
      all.comments_waiting +=
          c.state == comment_state::pending || c.state == comment_state::in_doubt;
    }
    co_return all;
  }

 private:
  using tables = memory_disk::tables;

  core::result<void> write(changes& all) {
    // Everything is checked before anything is written: all or nothing.
    auto const links = last_of_each(all.links, [](link const& l) { return l.id; });
    if (auto fine = check(links); !fine) return fine;
    auto const comments = last_of_each(all.comments, key_of);
    if (auto fine = check(comments); !fine) return fine;

    for (auto const& [id, l] : links) forget(id);
    for (auto const& [id, l] : links) insert(l);
    for (auto& entry : all.outbox) {
      auto const at = t_.links.find(entry.link);
      if (at == t_.links.end()) continue;
      auto changed = at->second;
      changed.outstanding = std::move(entry.what);
      changed.due = std::min(changed.due.value_or(entry.due), entry.due);
      forget(entry.link);
      insert(changed);
    }
    for (auto const& [key, c] : comments) {
      if (auto const old = t_.comments.find(key); old != t_.comments.end()) {
        t_.by_mark.erase(old->second.mark);
      }
    }
    for (auto const& [key, c] : comments) {
      if (!c.mark.empty()) t_.by_mark[c.mark] = key;
      t_.comments[key] = c;
    }
    for (auto const& c : all.cursors) t_.cursors[c.name] = c.position;
    for (auto const& [name, value] : all.settings) t_.settings[name] = value;
    for (auto& entry : all.journal) {
      entry.seq = t_.head.seq + 1;
      entry.chain = chain_of(t_.head.chain, entry);
      t_.head = {entry.seq, entry.chain};
      t_.journal.emplace(entry.seq, std::move(entry));
    }
    return {};
  }

  static tables::comment_key key_of(comment_entry const& c) {
    return {c.link, c.origin, c.origin_id};
  }

  /// What the uniqueness rules say once all of `links` are in.
  core::result<void> check(std::map<std::string, link> const& links) const {
    std::map<tables::pair, std::string> routes, tickets;
    auto const taken =
        [&](auto const& stored, auto& coming, tables::pair const& key, std::string const& id) {
          auto const old = stored.find(key);
          if (old != stored.end() && !links.contains(old->second)) return true;
          return !coming.emplace(key, id).second;
        };
    for (auto const& [id, l] : links) {
      if (l.state != link_state::gone && taken(t_.by_route, routes, {l.route, l.incident_id}, id)) {
        return refuse(
            "link " + id + ": incident " + l.incident_id + " has a link on route " + l.route +
            " already"
        );
      }
      if (!l.ticket_id.empty() &&
          taken(t_.by_ticket, tickets, {l.ticket_connection, l.ticket_id}, id)) {
        return refuse("link " + id + ": ticket " + l.ticket_id + " has a link already");
      }
    }
    return {};
  }

  core::result<void> check(std::map<tables::comment_key, comment_entry> const& comments) const {
    std::set<std::string> marks;
    for (auto const& [key, c] : comments) {
      if (c.mark.empty()) continue;
      auto const old = t_.by_mark.find(c.mark);
      auto const taken = old != t_.by_mark.end() && !comments.contains(old->second);
      if (taken || !marks.insert(c.mark).second) {
        return refuse(
            "link " + c.link + ": the mark of comment " + c.origin_id + " is another comment's"
        );
      }
    }
    return {};
  }

  void forget(std::string const& id) {
    auto const old = t_.links.find(id);
    if (old == t_.links.end()) return;
    auto const& l = old->second;
    auto const [first, last] = t_.by_incident.equal_range({l.incident_connection, l.incident_id});
    t_.by_incident.erase(std::find_if(first, last, [&](auto const& i) { return i.second == id; }));
    if (l.state != link_state::gone) t_.by_route.erase({l.route, l.incident_id});
    if (!l.ticket_id.empty()) t_.by_ticket.erase({l.ticket_connection, l.ticket_id});
    if (l.due) t_.due.erase({l.lane, *l.due, id});
    t_.links.erase(old);
  }

  void insert(link const& l) {
    t_.by_incident.emplace(tables::pair{l.incident_connection, l.incident_id}, l.id);
    if (l.state != link_state::gone) t_.by_route[{l.route, l.incident_id}] = l.id;
    if (!l.ticket_id.empty()) t_.by_ticket[{l.ticket_connection, l.ticket_id}] = l.id;
    if (l.due) t_.due.emplace(l.lane, *l.due, l.id);
    t_.links.emplace(l.id, l);
  }

  std::shared_ptr<memory_disk> disk_;
  tables& t_;
};

std::unique_ptr<store> make_memory_store(std::shared_ptr<memory_disk> disk) {
  return std::make_unique<memory_store>(std::move(disk));
}

std::unique_ptr<store> make_memory_store() {
  return make_memory_store(std::make_shared<memory_disk>());
}

}  // namespace connector::store
