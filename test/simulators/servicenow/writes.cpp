#include <algorithm>
#include <boost/json/serialize.hpp>

#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {
namespace {

std::string text_of(json::value const& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return std::string{value.get_string()};
  // The shape that reads answer with is taken on writes too.
  if (value.is_object() && value.get_object().contains("value")) {
    return text_of(value.get_object().at("value"));
  }
  return json::serialize(value);
}

bool is_sys_id(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_task(table const& of) { return of.columns().find("work_notes").has_value(); }

std::string_view prefix_of(table const& of) {
  return of.columns().name() == "incident" ? "INC" : "SIR";
}

}  // namespace

std::string servicenow::converted(field const& column, std::string_view text, bool display_values)
    const {
  switch (column.type) {
    case field_type::boolean:
      return text == "true" || text == "1" ? "true" : "false";
    case field_type::date_time: {
      auto at = core::parse_time(text);
      if (!at || text.find('T') != text.npos) return {};
      if (display_values) *at -= settings_.user_zone;
      return core::format_time_seconds(*at);
    }
    case field_type::reference: {
      if (text.empty()) return {};
      auto const* of = find_table(column.reference);
      // Tables that are not simulated take any sys_id.
      if (of == nullptr) return is_sys_id(text) ? std::string{text} : std::string{};
      if (of->current(text)) return std::string{text};
      if (display_values) {
        for (std::string_view const name : {"name", "number"}) {
          if (!of->columns().find(name)) continue;
          std::string found;
          of->each([&](row const& each) {
            if (found.empty() && of->text(each, name) == text) found = of->text(each, "sys_id");
          });
          if (!found.empty()) return found;
        }
        return {};  // A name that is not found leaves the reference empty, silently.
      }
      bool const kept = settings_.references_to_nothing == servicenow_settings::bad_reference::kept;
      return kept ? std::string{text.substr(0, 32)} : std::string{};
    }
    default: {
      std::string out{text};
      cut_characters(out, column.length);
      return out;
    }
  }
}

servicenow::input servicenow::read_input(
    table const& of, json::object const& body, bool display_values
) const {
  input out;
  for (auto const& [name, value] : body) {
    auto const position = of.columns().find(name);
    if (!position) continue;  // Unknown names are ignored without a word.
    auto const& column = of.columns().at(*position);
    auto text = text_of(value);
    if (column.type == field_type::journal) {
      bool const is_notes = column.name == "comments" || column.name == "work_notes";
      if (is_notes && !text.empty()) out.notes.push_back({column.name, std::move(text)});
      continue;
    }
    if (column.read_only) continue;  // As are read-only columns.
    out.values.emplace_back(*position, converted(column, text, display_values));
  }
  return out;
}

/// What ACLs keep the integration user from writing is dropped without a word.
servicenow::input servicenow::permitted_part(table const& of, input sent) const {
  auto const& kept = settings_.read_only_columns;
  std::erase_if(sent.values, [&](auto const& one) {
    return std::find(kept.begin(), kept.end(), of.columns().at(one.first).name) != kept.end();
  });
  return sent;
}

row servicenow::new_record(table const& of, actor const& who, core::time_point now) {
  row next;
  auto const set = [&](std::string_view name, std::string value) {
    if (auto const position = of.columns().find(name)) {
      next.set(of.columns(), *position, std::move(value));
    }
  };
  auto const stamp = core::format_time_seconds(now);
  set("sys_id", hex_id(settings_.seed, ++last_id_));
  set("sys_created_on", stamp);
  set("sys_created_by", who.user_name);
  set("sys_updated_on", stamp);
  set("sys_updated_by", who.user_name);
  if (is_task(of)) {
    std::string const prefix{prefix_of(of)};
    auto const number = std::to_string(10'000 + ++last_number_[prefix]);
    set("number", prefix + std::string(7 - std::min<std::size_t>(7, number.size()), '0') + number);
    set("opened_at", stamp);
    set("opened_by", who.sys_id);
  }
  return next;
}

void servicenow::write_notes(
    table const& of,
    std::string_view sys_id,
    std::vector<note_text> const& notes,
    std::string_view who,
    core::time_point now
) {
  auto& journals = own("sys_journal_field");
  for (auto const& note : notes) {
    row entry;
    auto const set = [&](std::string_view name, std::string value) {
      entry.set(journals.columns(), *journals.columns().find(name), std::move(value));
    };
    set("sys_id", hex_id(settings_.seed, ++last_id_));
    set("sys_created_on", core::format_time_seconds(now));
    set("sys_created_by", std::string{who});
    set("name", of.columns().name());
    set("element_id", std::string{sys_id});
    set("element", note.element);
    set("value", note.text);
    journals.put(std::move(entry), visible_at(now));
  }
}

verdict servicenow::store(
    table& of,
    row const* before,
    row next,
    std::vector<note_text> const& notes,
    actor const& who,
    core::time_point now
) {
  write what{
      of, before, next, notes, who, now, [this](std::string_view user, std::string_view group) {
        return is_member(user, group);
      }};
  if (auto said = apply_rules(what, settings_); said.kind != verdict::kind::pass) return said;
  auto const sys_id = of.text(next, "sys_id");
  bool const changes = before == nullptr || !next.same_values(*before);
  bool const moves = changes || (!notes.empty() && settings_.journal_moves_stamp);
  if (before != nullptr && moves) {
    auto const set = [&](std::string_view name, std::string value) {
      next.set(of.columns(), *of.columns().find(name), std::move(value));
    };
    set("sys_updated_on", core::format_time_seconds(now));
    set("sys_updated_by", who.user_name);
    set("sys_mod_count", std::to_string(std::stoul(of.text(*before, "sys_mod_count")) + 1));
  }
  if (moves) of.put(std::move(next), visible_at(now));
  write_notes(of, sys_id, notes, who.user_name, now);
  return {};
}

http::response servicenow::create(context const& in, table& into) {
  auto const body = read_json(in.call.body);
  if (!body || !body->is_object()) {
    return refuse(400, "Exception while reading request", "The payload is not valid JSON");
  }
  auto const who = integration_user();
  bool const is_security = into.columns().name() == "sn_si_incident";
  bool const permitted =
      who.has("admin") ||
      (is_task(into) && (is_security ? who.has("sn_si.write") : who.has("itil")));
  if (!permitted) {
    return refuse(
        403, "Operation Failed", "ACL Exception Insert Failed due to security constraints"
    );
  }
  auto next = new_record(into, who, in.now);
  auto const sent = permitted_part(
      into,
      read_input(into, body->get_object(), in.at.parameter("sysparm_input_display_value") == "true")
  );
  for (auto const& [position, value] : sent.values) next.set(into.columns(), position, value);
  auto const sys_id = into.text(next, "sys_id");
  auto const said = store(into, nullptr, std::move(next), sent.notes, who, in.now);
  if (said.kind != verdict::kind::pass) return refuse(403, "Operation Failed", said.detail);

  auto const stored = into.current(sys_id);
  if (!settings_.assignment_rule_group.empty() && is_task(into)) {
    row ruled = *stored;
    ruled.set(
        into.columns(), *into.columns().find("assignment_group"), settings_.assignment_rule_group
    );
    store(into, stored.get(), std::move(ruled), {}, person("system"), in.now);
  }
  std::string text = "{\"result\":";
  render(text, into, *into.current(sys_id), rendering_of(in.at));
  text += '}';
  auto out = json_answer(201, std::move(text));
  out.headers.push_back(
      {"Location", origin(in.at) + "/api/now/table/" + into.columns().name() + "/" + sys_id}
  );
  return out;
}

http::response servicenow::update(context const& in, table& of, std::string_view sys_id) {
  auto const body = read_json(in.call.body);
  if (!body || !body->is_object()) {
    return refuse(400, "Exception while reading request", "The payload is not valid JSON");
  }
  auto const before = of.current(sys_id);
  if (!before || before->hidden) {
    return refuse(
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    );
  }
  auto const who = integration_user();
  bool const is_security = of.columns().name() == "sn_si_incident";
  bool const permitted =
      who.has("admin") || (is_task(of) && (is_security ? who.has("sn_si.write") : who.has("itil")));
  if (!permitted) {
    return refuse(
        403, "Operation Failed", "ACL Exception Update Failed due to security constraints"
    );
  }
  auto const sent = permitted_part(
      of,
      read_input(of, body->get_object(), in.at.parameter("sysparm_input_display_value") == "true")
  );
  row next = *before;
  for (auto const& [position, value] : sent.values) next.set(of.columns(), position, value);
  auto const said = store(of, before.get(), std::move(next), sent.notes, who, in.now);
  bool const refused = said.kind == verdict::kind::refused ||
                       (said.kind == verdict::kind::aborted &&
                        settings_.aborted_write == servicenow_settings::abort_answer::forbidden);
  if (refused) return refuse(403, "Operation Failed", said.detail);
  std::string text = "{\"result\":";
  render(text, of, *of.current(sys_id), rendering_of(in.at));
  text += '}';
  return json_answer(200, std::move(text));
}

http::response servicenow::erase(context const& in, table& of, std::string_view sys_id) {
  auto const found = of.current(sys_id);
  if (!found || found->hidden) {
    return refuse(
        404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval"
    );
  }
  if (!integration_user().has("admin")) {
    return refuse(
        403, "Operation Failed", "ACL Exception Delete Failed due to security constraints"
    );
  }
  of.remove(sys_id, visible_at(in.now));
  return answer(204, {}, {});
}

}  // namespace simulators
