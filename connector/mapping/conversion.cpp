#include "connector/mapping/conversion.hpp"

#include <algorithm>

#include "connector/mapping/text_template.hpp"

namespace connector::mapping {
namespace {

bool is_text(model_field const& f) {
  return f.type == field_type::text || f.type == field_type::multiline ||
         f.type == field_type::markup || f.type == field_type::comment;
}

/// Escapes without growing over `limit`, so that no cut falls into the markup.
std::string fitted(std::string const& text, model_field const& to, std::size_t limit) {
  auto const dressed = [&](std::string const& t) {
    return defused(escaped(t, to.format), to.defuse);
  };
  if (limit == 0) return dressed(text);
  auto room = limit;
  while (true) {
    auto out = dressed(cut(text, room));
    auto const length = length_of(out);
    if (length <= limit) return out;
    if (room == 0) return {};
    room = std::min(room - 1, room * limit / length);
  }
}

}  // namespace

core::value text_value(std::string const& text) {
  if (text.empty()) return nullptr;
  return core::value(boost::json::string(text));
}

core::value converted(
    core::value const& v, model_field const& from, model_field const& to, std::size_t limit
) {
  if (core::is_unset(v)) return nullptr;
  if (!is_text(to)) return canonical(to, v);
  if (v.is_string() && to.format == markup::plain && from.format == markup::plain &&
      to.defuse.empty() && to.type == from.type) {
    auto const& s = v.get_string();
    if (limit == 0 || s.size() <= limit) return v;
  }
  auto text = shown(from, v, false);
  if (from.format == markup::html) text = text_of_html(text);
  text = to.type == field_type::text ? single_line(text) : tidied(text);
  return canonical(to, text_value(fitted(text, to, limit)));
}

std::string rendered(
    text_template const& t,
    core::group const& slots,
    facts const& known,
    model_field const& to,
    std::size_t limit
) {
  auto text = render(t, slots, known, to);
  if (limit == 0 || text.size() <= limit || length_of(text) <= limit) return text;
  if (to.format == markup::plain) return cut(text, limit);
  for (auto room = limit; room > 0; room /= 2) {
    core::group shorter;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      auto const* s = slots[i].if_string();
      auto const is_table = i < t.slots.size() && t.slots[i].as == template_slot::style::table;
      if (!s || s->size() <= room) {
        shorter.push_back(slots[i]);
      } else {
        shorter.push_back(is_table ? core::value{} : text_value(cut(*s, room)));
      }
    }
    text = render(t, shorter, known, to);
    if (length_of(text) <= limit) return text;
  }
  return {};
}

}  // namespace connector::mapping
