#include "connector/sync/plan.hpp"

#include <algorithm>

namespace connector::sync {
namespace {

using mapping::field_change;
using mapping::side;

core::record const* object_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found ? found->if_object() : nullptr;
}

/// What a map wants of a field; none if it wants nothing in particular.
std::optional<core::value> wanted(field_change const* c) {
  if (!c) return std::nullopt;
  switch (c->what) {
    case field_change::kind::writes:
      return c->after;
    case field_change::kind::keeps:
      return c->before;
    case field_change::kind::leaves:
    case field_change::kind::parks:
    case field_change::kind::asks:
      return std::nullopt;
  }
  return std::nullopt;
}

field_change const* of_field(std::vector<field_change> const& all, std::string const& field) {
  auto const found =
      std::find_if(all.begin(), all.end(), [&](auto const& c) { return c.field == field; });
  return found != all.end() ? &*found : nullptr;
}

}  // namespace

plan::plan(mapping::field_map const& old_map, mapping::field_map const& new_map)
    : old_{old_map}, new_{new_map} {
  for (auto s : {side::incident, side::ticket}) {
    auto const& known = old_.fields(s);
    for (auto const& field : new_.fields(s)) {
      if (std::find(known.begin(), known.end(), field) == known.end()) {
        unknown_.push_back(std::string{mapping::name(s)} + ' ' + field);
      }
    }
  }
}

plan::~plan() = default;

void plan::take(store::journal_entry const& line) {
  auto const* data = line.data.if_object();
  if (!data || line.link.empty()) return;
  auto& now = seen_;
  if (line.link != link_) {
    link_ = line.link;
    now = {};
    ++links_;
  }
  auto const take_fields = [](std::optional<core::record>& into, core::record const* seen) {
    if (!seen) return;
    if (auto const* fields = object_in(*seen, "fields")) into = *fields;
  };
  if (line.kind == "settled") {
    auto const* to = data->if_contains("to");
    auto const incident = to && *to == "incident";
    take_fields(incident ? now.incident : now.ticket, object_in(*data, "stored"));
    return;
  }
  if (line.kind == "seen") {
    auto const* of = data->if_contains("side");
    auto const incident = of && *of == "incident";
    take_fields(incident ? now.incident : now.ticket, object_in(*data, "object"));
    if (now.incident) compare(line.link, now, line.at);
    return;
  }
  if (line.kind == "decided") {
    take_fields(now.incident, object_in(*data, "incident"));
    take_fields(now.ticket, object_in(*data, "ticket"));
    if (now.incident) compare(line.link, now, line.at);
  }
}

void plan::compare(std::string const& link, sides const& now, core::time_point at) {
  ++decisions_;
  mapping::answers const none;
  mapping::facts const facts;
  auto const was = mapping::preview(old_, *now.incident, now.ticket, none, facts);
  auto const will = mapping::preview(new_, *now.incident, now.ticket, none, facts);
  if (!now.ticket && was.opens.opens != will.opens.opens) {
    (will.opens.opens ? opened_ : not_opened_)[link] = will.opens.reason;
  }
  compare(link, side::ticket, was.ticket, will.ticket, at);
  compare(link, side::incident, was.incident, will.incident, at);
}

void plan::compare(
    std::string const& link,
    side on,
    std::vector<field_change> const& was,
    std::vector<field_change> const& will,
    core::time_point at
) {
  auto const differ = [&](std::string const& field) {
    auto const* before = of_field(was, field);
    auto const* after = of_field(will, field);
    auto const old_value = wanted(before);
    auto const new_value = wanted(after);
    if (old_value == new_value) return;
    auto& d = found_[{field, link, on}];
    d.link = link;
    d.on = on;
    d.field = field;
    d.before = old_value.value_or(nullptr);
    d.after = new_value.value_or(nullptr);
    auto const* speaks = after ? after : before;
    d.where = speaks->where;
    d.reason.clear();
    if (!old_value) d.reason = "the old map wants nothing here";
    if (!new_value) d.reason = after ? after->reason : "the new map has no rule for it";
    d.at = at;
    ++d.times;
  };
  for (auto const& c : will) differ(c.field);
  for (auto const& c : was) {
    if (!of_field(will, c.field)) differ(c.field);
  }
}

std::vector<plan::difference> plan::differences() const {
  std::vector<difference> all;
  for (auto const& [key, d] : found_) all.push_back(d);
  return all;
}

}  // namespace connector::sync
