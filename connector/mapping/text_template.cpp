#include "connector/mapping/text_template.hpp"

#include <algorithm>
#include <forward_list>

#include "connector/core/time.hpp"
#include "connector/mapping/adf.hpp"
#include "connector/mapping/conversion.hpp"

namespace connector::mapping {
namespace {

constexpr std::size_t rows_looked_at_max = 2000;

struct placeholder {
  std::string_view name, format, otherwise;
  bool has_otherwise = false;
};

placeholder split(std::string_view inside) {
  placeholder p;
  auto const bar = inside.find('|');
  if (bar != std::string_view::npos) {
    p.otherwise = inside.substr(bar + 1);
    p.has_otherwise = true;
    inside = inside.substr(0, bar);
  }
  auto const colon = inside.find(':');
  if (colon != std::string_view::npos) {
    p.format = inside.substr(colon + 1);
    inside = inside.substr(0, colon);
  }
  p.name = inside;
  return p;
}

std::optional<fact> fact_named(std::string_view name) {
  if (name == "ticket.label") return fact::ticket_label;
  if (name == "ticket.url") return fact::ticket_url;
  if (name == "incident.url") return fact::incident_url;
  return std::nullopt;
}

std::string const& fact_text(fact which, facts const& known) {
  switch (which) {
    case fact::ticket_label:
      return known.ticket_label;
    case fact::ticket_url:
      return known.ticket_url;
    case fact::incident_url:
      return known.incident_url;
  }
  return known.ticket_label;
}

class template_reader {
 public:
  template_reader(
      place at,
      side from,
      scope const& in,
      std::map<std::string, table_spec, std::less<>> const& tables,
      reporter& to
  )
      : at_{at}, from_{from}, in_{in}, tables_{tables}, to_{to} {}

  text_template read(std::string_view text) {
    std::string literal;
    for (std::size_t i = 0; i < text.size();) {
      auto const c = text[i];
      auto const doubled = i + 1 < text.size() && text[i + 1] == c;
      if ((c == '{' || c == '}') && doubled) {
        literal += c;
        i += 2;
      } else if (c == '{') {
        auto const end = text.find('}', i);
        if (end == std::string_view::npos) {
          complain("'{' without '}'", "write '{{' for a brace");
          break;
        }
        flush(literal);
        add(text.substr(i + 1, end - i - 1));
        i = end + 1;
      } else if (c == '}') {
        complain("'}' without '{'", "write '}}' for a brace");
        ++i;
      } else {
        literal += c;
        ++i;
      }
    }
    flush(literal);
    return std::move(out_);
  }

 private:
  void complain(std::string text, std::string fix) {
    to_.add(found::bad_template, at_, std::move(text), std::move(fix));
  }

  void flush(std::string& literal) {
    if (literal.empty()) return;
    template_piece piece;
    piece.text = std::exchange(literal, {});
    out_.pieces.push_back(std::move(piece));
  }

  void add(std::string_view inside) {
    auto const p = split(inside);
    template_piece piece;
    piece.text = p.otherwise;
    if (auto const f = fact_named(p.name)) {
      piece.what = template_piece::kind::fact;
      piece.fact = *f;
      out_.pieces.push_back(std::move(piece));
      return;
    }
    auto const slot = slot_for(p);
    if (!slot) return;
    piece.what = template_piece::kind::slot;
    piece.slot = *slot;
    out_.pieces.push_back(std::move(piece));
  }

  std::optional<std::size_t> slot_for(placeholder const& p) {
    template_slot slot;
    if (p.format == "table") {
      auto const spec = tables_.find(p.name);
      if (spec == tables_.end()) {
        std::vector<std::string_view> names;
        for (auto const& [n, s] : tables_) names.push_back(n);
        complain(
            "no table '" + std::string{p.name} + "'",
            names.empty() ? "describe it under 'tables:'" : suggestion(p.name, names)
        );
        return std::nullopt;
      }
      slot.as = template_slot::style::table;
      slot.table = spec->second;
      slot.field = spec->second.of;
    } else {
      auto const name = p.name.starts_with(prefix()) ? p.name.substr(prefix().size()) : p.name;
      auto field = find_field(in_, from_, name, at_, to_);
      if (!field) return std::nullopt;
      slot.field = std::move(*field);
      if (p.format == "label") {
        slot.as = template_slot::style::label;
      } else if (p.format == "count") {
        slot.as = template_slot::style::count;
      } else if (p.format == "time") {
        slot.as = template_slot::style::time;
      } else if (!p.format.empty()) {
        constexpr std::array<std::string_view, 4> formats{"label", "count", "time", "table"};
        complain("no format ':" + std::string{p.format} + "'", suggestion(p.format, formats));
      } else if (slot.field.type->type == field_type::list) {
        complain(
            "'" + slot.field.path + "' is a list of rows",
            "show {" + slot.field.path + ":count}, or describe a table"
        );
      }
    }
    auto const same_slot = [&](template_slot const& s) {
      return s.as == slot.as && s.field.path == slot.field.path && s.table.name == slot.table.name;
    };
    auto const known = std::find_if(out_.slots.begin(), out_.slots.end(), same_slot);
    if (known != out_.slots.end()) return known - out_.slots.begin();
    out_.slots.push_back(std::move(slot));
    return out_.slots.size() - 1;
  }

  [[nodiscard]] std::string_view prefix() const {
    return from_ == side::incident ? "incident." : "ticket.";
  }

  place at_;
  side from_;
  scope const& in_;
  std::map<std::string, table_spec, std::less<>> const& tables_;
  reporter& to_;
  text_template out_;
};

std::size_t count_of(core::value const& v) {
  if (auto const* list = v.if_array()) return list->size();
  return core::is_unset(v) ? 0 : 1;
}

/// A cell's text: what the record has, or else what `made` keeps.
std::string_view cell_text(
    table_spec::column const& column,
    core::record const& row,
    std::size_t max,
    std::forward_list<std::string>& made
) {
  for (auto const& source : column.from) {
    auto const& type = *source.field.type;
    auto text = ready_text(source.field, row);
    if (!text || (type.type == field_type::multiline && !is_single_line(*text))) {
      core::value room;
      auto const& v = read_field(source.field, row, room);
      if (core::is_unset(v)) continue;
      text = made.emplace_front(single_line(shown(type, v, source.label)));
    } else if (auto const* known = source.label ? type.find_value(*text) : nullptr) {
      text = known->label;
    }
    if (text->empty()) continue;
    return text->size() <= max ? *text : made.emplace_front(cut(*text, max));
  }
  return {};
}

void append_row(std::string& out, std::span<std::string_view const> cells, markup into, bool head) {
  if (into == markup::html) {
    out += "<tr>";
    for (auto const cell : cells) {
      out += head ? "<th>" : "<td>";
      out += escaped(cell, into);
      out += head ? "</th>" : "</td>";
    }
    out += "</tr>";
    return;
  }
  if (into == markup::wiki) {
    std::string_view const bar = head ? "||" : "|";
    out += bar;
    // An empty cell would end the row.
    for (auto const cell : cells) {
      out += cell.empty() ? " " : escaped(cell, into);
      out += bar;
    }
    out += '\n';
    return;
  }
  if (into == markup::markdown) {
    out += '|';
    for (auto const cell : cells) out += ' ' + escaped(cell, into) + " |";
    out += '\n';
    if (!head) return;
    out += '|';
    for (std::size_t i = 0; i < cells.size(); ++i) out += " --- |";
    out += '\n';
    return;
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) out += " | ";
    out += cells[i].empty() ? std::string_view{"-"} : cells[i];
  }
  out += '\n';
}

void append_defused(
    std::string& out, std::string_view text, std::vector<std::string> const& sequences
) {
  if (sequences.empty()) {
    out += text;
  } else {
    out += defused(std::string{text}, sequences);
  }
}

core::value render_document(text_template const& t, core::group const& slots, facts const& known) {
  adf_writer out;
  for (auto const& piece : t.pieces) {
    auto const nothing = piece.what == template_piece::kind::slot &&
                         (piece.slot >= slots.size() || core::is_unset(slots[piece.slot]));
    if (piece.what == template_piece::kind::literal || nothing) {
      out.text(piece.text);
    } else if (piece.what == template_piece::kind::fact) {
      auto const& text = fact_text(piece.fact, known);
      out.link(text.empty() ? piece.text : text);
    } else if (auto const* text = slots[piece.slot].if_string()) {
      out.text({text->data(), text->size()});
    } else {
      out.blocks(slots[piece.slot]);
    }
  }
  return out.finish();
}

}  // namespace

text_template read_template(
    std::string_view text,
    place at,
    side from,
    scope const& in,
    std::map<std::string, table_spec, std::less<>> const& tables,
    reporter& to
) {
  return template_reader{at, from, in, tables, to}.read(text);
}

core::value render_table(
    table_spec const& spec, core::record const& r, markup into, boost::json::storage_ptr in
) {
  auto const* top = core::find(r, spec.of.keys.front());
  if (!top || spec.columns.empty()) return nullptr;
  std::forward_list<std::string> made;
  text_grid texts;
  texts.width = spec.columns.size();
  texts.cells.reserve((spec.rows_max + 2) * texts.width);
  for (auto const& column : spec.columns) texts.cells.push_back(column.title);
  std::vector<std::size_t> lengths;  // of the rows kept: most rows differ from all others in it
  lengths.reserve(spec.rows_max);
  std::size_t looked_at = 0, more = 0;
  each_row(std::span{spec.of.keys}.subspan(1), *top, [&](core::record const& row) {
    if (++looked_at > rows_looked_at_max) {
      ++more;
      return;
    }
    auto const known = texts.rows();
    std::size_t length = 0;
    for (auto const& column : spec.columns) {
      texts.cells.push_back(cell_text(column, row, spec.cell_max, made));
      length += texts.cells.back().size();
    }
    auto const mine = texts.row(known);
    auto drop = length == 0;
    for (std::size_t i = 1; i < known && !drop; ++i) {
      drop = lengths[i - 1] == length && std::ranges::equal(texts.row(i), mine);
    }
    if (!drop && known > spec.rows_max) {
      ++more;
      drop = true;
    }
    if (drop) {
      texts.cells.resize(known * texts.width);
    } else {
      lengths.push_back(length);
    }
  });
  if (texts.rows() == 1) return nullptr;
  if (into == markup::adf) return adf_table(texts, more);
  std::string out;
  std::size_t expected = 0;
  for (auto const cell : texts.cells) expected += cell.size() + 3;
  out.reserve(expected);
  if (into == markup::html) out += "<table>";
  for (std::size_t i = 0; i < texts.rows(); ++i) append_row(out, texts.row(i), into, i == 0);
  if (into == markup::html) out += "</table>";
  if (more > 0) {
    auto const rest = "... and " + std::to_string(more) + " more";
    out += into == markup::html ? "<p>" + rest + "</p>" : "\n" + rest;
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return text_value(out, std::move(in));
}

core::value read_slot(
    template_slot const& slot, core::record const& r, markup into, boost::json::storage_ptr in
) {
  using style = template_slot::style;
  if (slot.as == style::table) return render_table(slot.table, r, into, std::move(in));
  if (slot.as == style::count) {
    if (slot.field.type->type != field_type::list) {
      return text_value(std::to_string(count_of(read_field(slot.field, r))), std::move(in));
    }
    std::size_t rows = 0;
    if (auto const* top = core::find(r, slot.field.keys.front())) {
      each_row(std::span{slot.field.keys}.subspan(1), *top, [&](core::record const&) { ++rows; });
    }
    return text_value(std::to_string(rows), std::move(in));
  }
  if (slot.as == style::plain || slot.as == style::label) {
    if (auto const text = ready_text(slot.field, r)) {
      auto const* known = slot.as == style::label ? slot.field.type->find_value(*text) : nullptr;
      return text_value(known ? known->label : *text, std::move(in));
    }
  }
  core::value room;
  auto const& v = read_field(slot.field, r, room);
  if (core::is_unset(v)) return nullptr;
  if (slot.as == style::time) {
    auto const text = core::text_of(v);
    auto const at = core::parse_time(text);
    return text_value(at ? core::format_time_seconds(*at) + " UTC" : text, std::move(in));
  }
  auto const& type = *slot.field.type;
  auto const* s = v.if_string();
  if (s && slot.as == style::plain) return text_value(text_of(*s, type.format), std::move(in));
  return text_value(text_of(shown(type, v, slot.as == style::label), type.format), std::move(in));
}

core::value render(
    text_template const& t, core::group const& slots, facts const& known, model_field const& target
) {
  if (target.format == markup::adf) return render_document(t, slots, known);
  std::string out;
  std::size_t expected = 0;
  for (auto const& piece : t.pieces) expected += piece.text.size();
  for (auto const& slot : slots) expected += slot.is_string() ? slot.get_string().size() : 0;
  out.reserve(expected);
  for (auto const& piece : t.pieces) {
    if (piece.what == template_piece::kind::literal) {
      out += piece.text;
      continue;
    }
    if (piece.what == template_piece::kind::fact) {
      auto const& text = fact_text(piece.fact, known);
      // A link must stay a link, so it is made safe for HTML and left alone otherwise.
      auto const& shown_text = text.empty() ? piece.text : text;
      out += target.format == markup::html ? escaped(shown_text, markup::html) : shown_text;
      continue;
    }
    auto const* text = piece.slot < slots.size() ? slots[piece.slot].if_string() : nullptr;
    if (!text || text->empty()) {
      out += piece.text;
    } else if (t.slots[piece.slot].as == template_slot::style::table || target.format == markup::plain) {
      append_defused(out, *text, target.defuse);
    } else {
      append_defused(out, escaped(*text, target.format), target.defuse);
    }
  }
  // No field keeps them, and a text without needs no further work.
  while (out.ends_with('\n') || out.ends_with(' ')) out.pop_back();
  return text_value(out);
}

}  // namespace connector::mapping
