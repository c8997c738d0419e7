#include "test/sync/map_maker.hpp"

#include <array>

namespace connector::sync {

std::string map_maker::map() {
  std::string text{map_head};
  auto const count = 1 + pick(3);
  for (std::size_t i = 0; i < count; ++i) text += rule(i);
  return text;
}

core::record map_maker::edit(bool incident, bool one) {
  core::record out;
  auto const& fields = incident ? incident_ : ticket_;
  if (one) {
    auto const& f = fields[pick(fields.size())];
    out[f.name] = value_of(f);
    return out;
  }
  for (auto const& f : fields) {
    if (pick(2) == 0) out[f.name] = value_of(f);
  }
  if (out.empty()) out[fields.front().name] = value_of(fields.front());
  return out;
}

std::string map_maker::rule(std::size_t number) {
  auto const& a = incident_[pick(incident_.size())];
  auto const& b = ticket_[pick(ticket_.size())];
  auto const name = "rule " + std::to_string(number);
  if (pick(6) == 0) return choice(name, a, b);
  auto const way = pick(4);
  std::string const sync = way == 0 ? "to_ticket" : way == 1 ? "to_incident" : "both";
  auto text = "  - name: " + name + "\n    incident: " + a.name + "\n    ticket: " + b.name +
              "\n    sync: " + sync + '\n';
  if (sync == "both") {
    static constexpr std::array<std::string_view, 5> conflicts{
        "incident", "ticket", "{latest: ticket}", "ask", "furthest"};
    text += "    conflict: " + std::string{conflicts[pick(conflicts.size())]} + '\n';
    text += "    loses: {incident: {" + a.name + ": any}, ticket: {" + b.name + ": any}}\n";
  }
  if (pick(4) == 0) {
    auto const of_ticket = pick(3) > 0;
    auto const& fields = of_ticket ? ticket_ : incident_;
    auto const& other = fields[pick(fields.size())];
    std::string const on = of_ticket ? "ticket" : "incident";
    text += "    when: {" + on + ": {" + other.name + ": \"" + value_of(other) + "\"}}\n";
  }
  text += "    values:\n";
  for (auto const& v : a.values) {
    auto const arrow = sync == "to_ticket" ? 1 : sync == "to_incident" ? 2 : pick(4);
    if (pick(5) == 0) continue;
    text += "      - " + v +
            (arrow == 1   ? " -> \""
             : arrow == 2 ? " <- \""
                          : " <-> \"") +
            value_of(b) + "\"\n";
  }
  return text + "      - otherwise: " + (pick(2) == 0 ? "leave" : "park") + '\n';
}

std::string map_maker::choice(std::string const& name, field const& a, field const& b) {
  return "  - name: " + name + "\n    ticket: " + b.name +
         "\n    sync: to_ticket\n    choose:\n      - {when: {" + a.name + ": " + value_of(a) +
         "}, then: \"" + value_of(b) + "\"}\n      - otherwise: \"" + value_of(b) + "\"\n";
}

}  // namespace connector::sync
