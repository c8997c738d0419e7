#include "connector/command/link_view.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iomanip>
#include <ostream>
#include <vector>

namespace connector::command {
namespace {

std::string cell(core::record const& link, std::string_view name) {
  return core::text_of(core::field(link, name));
}

using table = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell; the last one has no end.
void print(table const& rows, std::ostream& out) {
  std::vector<std::size_t> widths(rows.front().size());
  for (auto const& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (auto const& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      out << std::left << std::setw(static_cast<int>(widths[i] + 2)) << row[i];
    }
    out << row.back() << '\n';
  }
}

std::vector<core::record> list_in(core::record const& from, std::string_view name) {
  std::vector<core::record> out;
  auto const* found = from.if_contains(name);
  if (!found || !found->is_array()) return out;
  for (auto const& each : found->get_array()) {
    if (each.is_object()) out.push_back(each.get_object());
  }
  return out;
}

/// A group of values: "high", or "truePositive, malware".
std::string values(core::record const& from, std::string_view name) {
  auto const& group = core::field(from, name);
  if (!group.is_array()) return core::text_of(group);
  std::string out;
  for (auto const& v : group.get_array()) {
    auto const* digest = v.if_object();
    auto const text = v.is_null()                            ? std::string{"(unset)"}
                      : digest && digest->contains("sha256") ? "(a long text)"
                                                             : core::text_of(v);
    out += (out.empty() ? "" : ", ") + text;
  }
  return out.empty() ? "(nothing)" : out;
}

/// "severity high, status active": what a rule looked at. Lists and long texts only by their size.
std::string inputs(core::record const& from) {
  auto const* all = from.if_contains("inputs");
  std::string out;
  if (!all || !all->is_object()) return out;
  constexpr std::size_t enough = 60;
  for (auto const& member : all->get_object()) {
    auto const& v = member.value();
    auto text = v.is_array() ? std::to_string(v.get_array().size()) + " entries" : core::text_of(v);
    if (text.size() > enough) text = "(" + std::to_string(text.size()) + " bytes)";
    out += (out.empty() ? "" : ", ") + std::string{member.key()} + ' ' + text;
  }
  return out;
}

/// "2026-03-01T09:00:00Z  ticket <- 1   from high   (map.yaml:44), settled as 1"
void print_event(core::record const& h, std::ostream& out) {
  out << "  " << cell(h, "at") << "  ";
  if (!h.contains("from") || !h.contains("side")) {
    out << cell(h, "what");
    for (auto const* name : {"reason", "winner", "until", "by"}) {
      if (h.contains(name)) out << ", " << name << ' ' << cell(h, name);
    }
    if (h.contains("incident")) out << "; incident " << values(h, "incident");
    if (h.contains("ticket")) out << "; ticket " << values(h, "ticket");
    if (h.contains("where")) out << "  (" << cell(h, "where") << ')';
    out << '\n';
    return;
  }
  auto const because = inputs(h);
  out << cell(h, "what") << ' ' << cell(h, "side") << ": " << values(h, "to") << ", from "
      << (because.empty() ? values(h, "from") : because) << "  (" << cell(h, "where") << "), "
      << cell(h, "outcome");
  if (h.contains("stored") && core::field(h, "stored") != core::field(h, "to")) {
    out << " as " << values(h, "stored");
  }
  if (h.contains("detail")) out << ": " << cell(h, "detail");
  out << '\n';
}

std::string notes(core::record const& link) {
  std::string out;
  auto const add = [&](std::string const& text) { out += (out.empty() ? "" : ", ") + text; };
  if (auto into = cell(link, "merged_into"); !into.empty()) add("into " + into);
  if (auto by = cell(link, "succeeded_by"); !by.empty()) add("goes on in link " + by);
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
  if (!link.succeeded_by.empty()) out["succeeded_by"] = link.succeeded_by;
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
  table shown{{"INCIDENT", "TICKET", "ROUTE", "STATE", "NOTES", "LINK"}};
  for (auto const& link : links) {
    shown.push_back(
        {cell(link, "incident"),
         cell(link, "ticket"),
         cell(link, "route"),
         cell(link, "state"),
         notes(link),
         cell(link, "link")}
    );
  }
  print(shown, out);
}

void print_parked(std::span<core::record const> links, std::ostream& out) {
  table shown{{"INCIDENT", "TICKET", "RULE", "TO", "SINCE", "REASON"}};
  for (auto const& link : links) {
    for (auto const& p : list_in(link, "parked")) {
      shown.push_back(
          {cell(link, "incident"),
           cell(link, "ticket"),
           cell(p, "rule"),
           cell(p, "to"),
           cell(p, "since"),
           cell(p, "reason")}
      );
    }
  }
  print(shown, out);
}

void print_conflicts(std::span<core::record const> links, std::ostream& out) {
  table shown{{"INCIDENT", "TICKET", "RULE", "SINCE", "INCIDENT SAYS", "TICKET SAYS"}};
  for (auto const& link : links) {
    for (auto const& c : list_in(link, "conflicts")) {
      shown.push_back(
          {cell(link, "incident"),
           cell(link, "ticket"),
           cell(c, "rule"),
           cell(c, "since"),
           values(c, "incident"),
           values(c, "ticket")}
      );
    }
  }
  print(shown, out);
}

bool print_explanation(core::record const& explained, std::ostream& out) {
  auto const rules = list_in(explained, "rules");
  if (rules.empty()) return false;
  out << "incident " << cell(explained, "incident") << ", ticket "
      << (cell(explained, "ticket").empty() ? "none yet" : cell(explained, "ticket")) << " (route "
      << cell(explained, "route") << ", " << cell(explained, "state") << ", link "
      << cell(explained, "link") << ")\n";
  for (auto const& r : rules) {
    out << '\n' << cell(r, "rule") << "   " << cell(r, "where") << '\n';
    out << "  now       " << cell(r, "why") << '\n';
    if (auto const now = inputs(r); !now.empty()) out << "  because   " << now << '\n';
    if (r.contains("incident_now")) out << "  incident  " << values(r, "incident_now") << '\n';
    if (r.contains("ticket_now")) out << "  ticket    " << values(r, "ticket_now") << '\n';
    if (auto const* agreed = r.if_contains("agreed")) {
      out << "  agreed    incident " << values(agreed->as_object(), "incident") << ", ticket "
          << values(agreed->as_object(), "ticket") << '\n';
    }
    if (auto const* parked = r.if_contains("parked")) {
      auto const& p = parked->as_object();
      out << "  parked    since " << cell(p, "since") << ": " << cell(p, "reason") << '\n';
    }
    if (auto const* conflict = r.if_contains("conflict")) {
      out << "  conflict  since " << cell(conflict->as_object(), "since")
          << ": both sides changed; see `conflicts`\n";
    }
    for (auto const& h : list_in(r, "history")) print_event(h, out);
  }
  return true;
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
