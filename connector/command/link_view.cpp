#include "connector/command/link_view.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <iomanip>
#include <ostream>

namespace connector::command {
namespace {

std::string cell(core::record const& link, std::string_view name) {
  return core::text_of(core::field(link, name));
}

constexpr std::array columns{"incident", "ticket", "route", "state", "notes", "link"};

std::string notes(core::record const& link) {
  std::string out;
  auto const add = [&](std::string const& text) { out += (out.empty() ? "" : ", ") + text; };
  if (auto into = cell(link, "merged_into"); !into.empty()) add("into " + into);
  if (link.contains("outstanding")) add("write in doubt");
  if (auto const* parked = link.if_contains("parked")) {
    add(std::to_string(parked->as_array().size()) + " parked");
  }
  if (auto const* conflicts = link.if_contains("conflicts")) {
    add(std::to_string(conflicts->as_array().size()) + " to decide");
  }
  return out;
}

}  // namespace

core::record shown(store::link const& link) {
  core::record out{
      {"link", link.id},
      {"route", link.route},
      {"incident", link.incident_id},
      {"incident_url", link.incident_url},
      {"ticket", link.ticket_label},
      {"ticket_id", link.ticket_id},
      {"ticket_url", link.ticket_url},
      {"state", store::name(link.state)},
      {"changed_at", core::format_time(link.changed_at)},
  };
  if (!link.merged_into.empty()) out["merged_into"] = link.merged_into;
  if (link.due) out["due"] = core::format_time(*link.due);
  if (link.outstanding) {
    out["outstanding"] = core::record{
        {"to", mapping::name(link.outstanding->to)},
        {"sent_at", core::format_time(link.outstanding->sent_at)},
        {"fields", link.outstanding->fields}};
  }
  boost::json::array parked;
  for (auto const& p : link.parked) {
    parked.push_back(core::record{
        {"rule", p.rule},
        {"to", mapping::name(p.to)},
        {"reason", p.reason},
        {"since", core::format_time(p.since)}});
  }
  if (!parked.empty()) out["parked"] = std::move(parked);
  boost::json::array conflicts;
  for (auto const& c : link.conflicts) {
    conflicts.push_back(core::record{
        {"rule", c.rule},
        {"incident", c.incident},
        {"ticket", c.ticket},
        {"since", core::format_time(c.since)}});
  }
  if (!conflicts.empty()) out["conflicts"] = std::move(conflicts);
  core::record bases;
  for (auto const& [rule, base] : *link.bases) {
    bases[rule] = core::record{{"incident", base.incident}, {"ticket", base.ticket}};
  }
  out["agreed"] = std::move(bases);
  return out;
}

void print_links(std::span<core::record const> links, std::ostream& out) {
  std::vector<std::array<std::string, columns.size()>> rows;
  rows.push_back({"INCIDENT", "TICKET", "ROUTE", "STATE", "NOTES", "LINK"});
  for (auto const& link : links) {
    rows.push_back(
        {cell(link, "incident"),
         cell(link, "ticket"),
         cell(link, "route"),
         cell(link, "state"),
         notes(link),
         cell(link, "link")}
    );
  }
  std::array<std::size_t, columns.size()> widths{};
  for (auto const& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (auto const& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i + 1 == row.size()) {
        out << row[i];
      } else {
        out << std::left << std::setw(static_cast<int>(widths[i] + 2)) << row[i];
      }
    }
    out << '\n';
  }
}

void print_link(core::record const& link, std::ostream& out) {
  for (auto const& field : link) {
    if (!field.value().is_structured()) {
      out << std::left << std::setw(14) << std::string{field.key()} << core::text_of(field.value())
          << '\n';
    }
  }
  for (auto const* list : {"parked", "conflicts"}) {
    auto const* found = link.if_contains(list);
    if (!found) continue;
    out << '\n' << list << '\n';
    for (auto const& entry : found->as_array()) {
      out << "  " << boost::json::serialize(entry) << '\n';
    }
  }
  if (auto const* agreed = link.if_contains("agreed")) {
    out << "\nagreed (rule: incident | ticket)\n";
    for (auto const& rule : agreed->as_object()) {
      auto const& base = rule.value().as_object();
      out << "  " << std::string{rule.key()} << ": " << boost::json::serialize(base.at("incident"))
          << " | " << boost::json::serialize(base.at("ticket")) << '\n';
    }
  }
}

}  // namespace connector::command
