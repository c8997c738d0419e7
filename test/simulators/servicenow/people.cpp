#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <set>

#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {
namespace {

constexpr std::array<std::string_view, 2> task_tables{"incident", "sn_si_incident"};

json::object raw_values(table const& of, row const& record) {
  json::object out{json::make_shared_resource<json::monotonic_resource>()};
  out.reserve(of.columns().size());
  for (std::uint16_t i = 0; i < of.columns().size(); ++i) {
    out.emplace(of.columns().at(i).name, record.get(of.columns(), i));
  }
  return out;
}

}  // namespace

table* servicenow::find_table(std::string_view name) {
  return tables_.contains(name) ? &own(name) : nullptr;
}

table const* servicenow::find_table(std::string_view name) const {
  auto const at = tables_.find(name);
  return at == tables_.end() ? nullptr : at->second.get();
}

table* servicenow::task_table_of(std::string_view sys_id) {
  for (auto const name : task_tables) {
    auto* const of = find_table(name);
    if (of->current(sys_id)) return of;
  }
  return nullptr;
}

table const* servicenow::task_table_of(std::string_view sys_id) const {
  for (auto const name : task_tables) {
    auto const* const of = find_table(name);
    if (of->current(sys_id)) return of;
  }
  return nullptr;
}

core::time_point servicenow::visible_at(core::time_point now) const {
  auto const lag = settings_.list_lag + conditions.extra_lag;
  return lag.count() == 0 ? core::time_point{} : now + lag;
}

actor servicenow::person(std::string_view who) const {
  return {std::string{who}, user(who), {"admin"}, true};
}

std::string servicenow::user(std::string_view user_name) const {
  auto const& users = *find_table("sys_user");
  auto const found = users.with("user_name", user_name);
  return found.empty() ? std::string{} : users.text(*found.front(), "sys_id");
}

std::string servicenow::group(std::string_view name) const {
  auto const& groups = *find_table("sys_user_group");
  auto const found = groups.with("name", name);
  return found.empty() ? std::string{} : groups.text(*found.front(), "sys_id");
}

bool servicenow::is_member(std::string_view user, std::string_view group) const {
  auto const& members = *find_table("sys_user_grmember");
  bool found = false;
  members.each([&](row const& each) {
    found = found || (members.text(each, "user") == user && members.text(each, "group") == group);
  });
  return found;
}

std::string servicenow::insert(table& into, json::object const& fields, core::time_point now) {
  auto next = new_record(into, person("admin"), now);
  for (auto const& [position, value] : read_input(into, fields, false).values) {
    next.set(into.columns(), position, value);
  }
  auto sys_id = into.text(next, "sys_id");
  into.put(std::move(next));
  return sys_id;
}

std::string servicenow::create_record(
    std::string_view table_name,
    json::object const& fields,
    std::string_view who,
    core::time_point now
) {
  auto* const into = find_table(table_name);
  if (into == nullptr) return {};
  auto const author = person(who);
  auto next = new_record(*into, author, now);
  auto const given = read_input(*into, fields, false);
  for (auto const& [position, value] : given.values) next.set(into->columns(), position, value);
  auto sys_id = into->text(next, "sys_id");
  store(*into, nullptr, std::move(next), given.notes, author, now);
  return sys_id;
}

bool servicenow::edit(
    std::string_view sys_id, json::object const& fields, std::string_view who, core::time_point now
) {
  auto* const of = task_table_of(sys_id);
  if (of == nullptr) return false;
  auto const before = of->current(sys_id);
  auto const given = read_input(*of, fields, false);
  row next = *before;
  for (auto const& [position, value] : given.values) next.set(of->columns(), position, value);
  store(*of, before.get(), std::move(next), given.notes, person(who), now);
  return true;
}

bool servicenow::add_journal(
    std::string_view sys_id,
    std::string_view element,
    std::string_view text,
    std::string_view who,
    core::time_point now
) {
  auto* const of = task_table_of(sys_id);
  if (of == nullptr) return false;
  auto const before = of->current(sys_id);
  row next = *before;
  auto const author = person(who);
  bool const by_caller = of->columns().find("caller_id") && !author.sys_id.empty() &&
                         of->text(*before, "caller_id") == author.sys_id;
  if (by_caller && element == "comments" && of->text(*before, "state") == "3" &&
      of->text(*before, "hold_reason") == "1") {
    next.set(of->columns(), *of->columns().find("state"), "2");
  }
  store(
      *of,
      before.get(),
      std::move(next),
      {note_text{std::string{element}, std::string{text}}},
      author,
      now
  );
  return true;
}

bool servicenow::resolve(
    std::string_view sys_id,
    std::string_view close_code,
    std::string_view close_notes,
    std::string_view who,
    core::time_point now
) {
  auto const* of = task_table_of(sys_id);
  if (of == nullptr) return false;
  bool const is_incident = of->columns().name() == "incident";
  json::object const fields{
      {"state", is_incident ? "6" : "3"}, {"close_code", close_code}, {"close_notes", close_notes}};
  return edit(sys_id, fields, who, now);
}

bool servicenow::close(std::string_view sys_id, std::string_view who, core::time_point now) {
  auto const* of = task_table_of(sys_id);
  if (of == nullptr) return false;
  return edit(sys_id, {{"state", of->columns().name() == "incident" ? "7" : "3"}}, who, now);
}

bool servicenow::reopen(std::string_view sys_id, std::string_view who, core::time_point now) {
  auto const* of = task_table_of(sys_id);
  if (of == nullptr) return false;
  return edit(sys_id, {{"state", of->columns().name() == "incident" ? "2" : "16"}}, who, now);
}

bool servicenow::remove(std::string_view sys_id, core::time_point now) {
  auto* const of = task_table_of(sys_id);
  if (of == nullptr) return false;
  of->remove(sys_id, visible_at(now));
  return true;
}

bool servicenow::hide(std::string_view sys_id, bool hidden, core::time_point) {
  auto* const of = task_table_of(sys_id);
  if (of == nullptr) return false;
  row next = *of->current(sys_id);
  next.hidden = hidden;
  of->put(std::move(next));
  return true;
}

bool servicenow::script_edit(
    std::string_view sys_id, json::object const& fields, core::time_point now
) {
  auto* const of = task_table_of(sys_id);
  if (of == nullptr) return false;
  row next = *of->current(sys_id);
  for (auto const& [position, value] : read_input(*of, fields, false).values) {
    next.set(of->columns(), position, value);
  }
  of->put(std::move(next), visible_at(now));
  return true;
}

std::string servicenow::create_user(
    std::string_view user_name, std::string_view name, std::string_view email, core::time_point now
) {
  auto const space = std::min(name.find(' '), name.size());
  return insert(
      own("sys_user"),
      {
          {"user_name", user_name},
          {"name", name},
          {"first_name", name.substr(0, space)},
          {"last_name", name.substr(std::min(space + 1, name.size()))},
          {"email", email},
      },
      now
  );
}

std::string servicenow::create_group(std::string_view name, core::time_point now) {
  return insert(own("sys_user_group"), {{"name", name}}, now);
}

void servicenow::add_member(std::string_view user, std::string_view group, core::time_point now) {
  insert(own("sys_user_grmember"), {{"user", user}, {"group", group}}, now);
}

std::optional<json::object> servicenow::record(std::string_view sys_id) const {
  auto const* of = task_table_of(sys_id);
  if (of == nullptr) return std::nullopt;
  return raw_values(*of, *of->current(sys_id));
}

std::uint64_t servicenow::revision(std::string_view sys_id) const {
  auto const* of = task_table_of(sys_id);
  return of == nullptr ? 0 : of->current(sys_id)->revision;
}

void servicenow::each_record(
    std::string_view table_name, std::function<void(json::object const&)> const& visit
) const {
  auto const* of = find_table(table_name);
  if (of == nullptr) return;
  of->each([&](row const& each) { visit(raw_values(*of, each)); });
}

std::size_t servicenow::records(std::string_view table_name) const {
  auto const* of = find_table(table_name);
  return of == nullptr ? 0 : of->size();
}

std::vector<servicenow::journal_entry> servicenow::journal(std::string_view sys_id) const {
  auto const& journals = *find_table("sys_journal_field");
  auto entries = journals.with("element_id", sys_id);
  // Entries of one second keep the order in which they were written.
  std::stable_sort(entries.begin(), entries.end(), [](auto const& a, auto const& b) {
    return a->revision < b->revision;
  });
  std::vector<journal_entry> out;
  for (auto const& each : entries) {
    out.push_back({
        journals.text(*each, "sys_id"),
        journals.text(*each, "element"),
        journals.text(*each, "value"),
        journals.text(*each, "sys_created_by"),
        journals.text(*each, "sys_created_on"),
    });
  }
  return out;
}

std::vector<std::string> servicenow::find_ids(
    std::string_view table_name, std::string_view column, std::string_view value
) const {
  std::vector<std::string> out;
  auto const* of = find_table(table_name);
  if (of == nullptr) return out;
  for (auto const& each : of->with(column, value)) out.push_back(of->text(*each, "sys_id"));
  return out;
}

std::map<std::string, std::size_t> servicenow::tickets_by_correlation(std::string_view table_name
) const {
  std::map<std::string, std::size_t> out;
  auto const* of = find_table(table_name);
  if (of == nullptr) return out;
  of->each([&](row const& each) {
    auto key = of->text(each, "correlation_id");
    if (!key.empty()) ++out[std::move(key)];
  });
  return out;
}

void servicenow::install(core::time_point born) {
  born_ = born;
  tables_ = shipped(born);
  create_user(settings_.user_name, "Defender Integration", "svc.defender@example.com", born);
  create_user("admin", "System Administrator", "admin@example.com", born);
  auto const abel = create_user("abel.tuter", "Abel Tuter", "abel.tuter@example.com", born);
  auto const beth = create_user("beth.anglin", "Beth Anglin", "beth.anglin@example.com", born);
  auto const david = create_user("david.loo", "David Loo", "david.loo@example.com", born);
  auto const joe = create_user("joe.employee", "Joe Employee", "joe.employee@example.com", born);
  auto const operations = create_group("Security Operations", born);
  auto const response = create_group("Customer Response", born);
  auto const desk = create_group("Service Desk", born);
  for (auto const& [user, group] : {
           std::pair{abel, operations},
           std::pair{beth, operations},
           std::pair{beth, response},
           std::pair{david, response},
           std::pair{david, desk},
           std::pair{joe, desk},
       }) {
    add_member(user, group, born);
  }
}

}  // namespace simulators
