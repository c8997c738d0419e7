#include <algorithm>

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

}  // namespace

void servicenow::install_metadata(core::time_point born) {
  auto& tables = tables_.at("sys_db_object");
  std::string const task =
      insert(tables, {{"name", "task"}, {"label", "Task"}, {"super_class", ""}}, born);
  for (auto const& [name, of] : tables_) {
    bool const extends = name == "incident" || name == "sn_si_incident";
    insert(
        tables,
        {{"name", name}, {"label", of.columns().label()}, {"super_class", extends ? task : ""}},
        born
    );
  }
  // Security incidents take their own view of an inherited column.
  insert(
      tables_.at("sys_dictionary_override"),
      {{"name", "sn_si_incident"},
       {"element", "contact_type"},
       {"base_table", "task"},
       {"mandatory_override", "true"},
       {"mandatory", "true"}},
      born
  );
  publish_policies(born);
}

void servicenow::publish(policy const& one, core::time_point now) {
  auto const put = [&](std::string_view table_name, std::size_t number, json::object const& values
                   ) {
    auto& into = *find_table(table_name);
    auto const sys_id = hex_id(settings_.seed + 1000, number);
    auto const before = into.current(sys_id);
    row next = before ? *before : new_record(into, person("admin"), now);
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

void servicenow::publish_policies(core::time_point now) {
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
  publish(resolve, now);

  auto security = data(2, "sn_si_incident", "Closed security incidents need a code and notes");
  security.active = settings_.resolve_needs_close_fields;
  security.conditions = "state=3^EQ";
  security.mandatory = {"close_code", "close_notes"};
  publish(security, now);

  auto caller = data(3, "incident", "Awaiting Caller needs a comment");
  caller.active = settings_.awaiting_caller_needs_comment;
  caller.conditions = "state=3^hold_reason=1^EQ";
  caller.mandatory = {"comments"};
  publish(caller, now);

  auto create = data(4, "task", "What every task needs");
  create.active = !settings_.mandatory_on_create.empty();
  create.inherit = true;
  create.mandatory = settings_.mandatory_on_create;
  publish(create, now);

  // As a base instance's form has it; calls are not bound by it.
  auto form = data(5, "incident", "Make fields mandatory on close");
  form.for_calls = false;
  form.conditions = "incident_state=6^ORincident_state=7^EQ";
  form.mandatory = {"close_code", "close_notes"};
  publish(form, now);

  auto hold = data(6, "incident", "On Hold needs a reason");
  hold.for_calls = false;
  hold.conditions = "state=3^EQ";
  hold.mandatory = {"hold_reason"};
  publish(hold, now);
}

void servicenow::set_choice(choice_entry const& entry, bool active, core::time_point now) {
  auto& choices = tables_.at("sys_choice");
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
