#include "adapters/servicenow/writes.hpp"

#include <boost/json/serialize.hpp>

#include "adapters/servicenow/journal.hpp"
#include "adapters/servicenow/markup.hpp"
#include "connector/http/url.hpp"

namespace adapters::servicenow {

namespace http = connector::http;
using core::errc;

namespace {

constexpr std::size_t correlation_bytes_max = 100;

write post(row const& body, target const& to) {
  std::string columns;
  for (auto const& column : to.columns) {
    if (!columns.empty()) columns += ',';
    columns += column;
  }
  write made;
  made.method = "POST";
  made.path = "/api/now/table/" + std::string{to.table} +
              "?sysparm_fields=" + http::percent_encode(columns) +
              "&sysparm_display_value=false&sysparm_exclude_reference_link=true";
  made.body = boost::json::serialize(body);
  return made;
}

write patch(std::string_view id, row const& body, target const& to) {
  auto made = post(body, to);
  made.method = "PATCH";
  made.path.insert(made.path.find('?'), "/" + std::string{id});
  made.subject = std::string{id};
  return made;
}

}  // namespace

core::error bad_id(std::string const& id) { return {errc::invalid, "\"" + id + "\" is no sys_id"}; }

core::result<write> write_of(adapter::update const& one, target const& to) {
  if (!is_safe_key(one.id)) return bad_id(one.id);
  auto body = to_row(one.fields);
  if (!body) return body.error();
  // Written like any other column, but each write appends an entry.
  auto appends = false;
  for (auto const place : {work_notes, comments_place}) {
    if (auto* text = body->if_contains(place)) {
      *text = defused(text->get_string());
      appends = true;
    }
  }
  auto made = patch(one.id, *body, to);
  made.repeatable = !appends;
  return made;
}

core::result<write> write_of(adapter::new_comment const& one, target const& to) {
  if (!is_safe_key(one.object_id)) return bad_id(one.object_id);
  // A note without a place must not become visible to the caller.
  auto const place = one.place.empty() ? work_notes : std::string_view{one.place};
  if (place != work_notes && place != comments_place) {
    core::error e{errc::invalid, "\"" + one.place + "\" is no journal; use work_notes or comments"};
    e.fields.push_back(one.place);
    return e;
  }
  row body;
  body[place] = defused(one.text);
  return patch(one.object_id, body, to);
}

core::result<write> write_of(adapter::creation const& one, std::string_view tag, target const& to) {
  if (!is_safe_key(one.key) || one.key.size() > correlation_bytes_max) {
    return core::error{errc::invalid, "\"" + one.key + "\" cannot be a correlation_id"};
  }
  auto body = to_row(one.fields);
  if (!body) return body.error();
  (*body)["correlation_id"] = one.key;
  (*body)["correlation_display"] = tag;
  return post(*body, to);
}

}  // namespace adapters::servicenow
