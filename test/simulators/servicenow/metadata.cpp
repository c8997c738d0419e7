#include <algorithm>
#include <set>
#include <unordered_map>

#include "test/simulators/servicenow/servicenow.hpp"

/// What the instance tells of itself beside its dictionary: which table extends which, and its
/// policies. Policies follow the settings, so that what is demanded and what is told agree.
namespace simulators {

struct servicenow::policy {
  std::size_t number = 0;  ///< names its records
  bool for_calls = true;   ///< a data policy; else one of forms
  std::string table;
  std::string description;
  bool active = true;
  bool inherit = false;
  std::string conditions;
  std::vector<std::string> mandatory;
};

namespace {

constexpr std::size_t rules_max = 100;  ///< of one policy

using cells = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Fills a table with records that every instance is delivered with. They have the same sys_ids
/// everywhere.
class shipping {
 public:
  shipping(table& into, core::time_point born)
      : into_{into}, stamp_{core::format_time_seconds(born)} {}

  std::string add(cells values) {
    row next;
    auto sys_id = hex_id(std::hash<std::string>{}(into_.columns().name()), ++last_);
    auto const set = [&](std::string_view name, std::string_view value) {
      next.set(into_.columns(), into_.columns().find(name).value(), std::string{value});
    };
    set("sys_id", sys_id);
    for (auto const name : {"sys_created_on", "sys_updated_on"}) set(name, stamp_);
    for (auto const name : {"sys_created_by", "sys_updated_by"}) set(name, "admin");
    for (auto const& [name, value] : values) set(name, value);
    into_.put(std::move(next));
    return sys_id;
  }

 private:
  table& into_;
  std::string stamp_;
  std::uint64_t last_ = 0;
};

void ship_choices(shipping to) {
  int sequence = 0;
  for (auto const& each : standard_choices()) {
    to.add({
        {"name", each.table},
        {"element", each.element},
        {"value", each.value},
        {"label", each.label},
        {"sequence", std::to_string(++sequence)},
    });
  }
}

void ship_columns(shipping to) {
  std::set<std::pair<std::string_view, std::string_view>> described;
  for (auto const& [name, of] : standard_dictionaries()) {
    for (auto const& column : of->fields()) {
      if (!described.emplace(column.defined_by, column.name).second) continue;
      to.add({
          {"name", column.defined_by},
          {"element", column.name},
          {"column_label", column.label},
          {"internal_type", internal_type(column.type)},
          {"max_length", std::to_string(column.length)},
          {"mandatory", column.mandatory ? "true" : "false"},
          {"read_only", column.read_only ? "true" : "false"},
          {"choice", column.type == field_type::choice ? "3" : ""},
          {"reference", column.reference},
          {"default_value", column.initial},
      });
    }
  }
}

void ship_tables(shipping to) {
  auto const task = to.add({{"name", "task"}, {"label", "Task"}, {"super_class", ""}});
  for (auto const& [name, of] : standard_dictionaries()) {
    bool const extends = name == "incident" || name == "sn_si_incident";
    to.add({{"name", name}, {"label", of->label()}, {"super_class", extends ? task : ""}});
  }
}

}  // namespace

std::shared_ptr<table> servicenow::ship(std::string const& name, core::time_point born) {
  auto made = std::make_shared<table>(standard_dictionaries().at(name));
  shipping to{*made, born};
  if (name == "sys_choice") ship_choices(to);
  if (name == "sys_dictionary") ship_columns(to);
  if (name == "sys_db_object") ship_tables(to);
  if (name == "sys_dictionary_override") {
    // Security incidents take their own view of an inherited column.
    to.add({
        {"name", "sn_si_incident"},
        {"element", "contact_type"},
        {"base_table", "task"},
        {"mandatory_override", "true"},
        {"mandatory", "true"},
    });
  }
  if (name == "sys_properties") {
    to.add({{"name", "glide.ui.autoclose.time"}, {"value", "7"}});
    to.add({{"name", "instance_name"}, {"value", "instance"}});
    to.add({{"name", "glide.rest.max_content_length"}, {"value", "10"}});
    to.add({{"name", "sn_si.disable_duplicate_security_incident"}, {"value", "false"}});
  }
  return made;
}

servicenow::tables servicenow::shipped(core::time_point born) {
  // Of this thread, for the birth asked for last: thousands of instances are born at one time.
  thread_local core::time_point of{};
  thread_local tables all;
  if (all.empty() || of != born) {
    all.clear();
    for (auto const& [name, columns] : standard_dictionaries()) all[name] = ship(name, born);
    of = born;
  }
  return all;
}

table& servicenow::own(std::string_view name) {
  auto const at = tables_.find(name);
  if (at->second.use_count() > 1) at->second = ship(at->first, born_);
  return *at->second;
}

std::string const* servicenow::label_of(std::string const& choice) const {
  static auto const standard = [] {
    std::unordered_map<std::string, std::string> all;
    for (auto const& each : standard_choices()) {
      all[each.table + '.' + each.element + '.' + each.value] = each.label;
    }
    return all;
  }();
  if (auto const own = labels_.find(choice); own != labels_.end()) return &own->second;
  auto const at = standard.find(choice);
  return at == standard.end() ? nullptr : &at->second;
}

void servicenow::publish(policy const& one) {
  auto const put = [&](std::string_view table_name, std::size_t number, json::object const& values
                   ) {
    auto& into = *find_table(table_name);
    auto const sys_id = hex_id(settings_.seed + 1000, number);
    auto const before = into.current(sys_id);
    row next = before ? *before : new_record(into, person("admin"), born_);
    next.set(into.columns(), *into.columns().find("sys_id"), sys_id);
    for (auto const& [position, value] : read_input(into, values, false).values) {
      next.set(into.columns(), position, value);
    }
    if (before && next.same_values(*before)) return;
    into.put(std::move(next));
  };
  auto const remove = [&](std::string_view table_name, std::size_t number) {
    find_table(table_name)->remove(hex_id(settings_.seed + 1000, number));
  };
  auto const first_rule = 1000 + one.number * rules_max;
  put(one.for_calls ? "sys_data_policy2" : "sys_ui_policy",
      one.number,
      {{one.for_calls ? "model_table" : "table", one.table},
       {"short_description", one.description},
       {"active", one.active ? "true" : "false"},
       {"inherit", one.inherit ? "true" : "false"},
       {"conditions", one.conditions}});
  auto const* const rules = one.for_calls ? "sys_data_policy_rule" : "sys_ui_policy_action";
  for (std::size_t i = 0; i < one.mandatory.size(); ++i) {
    put(rules,
        first_rule + i,
        {{one.for_calls ? "sys_data_policy" : "ui_policy",
          hex_id(settings_.seed + 1000, one.number)},
         {"field", one.mandatory[i]},
         {"mandatory", "true"}});
  }
  for (auto i = one.mandatory.size(); i < rules_max; ++i) {
    if (!find_table(rules)->current(hex_id(settings_.seed + 1000, first_rule + i))) break;
    remove(rules, first_rule + i);
  }
}

void servicenow::publish_policies() {
  auto const data = [&](std::size_t number, std::string table, std::string text) {
    policy one;
    one.number = number;
    one.table = std::move(table);
    one.description = std::move(text);
    return one;
  };
  auto resolve = data(1, "incident", "Resolved and closed incidents need a code and notes");
  resolve.active = settings_.resolve_needs_close_fields;
  resolve.conditions = "stateIN6,7^EQ";
  resolve.mandatory = {"close_code", "close_notes"};
  publish(resolve);

  auto security = data(2, "sn_si_incident", "Closed security incidents need a code and notes");
  security.active = settings_.resolve_needs_close_fields;
  security.conditions = "state=3^EQ";
  security.mandatory = {"close_code", "close_notes"};
  publish(security);

  auto caller = data(3, "incident", "Awaiting Caller needs a comment");
  caller.active = settings_.awaiting_caller_needs_comment;
  caller.conditions = "state=3^hold_reason=1^EQ";
  caller.mandatory = {"comments"};
  publish(caller);

  auto create = data(4, "task", "What every task needs");
  create.active = !settings_.mandatory_on_create.empty();
  create.inherit = true;
  create.mandatory = settings_.mandatory_on_create;
  publish(create);

  // As a base instance's form has it; calls are not bound by it.
  auto form = data(5, "incident", "Make fields mandatory on close");
  form.for_calls = false;
  form.conditions = "incident_state=6^ORincident_state=7^EQ";
  form.mandatory = {"close_code", "close_notes"};
  publish(form);

  auto hold = data(6, "incident", "On Hold needs a reason");
  hold.for_calls = false;
  hold.conditions = "state=3^EQ";
  hold.mandatory = {"hold_reason"};
  publish(hold);
}

void servicenow::set_choice(choice_entry const& entry, bool active, core::time_point now) {
  auto& choices = own("sys_choice");
  labels_[entry.table + '.' + entry.element + '.' + entry.value] = entry.label;
  std::string known;
  choices.each([&](row const& each) {
    if (choices.text(each, "name") == entry.table && choices.text(each, "value") == entry.value &&
        choices.text(each, "element") == entry.element) {
      known = choices.text(each, "sys_id");
    }
  });
  if (known.empty()) {
    known = insert(
        choices,
        {{"name", entry.table},
         {"element", entry.element},
         {"value", entry.value},
         {"label", entry.label}},
        now
    );
  }
  row next = *choices.current(known);
  next.set(choices.columns(), *choices.columns().find("inactive"), active ? "false" : "true");
  choices.put(std::move(next));
}

}  // namespace simulators
