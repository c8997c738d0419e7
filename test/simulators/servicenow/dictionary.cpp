#include "test/simulators/servicenow/dictionary.hpp"

#include <algorithm>

namespace simulators {
namespace {

using enum field_type;

field plain(
    std::string name,
    std::string label,
    field_type type = text,
    std::size_t length = 40,
    std::string initial = {}
) {
  return field{std::move(name), std::move(label), type, length, {}, std::move(initial)};
}

field points_to(std::string name, std::string label, std::string table) {
  return field{std::move(name), std::move(label), reference, 32, std::move(table)};
}

field fixed(field of) {
  of.read_only = true;
  return of;
}

field demanded(field of) {
  of.mandatory = true;
  return of;
}

field found_fast(field of) {
  of.indexed = true;
  return of;
}

std::vector<field> system_fields(std::string const& class_name = {}) {
  std::vector<field> all{
      fixed(found_fast(plain("sys_id", "Sys ID", guid, 32))),
      fixed(plain("sys_created_on", "Created", date_time)),
      fixed(plain("sys_created_by", "Created by")),
      fixed(plain("sys_updated_on", "Updated", date_time)),
      fixed(plain("sys_updated_by", "Updated by")),
      fixed(plain("sys_mod_count", "Updates", integer, 40, "0")),
      fixed(plain("sys_tags", "Tags")),
  };
  if (!class_name.empty()) {
    all.push_back(fixed(plain("sys_class_name", "Task type", text, 80, class_name)));
  }
  return all;
}

/// Columns of task, with the lengths of a standard instance.
std::vector<field> task_fields(std::string const& class_name, std::string const& first_state) {
  auto all = system_fields(class_name);
  auto domain = points_to("sys_domain", "Domain", "sys_user_group");
  domain.initial = "global";
  std::vector<field> const own{
      fixed(found_fast(plain("number", "Number"))),
      plain("active", "Active", boolean, 40, "true"),
      plain("activity_due", "Activity due", date_time),
      plain("additional_assignee_list", "Additional assignee list", list, 4000),
      plain("approval", "Approval", choice, 40, "not requested"),
      plain("approval_history", "Approval history", journal, 4000),
      plain("approval_set", "Approval set", date_time),
      points_to("assigned_to", "Assigned to", "sys_user"),
      points_to("assignment_group", "Assignment group", "sys_user_group"),
      plain("business_duration", "Business duration"),
      points_to("business_service", "Service", "cmdb_ci_service"),
      plain("calendar_duration", "Duration"),
      plain("close_notes", "Resolution notes", text, 4000),
      plain("closed_at", "Closed", date_time),
      points_to("closed_by", "Closed by", "sys_user"),
      points_to("cmdb_ci", "Configuration item", "cmdb_ci"),
      plain("comments", "Additional comments", journal, 4000),
      plain("comments_and_work_notes", "Comments and Work notes", journal, 4000),
      points_to("company", "Company", "core_company"),
      plain("contact_type", "Contact type", choice),
      plain("correlation_display", "Correlation display", text, 100),
      found_fast(plain("correlation_id", "Correlation ID", text, 100)),
      points_to("delivery_plan", "Delivery plan", "sc_cat_item_delivery_plan"),
      points_to("delivery_task", "Delivery task", "sc_cat_item_delivery_task"),
      plain("description", "Description", text, 4000),
      plain("due_date", "Due date", date_time),
      plain("escalation", "Escalation", choice, 40, "0"),
      plain("expected_start", "Expected start", date_time),
      plain("follow_up", "Follow up", date_time),
      plain("group_list", "Group list", list, 4000),
      plain("impact", "Impact", choice, 40, "3"),
      plain("knowledge", "Knowledge", boolean, 40, "false"),
      points_to("location", "Location", "cmn_location"),
      plain("made_sla", "Made SLA", boolean, 40, "true"),
      plain("opened_at", "Opened", date_time),
      points_to("opened_by", "Opened by", "sys_user"),
      plain("order", "Order", integer),
      points_to("parent", "Parent", "task"),
      plain("priority", "Priority", choice),
      fixed(plain("reassignment_count", "Reassignment count", integer, 40, "0")),
      plain("route_reason", "Transfer reason", choice),
      demanded(plain("short_description", "Short description", text, 160)),
      plain("sla_due", "SLA due", date_time),
      plain("state", "State", choice, 40, first_state),
      std::move(domain),
      fixed(plain("sys_domain_path", "Domain Path", text, 255, "/")),
      plain("time_worked", "Time worked"),
      plain("upon_approval", "Upon approval", choice, 40, "proceed"),
      plain("upon_reject", "Upon reject", choice, 40, "cancel"),
      plain("urgency", "Urgency", choice, 40, "3"),
      plain("user_input", "User input", journal, 4000),
      plain("watch_list", "Watch list", list, 4000),
      plain("work_end", "Actual end", date_time),
      plain("work_notes", "Work notes", journal, 4000),
      plain("work_notes_list", "Work notes list", list, 4000),
      plain("work_start", "Actual start", date_time),
  };
  all.insert(all.end(), own.begin(), own.end());
  for (auto& each : all) each.defined_by = "task";
  return all;
}

dictionary make(
    std::string name, std::string label, std::vector<field> all, std::vector<field> const& own
) {
  for (auto each : own) {
    each.defined_by = name;
    all.push_back(std::move(each));
  }
  for (auto& each : all) {
    if (each.defined_by.empty()) each.defined_by = name;
  }
  return {std::move(name), std::move(label), std::move(all)};
}

}  // namespace

dictionary::dictionary(std::string name, std::string label, std::vector<field> fields)
    : name_{std::move(name)}, label_{std::move(label)}, fields_{std::move(fields)} {
  std::sort(fields_.begin(), fields_.end(), [](field const& a, field const& b) {
    return a.name < b.name;
  });
  for (std::uint16_t i = 0; i < size(); ++i) positions_[fields_[i].name] = i;
}

std::optional<std::uint16_t> dictionary::find(std::string_view name) const {
  auto const at = positions_.find(name);
  if (at == positions_.end()) return std::nullopt;
  return at->second;
}

dictionary incident_dictionary() {
  return make(
      "incident",
      "Incident",
      task_fields("incident", "1"),
      {
          plain("business_stc", "Business resolve time", integer),
          plain("calendar_stc", "Resolve time", integer),
          demanded(points_to("caller_id", "Caller", "sys_user")),
          plain("category", "Category", choice, 40, "inquiry"),
          points_to("caused_by", "Caused by Change", "change_request"),
          fixed(plain("child_incidents", "Child Incidents", integer, 40, "0")),
          plain("close_code", "Resolution code", choice),
          plain("hold_reason", "On hold reason", choice),
          plain("incident_state", "Incident state", choice, 40, "1"),
          plain("notify", "Notify", choice, 40, "1"),
          points_to("parent_incident", "Parent Incident", "incident"),
          points_to("problem_id", "Problem", "problem"),
          fixed(plain("reopen_count", "Reopen count", integer, 40, "0")),
          fixed(points_to("reopened_by", "Last reopened by", "sys_user")),
          fixed(plain("reopened_time", "Last reopened at", date_time)),
          fixed(plain("resolved_at", "Resolved", date_time)),
          fixed(points_to("resolved_by", "Resolved by", "sys_user")),
          points_to("rfc", "Change Request", "change_request"),
          plain("severity", "Severity", choice, 40, "3"),
          plain("subcategory", "Subcategory", choice),
      }
  );
}

dictionary security_incident_dictionary() {
  return make(
      "sn_si_incident",
      "Security Incident",
      task_fields("sn_si_incident", "10"),
      {
          points_to("affected_user", "Affected user", "sys_user"),
          plain("alert_id", "Alert ID", text, 100),
          plain("alert_rule", "Alert rule", text, 100),
          points_to("alert_sensor", "Alert sensor", "cmdb_ci"),
          plain("business_criticality", "Business criticality", choice, 40, "3"),
          points_to("caller", "Caller", "sys_user"),
          plain("category", "Category", choice),
          points_to("change_request", "Change request", "change_request"),
          plain("close_code", "Close code", choice),
          points_to("incident", "Incident", "incident"),
          points_to("opened_for", "Requested for", "sys_user"),
          points_to("parent_security_incident", "Parent security incident", "sn_si_incident"),
          points_to("problem", "Problem", "problem"),
          fixed(plain("risk_score", "Risk score", integer, 40, "38")),
          plain("risk_score_override", "Risk score override", boolean, 40, "false"),
          fixed(plain("secure_notes", "Secure notes", text, 4000)),
          plain("security_tags", "Security tags", list, 4000),
          plain("severity", "Severity", choice, 40, "3"),
          plain("special_access_read", "Read access", list, 4000),
          plain("special_access_write", "Privileged access", list, 4000),
          plain("subcategory", "Subcategory", choice),
          plain("substate", "Substate", choice),
      }
  );
}

dictionary user_dictionary() {
  return make(
      "sys_user",
      "User",
      system_fields(),
      {
          found_fast(plain("user_name", "User ID")),
          plain("name", "Name", text, 151),
          plain("first_name", "First name", text, 50),
          plain("last_name", "Last name", text, 50),
          found_fast(plain("email", "Email", text, 100)),
          plain("active", "Active", boolean, 40, "true"),
          plain("locked_out", "Locked out", boolean, 40, "false"),
          plain("title", "Title", text, 60),
          plain("phone", "Business phone"),
          plain("time_zone", "Time zone", text, 40, "GMT"),
          plain("web_service_access_only", "Web service access only", boolean, 40, "false"),
      }
  );
}

dictionary group_dictionary() {
  return make(
      "sys_user_group",
      "Group",
      system_fields(),
      {
          found_fast(plain("name", "Name", text, 80)),
          plain("description", "Description", text, 1000),
          plain("email", "Group email", text, 100),
          plain("active", "Active", boolean, 40, "true"),
          points_to("manager", "Manager", "sys_user"),
          plain("type", "Type", list, 1024),
      }
  );
}

dictionary group_member_dictionary() {
  return make(
      "sys_user_grmember",
      "Group Member",
      system_fields(),
      {points_to("user", "User", "sys_user"), points_to("group", "Group", "sys_user_group")}
  );
}

dictionary journal_dictionary() {
  return make(
      "sys_journal_field",
      "Journal Entry",
      {
          fixed(found_fast(plain("sys_id", "Sys ID", guid, 32))),
          fixed(plain("sys_created_on", "Created", date_time)),
          fixed(plain("sys_created_by", "Created by")),
          fixed(plain("sys_tags", "Tags")),
      },
      {
          plain("name", "Name", text, 80),
          found_fast(plain("element_id", "Element ID", guid, 32)),
          plain("element", "Element", text, 80),
          plain("value", "Value", text, 4000),
      }
  );
}

dictionary choice_dictionary() {
  return make(
      "sys_choice",
      "Choice",
      system_fields(),
      {
          plain("name", "Table", text, 80),
          plain("element", "Element", text, 80),
          plain("value", "Value", text, 4000),
          plain("label", "Label", text, 4000),
          plain("sequence", "Sequence", integer),
          plain("language", "Language", text, 40, "en"),
          plain("inactive", "Inactive", boolean, 40, "false"),
          plain("dependent_value", "Dependent value"),
          plain("hint", "Hint", text, 255),
      }
  );
}

dictionary dictionary_dictionary() {
  return make(
      "sys_dictionary",
      "Dictionary Entry",
      system_fields(),
      {
          plain("name", "Table", text, 80),
          plain("element", "Column name", text, 80),
          plain("column_label", "Column label", text, 80),
          plain("internal_type", "Type"),
          plain("max_length", "Max length", integer),
          plain("mandatory", "Mandatory", boolean, 40, "false"),
          plain("read_only", "Read only", boolean, 40, "false"),
          plain("active", "Active", boolean, 40, "true"),
          plain("reference", "Reference", text, 80),
          plain("default_value", "Default value", text, 255),
          plain("choice", "Choice", integer),
          plain("choice_table", "Choice table", text, 80),
          plain("choice_field", "Choice field", text, 80),
      }
  );
}

dictionary property_dictionary() {
  return make(
      "sys_properties",
      "System Property",
      system_fields(),
      {
          found_fast(plain("name", "Name", text, 100)),
          plain("value", "Value", text, 4000),
          plain("description", "Description", text, 1000),
          plain("type", "Type"),
      }
  );
}

dictionary table_dictionary() {
  return make(
      "sys_db_object",
      "Table",
      system_fields(),
      {
          found_fast(plain("name", "Name", text, 80)),
          plain("label", "Label", text, 80),
          points_to("super_class", "Extends table", "sys_db_object"),
      }
  );
}

dictionary override_dictionary() {
  return make(
      "sys_dictionary_override",
      "Dictionary Override",
      system_fields(),
      {
          plain("name", "Table", text, 80),
          plain("element", "Column name", text, 80),
          plain("base_table", "Base table", text, 80),
          plain("mandatory_override", "Override mandatory", boolean, 40, "false"),
          plain("mandatory", "Mandatory", boolean, 40, "false"),
          plain("read_only_override", "Override read only", boolean, 40, "false"),
          plain("read_only", "Read only", boolean, 40, "false"),
          plain("default_value_override", "Override default value", boolean, 40, "false"),
          plain("default_value", "Default value", text, 255),
      }
  );
}

namespace {

std::vector<field> policy_fields(std::string const& table_column) {
  return {
      plain(table_column, "Table", text, 80),
      plain("short_description", "Short description", text, 100),
      plain("active", "Active", boolean, 40, "true"),
      plain("inherit", "Inherit", boolean, 40, "false"),
      plain("conditions", "Conditions", text, 4000),
      plain("reverse_if_false", "Reverse if false", boolean, 40, "true"),
  };
}

/// Each of the two is "true", "false" or "ignore".
std::vector<field> policy_rule_fields(std::string const& policy_column, std::string policy_table) {
  return {
      points_to(policy_column, "Policy", std::move(policy_table)),
      plain("field", "Field name", text, 80),
      plain("mandatory", "Mandatory", text, 40, "ignore"),
      plain("disabled", "Read only", text, 40, "ignore"),
  };
}

}  // namespace

dictionary data_policy_dictionary() {
  return make("sys_data_policy2", "Data Policy", system_fields(), policy_fields("model_table"));
}

dictionary data_rule_dictionary() {
  return make(
      "sys_data_policy_rule",
      "Data Policy Rule",
      system_fields(),
      policy_rule_fields("sys_data_policy", "sys_data_policy2")
  );
}

dictionary form_policy_dictionary() {
  return make("sys_ui_policy", "UI Policy", system_fields(), policy_fields("table"));
}

dictionary form_action_dictionary() {
  return make(
      "sys_ui_policy_action",
      "UI Policy Action",
      system_fields(),
      policy_rule_fields("ui_policy", "sys_ui_policy")
  );
}

std::map<std::string, std::shared_ptr<dictionary const>> const& standard_dictionaries() {
  static auto const all = [] {
    std::map<std::string, std::shared_ptr<dictionary const>> by_name;
    for (auto const make_one :
         {incident_dictionary,
          security_incident_dictionary,
          user_dictionary,
          group_dictionary,
          group_member_dictionary,
          journal_dictionary,
          choice_dictionary,
          dictionary_dictionary,
          property_dictionary,
          table_dictionary,
          override_dictionary,
          data_policy_dictionary,
          data_rule_dictionary,
          form_policy_dictionary,
          form_action_dictionary}) {
      auto one = std::make_shared<dictionary const>(make_one());
      auto name = one->name();
      by_name.emplace(std::move(name), std::move(one));
    }
    return by_name;
  }();
  return all;
}

std::vector<choice_entry> const& standard_choices() {
  static std::vector<choice_entry> const all = [] {
    std::vector<choice_entry> all_entries;
    auto const add = [&all_entries](
                         std::string const& table,
                         std::string const& element,
                         std::vector<std::pair<std::string, std::string>> const& entries
                     ) {
      for (auto const& [value, label] : entries)
        all_entries.push_back({table, element, value, label});
    };
    std::vector<std::pair<std::string, std::string>> const states{
        {"1", "New"},
        {"2", "In Progress"},
        {"3", "On Hold"},
        {"6", "Resolved"},
        {"7", "Closed"},
        {"8", "Canceled"},
    };
    add("incident", "state", states);
    add("incident", "incident_state", states);
    add("incident",
        "hold_reason",
        {{"1", "Awaiting Caller"},
         {"3", "Awaiting Problem"},
         {"4", "Awaiting Vendor"},
         {"5", "Awaiting Change"}});
    for (auto const* code :
         {"Solution provided",
          "Workaround provided",
          "Resolved by change",
          "Resolved by request",
          "Resolved by caller",
          "Known error",
          "Duplicate",
          "No resolution provided",
          "User error"}) {
      add("incident", "close_code", {{code, code}});
    }
    for (auto const* element : {"impact", "urgency"}) {
      add("task", element, {{"1", "1 - High"}, {"2", "2 - Medium"}, {"3", "3 - Low"}});
    }
    add("task",
        "priority",
        {{"1", "1 - Critical"},
         {"2", "2 - High"},
         {"3", "3 - Moderate"},
         {"4", "4 - Low"},
         {"5", "5 - Planning"}});
    for (auto const* table : {"incident", "sn_si_incident"}) {
      add(table, "severity", {{"1", "1 - High"}, {"2", "2 - Medium"}, {"3", "3 - Low"}});
    }
    add("incident",
        "category",
        {{"inquiry", "Inquiry / Help"},
         {"software", "Software"},
         {"hardware", "Hardware"},
         {"network", "Network"},
         {"database", "Database"},
         {"security", "Security"}});
    add("task",
        "contact_type",
        {{"email", "Email"},
         {"phone", "Phone"},
         {"self-service", "Self-service"},
         {"virtual_agent", "Virtual Agent"},
         {"walk-in", "Walk-in"},
         {"integration", "Integration"}});
    // The last three names and codes vary by release; a client reads them from here.
    add("sn_si_incident",
        "state",
        {{"10", "Draft"},
         {"16", "Analysis"},
         {"18", "Contain"},
         {"19", "Eradicate"},
         {"20", "Recover"},
         {"100", "Review"},
         {"3", "Closed"},
         {"7", "Cancelled"}});
    for (auto const* code :
         {"Investigation completed",
          "Threat mitigated",
          "Patched vulnerability",
          "Invalid vulnerability",
          "Not resolved",
          "False positive"}) {
      add("sn_si_incident", "close_code", {{code, code}});
    }
    return all_entries;
  }();
  return all;
}

std::string_view internal_type(field_type type) {
  switch (type) {
    case text:
    case choice:
      return "string";
    case integer:
      return "integer";
    case boolean:
      return "boolean";
    case date_time:
      return "glide_date_time";
    case reference:
      return "reference";
    case list:
      return "glide_list";
    case journal:
      return "journal_input";
    case guid:
      return "GUID";
  }
  return "string";
}

}  // namespace simulators
