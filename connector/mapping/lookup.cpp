#include <algorithm>

#include "connector/mapping/grammar.hpp"
#include "connector/mapping/rows.hpp"

namespace connector::mapping {
namespace {

constexpr std::size_t lines_max = 50'000;

struct file_table {
  std::vector<std::string> columns;
  struct line {
    std::vector<node> cells;
    place at;
  };
  std::vector<line> lines;
};

/// RFC 4180: commas, "quoted ""cells""", one line per row (quoted cells may span lines).
std::optional<file_table> read_csv(std::string_view text, reporter& to) {
  file_table table;
  file_table::line line;
  node cell;
  auto here = to.here(1, 1);
  auto in_quotes = false;
  line.at = cell.at = here;
  auto const end_cell = [&] {
    cell.what = node::kind::scalar;
    line.cells.push_back(std::move(cell));
    cell = {};
    cell.at = to.here(here.line, here.column + 1);
  };
  auto const end_line = [&] {
    end_cell();
    auto const blank = line.cells.size() == 1 && line.cells.front().text.empty();
    if (!blank) {
      if (table.columns.empty()) {
        for (auto const& c : line.cells) table.columns.push_back(c.text);
      } else {
        table.lines.push_back(std::move(line));
      }
    }
    line = {};
  };
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::size_t i = 0; i < text.size(); ++i, ++here.column) {
    auto const c = text[i];
    if (in_quotes) {
      if (c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
        cell.text += '"';
        ++i;
      } else if (c == '"') {
        in_quotes = false;
      } else {
        cell.text += c;
      }
    } else if (c == '"' && cell.text.empty()) {
      in_quotes = cell.quoted = true;
    } else if (c == ',') {
      end_cell();
    } else if (c == '\n') {
      end_line();
      here = to.here(here.line + 1, 0);
      line.at = cell.at = to.here(here.line, 1);
      continue;
    } else if (c != '\r') {
      cell.text += c;
    }
    if (c == '\n') here = to.here(here.line + 1, 0);
  }
  if (in_quotes) {
    to.add(found::bad_file_table, cell.at, "a quoted cell without its end", "close the quote");
    return std::nullopt;
  }
  if (!cell.text.empty() || !line.cells.empty()) end_line();
  return table;
}

std::optional<file_table> read_yaml_table(std::string_view text, reporter& to) {
  auto root = read_document(text, to);
  if (!root) return std::nullopt;
  file_table table;
  if (!root->is_list()) {
    to.add(found::bad_file_table, root->at, "a list of mappings is wanted", "- {column: value}");
    return std::nullopt;
  }
  for (auto& item : root->items) {
    file_table::line line;
    line.at = item.at;
    for (auto const& [key, value] : item.entries) {
      if (std::find(table.columns.begin(), table.columns.end(), key.text) == table.columns.end()) {
        table.columns.push_back(key.text);
      }
    }
    for (auto const& column : table.columns) {
      auto const* value = item.find(column);
      line.cells.push_back(value ? *value : node{});
    }
    table.lines.push_back(std::move(line));
  }
  return table;
}

std::vector<std::size_t> columns_named(
    node const* from, std::size_t wanted, file_table const& table, reporter& to
) {
  std::vector<std::size_t> at;
  if (!from) return at;
  std::vector<std::string_view> known{table.columns.begin(), table.columns.end()};
  std::vector<node> one;
  if (from->is_scalar()) one.push_back(*from);
  for (auto const& n : from->is_list() ? from->items : one) {
    auto const hit = std::find(table.columns.begin(), table.columns.end(), n.text);
    if (hit == table.columns.end()) {
      to.add(
          found::bad_file_table,
          n.at,
          "the file has no column '" + n.text + "'",
          suggestion(n.text, known)
      );
      continue;
    }
    at.push_back(static_cast<std::size_t>(hit - table.columns.begin()));
  }
  if (at.size() != wanted) {
    to.add(
        found::wrong_width,
        from->at,
        "the rule has " + std::to_string(wanted) + " field(s) on this side",
        "name one column for each"
    );
  }
  return at;
}

bool stays_beside(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\\') != std::string_view::npos)
    return false;
  while (!path.empty()) {
    auto const slash = path.find('/');
    if (path.substr(0, slash) == "..") return false;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return true;
}

}  // namespace

void read_lookup(
    node const& from,
    rule_data const& r,
    value_table& t,
    file_reader const& files,
    std::string& digest_input,
    reporter& to
) {
  key_reader const read{from, grammar::lookup, to};
  auto const name = read.text_or("file", "");
  auto const* file_node = read.find("file");
  if (auto const* otherwise = read.find("otherwise")) {
    for (auto const towards : {side::ticket, side::incident}) {
      if (!r.goes(towards)) continue;
      auto const is_word = otherwise->is_word("leave") || otherwise->is_word("park");
      if (!is_word && r.direction == direction::both) {
        to.add(
            found::no_otherwise,
            otherwise->at,
            "'otherwise' of a look-up that goes both ways is leave or park"
        );
        break;
      }
      if (auto o = read_outcome(*otherwise, r, towards, to)) {
        (towards == side::ticket ? t.otherwise_ticket : t.otherwise_incident) = std::move(*o);
      }
    }
  }
  if (!file_node) return;
  if (!stays_beside(name)) {
    to.add(
        found::bad_file_table,
        file_node->at,
        "'" + name + "' is not a path below the map's own folder",
        "put the file beside the map"
    );
    return;
  }
  // The map that names it may be the base of the one at hand.
  auto const map_file = to.at(file_node->at).file;
  auto const folder = map_file.substr(0, map_file.rfind('/') + 1);
  auto const text = files(folder + name);
  if (!text) {
    to.add(
        found::unreadable,
        file_node->at,
        "'" + name + "' cannot be read: " + text.error().detail,
        "put the file beside the map"
    );
    return;
  }
  digest_input += *text;
  reporter in_file = to.for_file(folder + name);
  if (first_bad_utf8(*text) != text->size()) {
    in_file.add(found::not_utf8, in_file.here(1, 1), "this is not UTF-8 text", "save it as UTF-8");
    return;
  }
  auto const table =
      name.ends_with(".csv") ? read_csv(*text, in_file) : read_yaml_table(*text, in_file);
  if (!table) return;
  if (table->lines.size() > lines_max) {
    in_file.add(
        found::bad_file_table, in_file.here(1, 1), "more than 50,000 lines", "split the table"
    );
    return;
  }
  auto const left = columns_named(read.find("incident"), r.incident.size(), *table, to);
  auto const right = columns_named(read.find("ticket"), r.ticket.size(), *table, to);
  if (left.size() != r.incident.size() || right.size() != r.ticket.size()) return;
  for (auto const& line : table->lines) {
    table_row row;
    row.from_file = true;
    row.at = file_node->at;
    auto good = true;
    auto const fill = [&](std::vector<std::size_t> const& columns, side on) {
      auto& cells = on == side::incident ? row.incident : row.ticket;
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (columns[i] >= line.cells.size()) {
          in_file.add(found::bad_file_table, line.at, "this line has too few cells");
          good = false;
          return;
        }
        auto const& c = line.cells[columns[i]];
        cell out;
        auto const empty = c.what == node::kind::empty || (c.text.empty() && !c.quoted);
        if (!empty) {
          auto const v = read_literal(r.on(on)[i], c.text, c.quoted, c.at, in_file);
          if (!v) {
            good = false;
            return;
          }
          out.value = *v;
          if (r.goes(on)) check_writable(r.on(on)[i], *v, c.at, in_file);
        }
        cells.push_back(std::move(out));
      }
    };
    fill(left, side::incident);
    fill(right, side::ticket);
    if (good) t.rows.push_back(std::move(row));
  }
}

}  // namespace connector::mapping
