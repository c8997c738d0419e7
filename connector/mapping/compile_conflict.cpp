#include <algorithm>

#include "connector/mapping/rule_compiler.hpp"

namespace connector::mapping {

void rule_compiler::read_conflict() {
  auto const* n = read_.find("conflict");
  if (!n) {
    set_order(nullptr);
    return;
  }
  if (r_.direction != direction::both) {
    complain(
        found::unused_setting,
        n->at,
        "'conflict' has no effect on a rule that leads one way",
        "remove it"
    );
    return;
  }
  auto const* word = n;
  node const* details = nullptr;
  if (n->is_mapping() && n->entries.size() == 1) {
    word = &n->entries.front().key;
    details = &n->entries.front().value;
  }
  constexpr std::array<std::pair<std::string_view, resolution>, 7> words{{
      {"incident", resolution::incident},
      {"ticket", resolution::ticket},
      {"latest", resolution::latest},
      {"highest", resolution::highest},
      {"furthest", resolution::furthest},
      {"merge", resolution::merge},
      {"ask", resolution::ask},
  }};
  auto const hit = std::find_if(words.begin(), words.end(), [&](auto const& w) {
    return word->is_scalar() && w.first == word->text;
  });
  if (hit == words.end()) {
    std::vector<std::string_view> known;
    for (auto const& [w, r] : words) known.push_back(w);
    unknown_word(*word, "conflict", known, to_);
    bad_ = true;
    return;
  }
  auto const is_set = std::holds_alternative<set_body>(r_.body);
  if (is_set != (hit->second == resolution::merge)) {
    complain(
        found::bad_conflict,
        word->at,
        is_set ? "sets are merged element by element" : "'merge' is for sets only",
        is_set ? "write 'conflict: merge'" : "choose incident, ticket, latest, furthest or ask"
    );
    return;
  }
  r_.resolution = hit->second;
  if (hit->second == resolution::latest) {
    if (!details || !(details->is_word("incident") || details->is_word("ticket"))) {
      complain(
          found::bad_conflict,
          word->at,
          "'latest' must say who wins when the two changes cannot be told apart in time",
          "write 'conflict: {latest: incident}' or '{latest: ticket}'"
      );
      return;
    }
    r_.tie = details->text == "incident" ? side::incident : side::ticket;
    return;
  }
  auto const ordered = hit->second == resolution::highest || hit->second == resolution::furthest;
  if (details && !ordered) {
    complain(found::wrong_shape, details->at, "'" + word->text + "' takes no details");
    return;
  }
  if (ordered) set_order(details);
  if (ordered && r_.order.empty()) {
    complain(
        found::bad_conflict,
        word->at,
        "'" + word->text + "' needs an order of the values of '" + r_.incident.front().path + "'",
        "write 'conflict: {" + word->text + ": [first, ..., last]}'"
    );
  }
}

void rule_compiler::set_order(node const* details) {
  if (details) {
    if (!details->is_list()) {
      complain(found::wrong_shape, details->at, "the order is a list of the incident's values");
      return;
    }
    for (auto const& item : details->items) {
      if (auto v = read_literal(r_.incident.front(), item, to_)) r_.order.push_back(*v);
    }
    return;
  }
  if (r_.resolution == resolution::highest) {
    if (!r_.incident.front().type->ordered) return;
    for (auto const& v : r_.incident.front().type->values) r_.order.emplace_back(v.value);
  }
  if (r_.resolution != resolution::furthest) return;
  if (auto const* table = std::get_if<value_table>(&r_.body)) {
    for (auto const& row : table->rows) {
      if (row.incident.empty() || row.incident.front().any) continue;
      auto const& v = row.incident.front().value;
      if (std::find(r_.order.begin(), r_.order.end(), v) == r_.order.end()) r_.order.push_back(v);
    }
  }
}

void rule_compiler::read_merge_risk() {
  auto const* n = read_.find("merge_risk");
  auto const accepted = read_.word_or("merge_risk", {"accept"}, "") == "accept";
  auto const risky = r_.goes(side::incident) &&
                     std::any_of(r_.incident.begin(), r_.incident.end(), [](auto const& f) {
                       return f.type->hinders_merging;
                     });
  if (n && !risky) {
    complain(
        found::unused_setting,
        n->at,
        "'merge_risk' has no effect: the rule writes nothing that keeps incidents from being "
        "merged",
        "remove it"
    );
  }
  r_.hinders_merging = risky && !accepted;
  r_.merge_risk_accepted = risky && accepted;
}

}  // namespace connector::mapping
