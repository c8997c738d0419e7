#include "test/simulators/servicenow/table.hpp"

#include <algorithm>
#include <set>

namespace simulators {

std::string_view row::get(dictionary const& columns, std::uint16_t position) const {
  auto const at = std::lower_bound(
      cells_.begin(),
      cells_.end(),
      position,
      [](auto const& cell, std::uint16_t wanted) { return cell.first < wanted; }
  );
  if (at != cells_.end() && at->first == position) return at->second;
  return columns.at(position).initial;
}

void row::set(dictionary const& columns, std::uint16_t position, std::string value) {
  auto const at = std::lower_bound(
      cells_.begin(),
      cells_.end(),
      position,
      [](auto const& cell, std::uint16_t wanted) { return cell.first < wanted; }
  );
  bool const there = at != cells_.end() && at->first == position;
  bool const is_initial = value == columns.at(position).initial;
  if (is_initial) {
    if (there) cells_.erase(at);
  } else if (there) {
    at->second = std::move(value);
  } else {
    cells_.emplace(at, position, std::move(value));
  }
}

table::table(std::shared_ptr<dictionary const> columns)
    : kept_columns_{std::move(columns)}, columns_{*kept_columns_} {
  id_ = columns_.find("sys_id").value();
  // The journal has no sys_updated_on; its entries never change.
  stamp_ = columns_.find("sys_updated_on").value_or(columns_.find("sys_created_on").value());
  for (std::uint16_t i = 0; i < columns_.size(); ++i) {
    if (columns_.at(i).indexed && i != id_) hashed_[i];
  }
}

table::key table::key_of(row const& of) const {
  return {of.get(columns_, stamp_), of.get(columns_, id_)};
}

std::string table::text(row const& of, std::string_view column) const {
  auto const position = columns_.find(column);
  return position ? std::string{of.get(columns_, *position)} : std::string{};
}

table::snapshot table::current(std::string_view sys_id) const {
  auto const at = slots_.find(sys_id);
  return at == slots_.end() ? nullptr : at->second.current;
}

table::snapshot table::listed(std::string_view sys_id) const {
  auto const at = slots_.find(sys_id);
  return at == slots_.end() ? nullptr : at->second.listed;
}

void table::show(slot& of, std::string_view sys_id, snapshot version, std::uint64_t revision) {
  if (of.listed && of.listed->revision > revision) return;
  for (auto& [position, values] : hashed_) {
    auto const old = of.listed ? of.listed->get(columns_, position) : std::string_view{};
    auto const next = version ? version->get(columns_, position) : std::string_view{};
    bool const was_in = of.listed && !old.empty();
    bool const is_in = version && !next.empty();
    if (was_in && is_in && old == next) continue;
    if (was_in) {
      auto const range = values.equal_range(std::string{old});
      auto const mine = std::find_if(range.first, range.second, [&of](auto const& entry) {
        return entry.second == &of;
      });
      if (mine != range.second) values.erase(mine);
    }
    if (is_in) values.emplace(std::string{next}, &of);
  }
  if (of.listed) by_stamp_.erase(key_of(*of.listed));
  of.listed = std::move(version);
  if (of.listed) by_stamp_[key_of(*of.listed)] = of.listed;
  if (!of.listed && !of.current) {
    auto const at = slots_.find(sys_id);
    if (at != slots_.end()) slots_.erase(at);
  }
}

void table::put(row next, core::time_point visible_at) {
  next.revision = ++revision_;
  auto version = std::make_shared<row const>(std::move(next));
  std::string sys_id{version->get(columns_, id_)};
  auto& at = slots_[sys_id];
  if (!at.current) ++count_;
  at.current = version;
  if (visible_at == core::time_point{}) {
    show(at, sys_id, version, version->revision);
  } else {
    auto const revision = version->revision;
    pending_.emplace(visible_at, publication{std::move(sys_id), revision, std::move(version)});
  }
}

void table::remove(std::string_view sys_id, core::time_point visible_at) {
  auto const at = slots_.find(sys_id);
  if (at == slots_.end() || !at->second.current) return;
  at->second.current = nullptr;
  --count_;
  auto const revision = ++revision_;
  if (visible_at == core::time_point{}) {
    show(at->second, sys_id, nullptr, revision);
  } else {
    pending_.emplace(visible_at, publication{std::string{sys_id}, revision, nullptr});
  }
}

void table::publish(core::time_point now) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    auto const due = pending_.begin()->second;
    pending_.erase(pending_.begin());
    auto const at = slots_.find(due.sys_id);
    if (at != slots_.end()) show(at->second, due.sys_id, due.version, due.revision);
  }
}

void table::each(std::function<void(row const&)> const& visit) const {
  for (auto const& entry : by_stamp_) {
    if (auto const found = current(entry.first.id)) visit(*found);
  }
}

std::vector<table::snapshot> table::with(std::string_view column, std::string_view value) const {
  std::vector<snapshot> all;
  auto const position = columns_.find(column);
  if (!position || !hashed_.contains(*position)) return all;
  auto const range = hashed_.at(*position).equal_range(std::string{value});
  for (auto at = range.first; at != range.second; ++at) {
    auto const& found = at->second->current;
    if (found && found->get(columns_, *position) == value) all.push_back(found);
  }
  std::sort(all.begin(), all.end(), [this](auto const& a, auto const& b) {
    return key_of(*a) < key_of(*b);
  });
  return all;
}

bool table::holds(row const& of, encoded_query::term const& one, search const& wanted) const {
  auto const position = columns_.find(one.field);
  if (!position) return wanted.walk && wanted.walk(of, one);
  auto const& column = columns_.at(*position);
  if (column.type == field_type::journal)
    return encoded_query::matches(one, column.type, {}, wanted.now);
  return encoded_query::matches(one, column.type, of.get(columns_, *position), wanted.now);
}

bool table::holds(row const& of, encoded_query::branch const& all, search const& wanted) const {
  return std::all_of(all.begin(), all.end(), [&](auto const& clause) {
    return std::any_of(clause.begin(), clause.end(), [&](auto const& term) {
      return holds(of, term, wanted);
    });
  });
}

encoded_query::term const* table::keys_named(encoded_query::branch const& all) const {
  using encoded_query::op;
  for (auto const& clause : all) {
    if (clause.size() != 1) continue;
    auto const& term = clause.front();
    if (term.op != op::equal && term.op != op::in) continue;
    auto const position = columns_.find(term.field);
    if (!position || (*position != id_ && !hashed_.contains(*position))) continue;
    bool const any_empty = std::any_of(
        term.values.begin(), term.values.end(), [](auto const& value) { return value.empty(); }
    );
    if (!any_empty) return &term;
  }
  return nullptr;
}

table::window table::window_of(encoded_query::branch const& all) const {
  using encoded_query::op;
  window out;
  for (auto const& clause : all) {
    if (clause.size() != 1) continue;
    auto const& term = clause.front();
    if (columns_.find(term.field) != stamp_) continue;
    auto const raise = [&out](std::string const& to, bool open) {
      if (to > out.low || (to == out.low && open)) {
        out.low = to;
        out.low_id = open ? "~" : "";
      }
    };
    auto const lower = [&out](std::string const& to) { out.high = std::min(out.high, to); };
    switch (term.op) {
      case op::equal:
        raise(term.values[0], false);
        lower(term.values[0]);
        break;
      case op::greater:
        raise(term.values[0], true);
        break;
      case op::greater_or_equal:
        raise(term.values[0], false);
        break;
      case op::less:
      case op::less_or_equal:
        lower(term.values[0]);
        break;
      case op::between:
        raise(term.values[0], false);
        lower(term.values[1]);
        break;
      default:
        break;
    }
  }
  if (out.low != out.high || !out.low_id.empty()) return out;
  // The other half of a keyset: one stamp, and ids behind the last one seen.
  for (auto const& clause : all) {
    auto const& term = clause.front();
    if (clause.size() == 1 && term.field == "sys_id" && term.op == op::greater) {
      out.low_id = term.values[0];
    }
  }
  return out;
}

void table::candidates(encoded_query::branch const& all, bool descending, visitor const& visit)
    const {
  if (auto const* keys = keys_named(all)) {
    auto const position = *columns_.find(keys->field);
    std::set<std::string_view> const distinct{keys->values.begin(), keys->values.end()};
    for (auto const value : distinct) {
      if (position == id_) {
        auto const found = listed(value);
        if (found && !visit(found)) return;
        continue;
      }
      auto const range = hashed_.at(position).equal_range(std::string{value});
      for (auto at = range.first; at != range.second; ++at) {
        if (!visit(at->second->listed)) return;
      }
    }
    return;
  }
  auto const within = window_of(all);
  key const from{within.low, within.low_id};
  key const to{within.high, "~"};
  if (!descending) {
    for (auto at = by_stamp_.lower_bound(from); at != by_stamp_.end(); ++at) {
      if (to < at->first || !visit(at->second)) return;
    }
    return;
  }
  auto at = by_stamp_.upper_bound(to);
  while (at != by_stamp_.begin()) {
    --at;
    if (at->first < from || !visit(at->second)) return;
  }
}

table::result table::find(search const& wanted) const {
  auto const& orders = wanted.query.orders;
  bool by_stamp = !orders.empty() && columns_.find(orders[0].field) == stamp_;
  if (orders.size() > 1) {
    by_stamp = by_stamp && orders.size() == 2 && orders[1].field == "sys_id" &&
               orders[1].descending == orders[0].descending;
  }
  bool const descending = by_stamp && orders[0].descending;
  std::size_t const needed = wanted.offset + wanted.limit + 1;

  std::vector<snapshot> all;
  for (auto const& branch : wanted.query.branches) {
    std::size_t found = 0;
    // A keyset page needs no more than its rows, unless the total is asked for.
    bool const may_stop = by_stamp && !wanted.counted && !keys_named(branch);
    candidates(branch, descending, [&](snapshot const& each) {
      if (!holds(*each, branch, wanted)) return true;
      all.push_back(each);
      return !(may_stop && ++found >= needed);
    });
  }

  auto const position_of = [this](std::string_view name) { return columns_.find(name); };
  std::vector<std::pair<std::uint16_t, bool>> keys;
  for (auto const& order : orders) {
    if (auto const position = position_of(order.field))
      keys.emplace_back(*position, order.descending);
  }
  // Without an order the instance promises none; by sys_id is as good as any and repeats.
  std::sort(all.begin(), all.end(), [&](snapshot const& a, snapshot const& b) {
    for (auto const& [position, reversed] : keys) {
      auto const x = a->get(columns_, position);
      auto const y = b->get(columns_, position);
      auto const type = columns_.at(position).type;
      if (encoded_query::less(type, x, y)) return !reversed;
      if (encoded_query::less(type, y, x)) return reversed;
    }
    return a->get(columns_, id_) < b->get(columns_, id_);
  });
  all.erase(std::unique(all.begin(), all.end()), all.end());

  result out;
  out.total = all.size();
  for (std::size_t i = wanted.offset; i < all.size(); ++i) {
    if (out.rows.size() == wanted.limit) {
      out.more = true;
      break;
    }
    out.rows.push_back(all[i]);
  }
  return out;
}

}  // namespace simulators
