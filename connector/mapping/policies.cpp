#include "connector/mapping/policies.hpp"

namespace connector::mapping {
namespace {

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

comment_copy copy_of(said_comment const& said, comment_policy const& by) {
  comment_copy out;
  auto const way = said.on == side::incident ? direction::to_ticket : direction::to_incident;
  if (by.direction != direction::both && by.direction != way) {
    out.reason = "the map does not carry comments this way";
    return out;
  }
  if (said.on == side::ticket && said.is_public && !by.take_public) {
    out.reason = "the map does not carry public comments";
    return out;
  }
  out.wanted = true;
  out.text = by.prefix;
  replace_all(out.text, "{author}", said.author);
  replace_all(out.text, "{time}", core::format_time(said.at));
  out.text += said.text;
  return out;
}

core::record closing_fields(merge_policy const& by, core::record const& ticket) {
  core::record out;
  if (!by.close) return out;
  for (auto const& [name, wanted] : by.fields) {
    if (core::field(ticket, name) != wanted) out[name] = wanted;
  }
  return out;
}

std::string closing_comment(
    merge_policy const& by, std::string_view into, std::string_view incident
) {
  auto text = by.comment;
  replace_all(text, "{into}", into);
  replace_all(text, "{incident}", incident);
  return text;
}

}  // namespace connector::mapping
