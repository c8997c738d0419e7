#include <algorithm>
#include <charconv>

#include "connector/http/url.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {
namespace {

constexpr std::size_t default_limit = 10'000;

std::size_t number_parameter(target const& at, std::string_view name, std::size_t otherwise) {
  auto const text = at.parameter(name);
  if (!text) return otherwise;
  std::size_t value = 0;
  auto const [end, failed] = std::from_chars(text->data(), text->data() + text->size(), value);
  return failed == std::errc{} && end == text->data() + text->size() ? value : otherwise;
}

bool is_true(target const& at, std::string_view name) { return at.parameter(name) == "true"; }

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    auto const end = std::min(text.find(','), text.size());
    auto name = text.substr(0, end);
    while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

}  // namespace

bool servicenow::is_path(table const& from, std::string_view path) const {
  auto const dot = path.find('.');
  auto const position = from.columns().find(path.substr(0, dot));
  if (!position) return false;
  if (dot == path.npos) return true;
  auto const* next = find_table(from.columns().at(*position).reference);
  return next != nullptr && is_path(*next, path.substr(dot + 1));
}

std::optional<servicenow::walked> servicenow::walk(
    table const& from, row const& record, std::string_view path
) const {
  auto const dot = path.find('.');
  auto const position = from.columns().find(path.substr(0, dot));
  if (!position) return std::nullopt;
  if (dot == path.npos) return walked{&from, std::make_shared<row const>(record), *position};
  auto const* next = find_table(from.columns().at(*position).reference);
  if (next == nullptr) return std::nullopt;
  auto const found = next->current(record.get(from.columns(), *position));
  if (found) return walk(*next, *found, path.substr(dot + 1));
  if (!is_path(*next, path.substr(dot + 1))) return std::nullopt;
  return walked{};
}

std::string servicenow::display_of_reference(std::string_view name, std::string_view sys_id) const {
  if (sys_id == "global") return "global";
  auto const* of = find_table(name);
  auto const found = of == nullptr ? nullptr : of->current(sys_id);
  if (!found) return {};
  for (std::string_view const column : {"name", "number"}) {
    if (of->columns().find(column)) return of->text(*found, column);
  }
  return {};
}

std::string servicenow::local_time(std::string_view utc) const {
  auto const at = core::parse_time(utc);
  if (!at) return std::string{utc};
  auto text = core::format_time_seconds(*at + settings_.user_zone);
  auto const year = text.substr(0, 4);
  auto const month = text.substr(5, 2);
  auto const day = text.substr(8, 2);
  auto const time = text.substr(10);
  if (settings_.user_date_format == "dd/MM/yyyy") return day + '/' + month + '/' + year + time;
  if (settings_.user_date_format == "MM-dd-yyyy") return month + '-' + day + '-' + year + time;
  return text;
}

std::string servicenow::journal_blob(std::string_view sys_id, std::string_view element) const {
  std::string out;
  auto const entries = journal(sys_id);
  for (auto at = entries.rbegin(); at != entries.rend(); ++at) {
    if (element != "comments_and_work_notes" && at->element != element) continue;
    auto author = at->author;
    if (auto const id = user(author); !id.empty()) author = display_of_reference("sys_user", id);
    out += local_time(at->at) + " - " + author +
           (at->element == "comments" ? " (Additional comments)\n" : " (Work notes)\n") + at->text +
           "\n\n";
  }
  return out;
}

std::string servicenow::display(table const& of, row const& record, std::uint16_t position) const {
  auto const& column = of.columns().at(position);
  auto const raw = record.get(of.columns(), position);
  switch (column.type) {
    case field_type::reference:
      return display_of_reference(column.reference, raw);
    case field_type::date_time:
      return local_time(raw);
    case field_type::journal:
      return journal_blob(of.text(record, "sys_id"), column.name);
    case field_type::choice: {
      for (auto const& table_name : {of.columns().name(), column.defined_by}) {
        auto const* label = label_of(table_name + '.' + column.name + '.' + std::string{raw});
        if (label != nullptr) return *label;
      }
      return std::string{raw};
    }
    default:
      return std::string{raw};
  }
}

void servicenow::render_value(
    std::string& out,
    table const& of,
    row const& record,
    std::uint16_t position,
    rendering const& how
) const {
  auto const& column = of.columns().at(position);
  bool const is_journal = column.type == field_type::journal;
  auto const raw = is_journal ? std::string_view{} : record.get(of.columns(), position);
  bool const refers = column.type == field_type::reference && !raw.empty();
  bool const linked = refers && how.with_links;
  if (!linked && how.values == rendering::values::raw) {
    append_quoted(out, raw);
    return;
  }
  if (!linked && how.values == rendering::values::display) {
    append_quoted(out, display(of, record, position));
    return;
  }
  out += '{';
  if (how.values != rendering::values::raw) {
    out += "\"display_value\":";
    append_quoted(out, display(of, record, position));
  }
  if (linked) {
    if (how.values != rendering::values::raw) out += ',';
    out += "\"link\":";
    append_quoted(
        out, how.origin + "/api/now/table/" + column.reference + "/" + http::percent_encode(raw)
    );
  }
  if (how.values != rendering::values::display) {
    out += ",\"value\":";
    append_quoted(out, raw);
  }
  out += '}';
}

servicenow::rendering servicenow::rendering_of(target const& at) const {
  rendering how;
  auto const values = at.parameter("sysparm_display_value").value_or("false");
  if (values == "true") how.values = rendering::values::display;
  if (values == "all") how.values = rendering::values::both;
  how.with_links = !is_true(at, "sysparm_exclude_reference_link");
  how.origin = origin(at);
  how.fields = split_names(at.parameter("sysparm_fields").value_or(""));
  return how;
}

void servicenow::render(std::string& out, table const& of, row const& record, rendering const& how)
    const {
  out += '{';
  bool first = true;
  auto const name = [&](std::string_view text) {
    if (!first) out += ',';
    first = false;
    append_quoted(out, text);
    out += ':';
  };
  if (how.fields.empty()) {
    for (std::uint16_t i = 0; i < of.columns().size(); ++i) {
      name(of.columns().at(i).name);
      render_value(out, of, record, i, how);
    }
  }
  for (auto const& path : how.fields) {
    if (path.find('.') == path.npos) {
      auto const position = of.columns().find(path);
      if (!position) continue;
      name(path);
      render_value(out, of, record, *position, how);
      continue;
    }
    auto const end = walk(of, record, path);
    if (!end) continue;
    name(path);
    if (end->record) {
      render_value(out, *end->of, *end->record, end->position, how);
    } else {
      out += "\"\"";
    }
  }
  out += '}';
}

http::response servicenow::list(context const& in, table const& from) {
  if (from.columns().name() == "sys_journal_field" && !integration_user().has("admin")) {
    if (settings_.journals == servicenow_settings::journal_access::forbidden) {
      return refuse(403, "Insufficient rights", "Insufficient rights to query records");
    }
  }
  table::search wanted;
  wanted.query = encoded_query::parse(
      in.at.parameter("sysparm_query").value_or(""),
      settings_.doubled_caret_escapes,
      in.now,
      settings_.user_zone
  );
  wanted.offset = number_parameter(in.at, "sysparm_offset", 0);
  wanted.limit = number_parameter(in.at, "sysparm_limit", default_limit);
  wanted.counted = !is_true(in.at, "sysparm_no_count");
  wanted.now = in.now;
  wanted.walk = [this, &from, &in](row const& record, encoded_query::term const& term) {
    auto const end = walk(from, record, term.field);
    if (!end) return false;
    if (!end->record) return encoded_query::matches(term, field_type::text, {}, in.now);
    auto const type = end->of->columns().at(end->position).type;
    return encoded_query::matches(
        term, type, end->record->get(end->of->columns(), end->position), in.now
    );
  };
  // A condition on a column that does not exist is dropped, and more rows come back.
  std::size_t dropped = wanted.query.unreadable;
  for (auto& branch : wanted.query.branches) {
    for (auto& clause : branch) {
      dropped +=
          std::erase_if(clause, [&](auto const& term) { return !is_path(from, term.field); });
    }
    std::erase_if(branch, [](auto const& clause) { return clause.empty(); });
  }
  table::result found;
  bool const none = (dropped > 0 && settings_.invalid_query_returns_no_rows) ||
                    (from.columns().name() == "sys_journal_field" &&
                     settings_.journals == servicenow_settings::journal_access::empty);
  if (!none) found = from.find(wanted);

  auto const how = rendering_of(in.at);
  std::string body = "{\"result\":[";
  std::size_t shown = 0;
  auto const append = [&](row const& record) {
    if (shown++ > 0) body += ',';
    render(body, from, record, how);
  };
  for (auto const& record : found.rows) {
    // The limit was applied before this; what is hidden just leaves the page shorter.
    if (!record->hidden) append(*record);
  }
  if (conditions.duplicate_rows && !found.rows.empty() && !found.rows.front()->hidden) {
    append(*found.rows.front());
  }
  body += "]}";
  if (shown == 0 && in.first_version) {
    return refuse(
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    );
  }
  auto out = json_answer(200, std::move(body));
  if (wanted.counted) {
    out.headers.push_back({"X-Total-Count", std::to_string(found.total)});
    if (!is_true(in.at, "sysparm_suppress_pagination_header") && wanted.limit > 0) {
      std::string base = origin(in.at) + in.at.path + "?";
      for (auto const& [name, value] : in.at.query) {
        if (name != "sysparm_offset" && name != "sysparm_limit") {
          base += name + '=' + http::percent_encode(value) + '&';
        }
      }
      base += "sysparm_limit=" + std::to_string(wanted.limit) + "&sysparm_offset=";
      std::string links;
      auto const link = [&](std::size_t offset, std::string_view relation) {
        if (!links.empty()) links += ',';
        links += '<' + base + std::to_string(offset) + ">;rel=\"" + std::string{relation} + '"';
      };
      auto const last = found.total == 0 ? 0 : (found.total - 1) / wanted.limit * wanted.limit;
      link(0, "first");
      if (wanted.offset > 0) {
        link(wanted.offset > wanted.limit ? wanted.offset - wanted.limit : 0, "prev");
      }
      if (found.more) link(wanted.offset + wanted.limit, "next");
      link(last, "last");
      out.headers.push_back({"Link", links});
    }
  }
  return out;
}

http::response servicenow::get(context const& in, table const& from, std::string_view sys_id) {
  auto const found = conditions.stale_reads ? from.listed(sys_id) : from.current(sys_id);
  bool const journals_denied = from.columns().name() == "sys_journal_field" &&
                               settings_.journals != servicenow_settings::journal_access::granted;
  if (!found || found->hidden || journals_denied) {
    return refuse(
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    );
  }
  std::string body = "{\"result\":";
  render(body, from, *found, rendering_of(in.at));
  body += '}';
  return json_answer(200, std::move(body));
}

}  // namespace simulators
