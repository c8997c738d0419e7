#include "connector/mapping/conversion.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/mapping/adf.hpp"
#include "connector/mapping/text_template.hpp"

namespace connector::mapping {
namespace {

bool is_text(model_field const& f) {
  return f.type == field_type::text || f.type == field_type::multiline ||
         f.type == field_type::markup || f.type == field_type::comment;
}

/// What the receiving system counts.
std::size_t stored_length(core::value const& v) {
  if (auto const* s = v.if_string()) return length_of({s->data(), s->size()});
  return v.is_null() ? 0 : length_of(boost::json::serialize(v));
}

bool is_within(std::size_t limit, core::value const& v) {
  if (limit == 0) return true;
  // No text has more units than bytes.
  if (auto const* s = v.if_string(); s && s->size() <= limit) return true;
  return stored_length(v) <= limit;
}

/// Escapes without growing over `limit`, so that no cut falls into the markup.
core::value fitted(std::string const& text, model_field const& to, std::size_t limit) {
  auto const dressed = [&](std::string const& t) {
    auto safe = text_value(defused(escaped(t, to.format), to.defuse));
    return to.format == markup::adf ? adf_document(safe) : safe;
  };
  if (limit == 0) return dressed(text);
  auto room = limit;
  while (true) {
    auto out = dressed(cut(text, room));
    auto const length = stored_length(out);
    if (length <= limit) return out;
    if (room == 0) return nullptr;
    room = std::min(room - 1, room * limit / length);
  }
}

}  // namespace

core::value text_value(std::string_view text, boost::json::storage_ptr in) {
  if (text.empty()) return nullptr;
  return core::value(boost::json::string_view{text.data(), text.size()}, std::move(in));
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
  auto text = text_of(shown(from, v, false), from.format);
  text = to.type == field_type::text ? single_line(text) : tidied(text);
  return canonical(to, fitted(text, to, limit));
}

core::value rendered(
    text_template const& t,
    core::group const& slots,
    facts const& known,
    model_field const& to,
    std::size_t limit
) {
  auto whole = render(t, slots, known, to);
  if (is_within(limit, whole)) return whole;
  if (to.format == markup::plain) return text_value(cut(core::text_of(whole), limit));
  for (auto room = limit; room > 0; room /= 2) {
    core::group shorter;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      auto const* s = slots[i].if_string();
      auto const is_table = i < t.slots.size() && t.slots[i].as == template_slot::style::table;
      if (stored_length(slots[i]) <= room) {
        shorter.push_back(slots[i]);
      } else {
        shorter.push_back(is_table || !s ? core::value{} : text_value(cut(*s, room)));
      }
    }
    whole = render(t, shorter, known, to);
    if (is_within(limit, whole)) return whole;
  }
  return nullptr;
}

}  // namespace connector::mapping
