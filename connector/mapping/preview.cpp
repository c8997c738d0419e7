#include "connector/mapping/preview.hpp"

#include <boost/json/serialize.hpp>

#include "connector/mapping/apply.hpp"

namespace connector::mapping {
namespace {

field_change::kind kind_of(applied_rule const& r) {
  switch (r.want.what) {
    case wish::kind::write:
      return r.want.value == r.before ? field_change::kind::keeps : field_change::kind::writes;
    case wish::kind::leave:
      return field_change::kind::leaves;
    case wish::kind::park:
      return field_change::kind::parks;
    case wish::kind::ask:
      return field_change::kind::asks;
  }
  return field_change::kind::leaves;
}

std::vector<field_change> changes_of(application const& all, side to) {
  std::vector<field_change> out;
  for (auto const& r : all.rules) {
    auto const& names = r.by->fields(to);
    for (std::size_t i = 0; i < names.size(); ++i) {
      field_change c;
      c.field = names[i];
      c.what = kind_of(r);
      if (i < r.before.size()) c.before = r.before[i];
      c.after =
          r.want.what == wish::kind::write && i < r.want.value.size() ? r.want.value[i] : c.before;
      c.rule = r.by->name();
      c.where = r.want.where;
      c.reason = r.want.reason;
      out.push_back(std::move(c));
    }
  }
  return out;
}

std::string short_text(core::value const& v) {
  constexpr std::size_t bytes_max = 400;
  auto text = v.is_null() ? std::string{"unset"} : boost::json::serialize(v);
  if (text.size() <= bytes_max) return text;
  // Serialised text is UTF-8; cut before a continuation byte's character.
  auto end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "... (" + std::to_string(text.size()) + " bytes)";
}

void append(std::string& out, std::vector<field_change> const& all) {
  for (auto const& c : all) {
    out += "  " + c.field + ": ";
    switch (c.what) {
      case field_change::kind::writes:
        out += short_text(c.before) + " -> " + short_text(c.after);
        break;
      case field_change::kind::keeps:
        out += short_text(c.after) + ", as it is";
        break;
      case field_change::kind::leaves:
        out += "left alone: " + c.reason;
        break;
      case field_change::kind::parks:
        out += "waits for a person: " + c.reason;
        break;
      case field_change::kind::asks:
        out += "depends on the look-up of " + c.reason;
        break;
    }
    out += "  (" + c.rule + ", " + c.where.file + ':' + std::to_string(c.where.line) + ':' +
           std::to_string(c.where.column) + ")\n";
  }
}

}  // namespace

map_preview preview(
    field_map const& map,
    core::record const& incident,
    std::optional<core::record> const& ticket,
    answers const& known,
    facts const& links
) {
  map_preview p;
  p.opens = map.opens(incident);
  p.lane = map.lane(incident);
  core::record const none;
  view const now{incident, ticket ? *ticket : none, known, links};
  p.ticket = changes_of(apply(map, side::ticket, now, !ticket), side::ticket);
  if (ticket) p.incident = changes_of(apply(map, side::incident, now, false), side::incident);
  return p;
}

std::string to_text(map_preview const& p) {
  std::string out = p.opens.opens ? "gets a ticket: " : "gets no ticket: ";
  out += p.opens.reason + "\nlane " + std::to_string(p.lane) + "\nticket\n";
  append(out, p.ticket);
  if (!p.incident.empty()) {
    out += "incident, if the ticket's side were the one that changed\n";
    append(out, p.incident);
  }
  return out;
}

}  // namespace connector::mapping
