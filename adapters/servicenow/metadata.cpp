#include "adapters/servicenow/metadata.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "adapters/servicenow/answer.hpp"

namespace adapters::servicenow {

namespace {

using field = adapter::description::field;
using states = std::vector<std::string>;

bool is_true(row const& of, std::string_view column) { return text_at(of, column) == "true"; }

bool contains(std::vector<std::string> const& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The states that one term lets through; none if it is not about the state.
std::optional<states> states_of_term(std::string_view term, states const& all) {
  // incident_state mirrors state on incidents, and forms mostly name the former.
  auto const rest_of = [&](std::string_view name) -> std::optional<std::string_view> {
    if (!term.starts_with(name)) return std::nullopt;
    return term.substr(name.size());
  };
  auto rest = rest_of("incident_state");
  if (!rest) rest = rest_of("state");
  if (!rest) return std::nullopt;
  auto const rest_after = [&](std::string_view word) -> std::optional<states> {
    if (!rest->starts_with(word)) return std::nullopt;
    return split(rest->substr(word.size()), ',');
  };
  auto const others = [&](states const& than) {
    states left;
    for (auto const& one : all) {
      if (!contains(than, one)) left.push_back(one);
    }
    return left;
  };
  if (auto listed = rest_after("NOT IN")) return others(*listed);
  if (auto listed = rest_after("IN")) return listed;
  if (auto one = rest_after("!=")) return others(*one);
  if (auto one = rest_after("=")) return one;
  if (*rest == "ISNOTEMPTY") return all;
  return std::nullopt;
}

/// The model's word for a column's type.
std::string kind_of(row const& column, bool has_choices, std::optional<std::size_t> length) {
  auto const type = text_at(column, "internal_type");
  if (type == "boolean") return "flag";
  if (type == "journal_input") return "comment";
  if (type == "glide_date_time" || type == "due_date") return "time";
  if (type == "glide_list") return "set";
  if (type == "html" || type == "translated_html") return "markup";
  if (type == "reference") {
    return text_at(column, "reference") == "sys_user" ? "person" : "reference";
  }
  if (has_choices) return "choice";
  if (type == "integer" || type == "longint") return "integer";
  constexpr std::size_t one_line = 255;
  if (type == "string") return length.value_or(0) > one_line ? "multiline" : "text";
  return {};
}

std::optional<std::size_t> length_of(row const& column) {
  auto const type = text_at(column, "internal_type");
  if (type != "string" && type != "html" && type != "email" && type != "url") return std::nullopt;
  auto const text = text_at(column, "max_length");
  std::size_t length = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (failed != std::errc{} || length == 0) return std::nullopt;
  return length;
}

class assembling {
 public:
  explicit assembling(metadata const& from) : from_{from} { out_.unseen = from.unseen; }

  adapter::description done() {
    if (from_.columns.empty()) return std::move(out_);
    read_columns();
    read_states();
    read_policies(from_.data_policies, from_.data_policy_rules, "sys_data_policy", true);
    read_policies(from_.form_policies, from_.form_policy_actions, "ui_policy", false);
    for (auto& [name, one] : fields_) out_.fields.push_back(std::move(one));
    out_.unseen.emplace_back(
        "what access rules and business rules refuse: the instance does not tell, doctor and the "
        "first refused write do"
    );
    return std::move(out_);
  }

 private:
  /// 0 for the table itself; none for a table that it does not extend.
  std::optional<std::size_t> distance(std::string_view table) const {
    auto const at = std::ranges::find(from_.lineage, table);
    if (at == from_.lineage.end()) return std::nullopt;
    return static_cast<std::size_t>(at - from_.lineage.begin());
  }

  /// A table's own list hides that of the table it extends, unless the column names another.
  std::optional<std::vector<std::string>> choices_of(row const& column) const {
    constexpr std::string_view suggestion = "2";  // any value may be typed
    if (text_at(column, "choice") == suggestion) return std::nullopt;
    auto const element = text_at(column, "choice_field").empty() ? text_at(column, "element")
                                                                 : text_at(column, "choice_field");
    auto tables = from_.lineage;
    if (auto const other = text_at(column, "choice_table"); !other.empty()) tables = {other};
    for (auto const& table : tables) {
      std::vector<std::string> values;
      for (auto const& one : from_.choices) {
        if (text_at(one, "name") != table || text_at(one, "element") != element) continue;
        auto value = text_at(one, "value");
        if (!contains(values, value)) values.push_back(std::move(value));
      }
      if (!values.empty()) return values;
    }
    return std::nullopt;
  }

  void read_columns() {
    std::map<std::string, std::size_t> nearest;
    for (auto const& column : from_.columns) {
      auto const name = text_at(column, "element");
      auto const at = distance(text_at(column, "name"));
      if (name.empty() || !at) continue;  // the row of the table as a whole
      if (auto const known = nearest.find(name); known != nearest.end() && known->second <= *at) {
        continue;
      }
      nearest[name] = *at;
      field one;
      one.name = name;
      one.type = text_at(column, "internal_type");
      one.length = length_of(column);
      one.choices = choices_of(column);
      one.kind = kind_of(column, one.choices.has_value(), one.length);
      // Forms obey this flag and calls do not; what has a default is never empty.
      one.expected = is_true(column, "mandatory") && text_at(column, "default_value").empty();
      one.writable = !is_true(column, "read_only");
      fields_[name] = std::move(one);
    }
    auto overrides = from_.overrides;
    std::ranges::stable_sort(overrides, [this](row const& a, row const& b) {
      return distance(text_at(a, "name")).value_or(0) > distance(text_at(b, "name")).value_or(0);
    });
    for (auto const& one : overrides) {
      auto const hit = fields_.find(text_at(one, "element"));
      if (hit == fields_.end() || !distance(text_at(one, "name"))) continue;
      if (is_true(one, "read_only_override")) hit->second.writable = !is_true(one, "read_only");
      if (is_true(one, "mandatory_override")) hit->second.expected = is_true(one, "mandatory");
      auto const gets_default =
          is_true(one, "default_value_override") && !text_at(one, "default_value").empty();
      if (gets_default) hit->second.expected = false;
    }
  }

  void read_states() {
    auto const state = fields_.find("state");
    if (state == fields_.end() || !state->second.choices) return;
    out_.workflow_field = "state";
    out_.states = *state->second.choices;
    for (auto const& one : out_.states) {
      adapter::description::step in;
      in.to = one;
      out_.steps.push_back(std::move(in));
    }
    if (from_.lineage.front() == "incident") {
      // Incident Management keeps closed and cancelled incidents read-only by rules and roles.
      for (auto const* ended : {"7", "8"}) {
        if (contains(out_.states, ended)) out_.exits_unseen.emplace_back(ended);
      }
      out_.unseen.emplace_back(
          "what may follow Closed and Canceled: rules and roles decide, which the instance does "
          "not tell"
      );
      return;
    }
    out_.exits_unseen = out_.states;
    out_.unseen.emplace_back(
        "which state may follow which: the process definition decides, which is a script"
    );
  }

  bool applies(row const& policy, std::string_view table_column) const {
    auto const at = distance(text_at(policy, table_column));
    return at && (*at == 0 || is_true(policy, "inherit"));
  }

  void read_policies(
      std::vector<row> const& policies,
      std::vector<row> const& rules,
      std::string_view reference,
      bool for_calls
  ) {
    for (auto const& rule : rules) {
      auto const policy = std::ranges::find_if(policies, [&](row const& one) {
        return text_at(one, "sys_id") == text_at(rule, reference);
      });
      if (policy == policies.end() || !applies(*policy, for_calls ? "model_table" : "table")) {
        continue;
      }
      read_rule(*policy, rule, for_calls);
    }
  }

  void read_rule(row const& policy, row const& rule, bool for_calls) {
    auto const demanded = text_at(rule, "mandatory");
    auto const fixed = for_calls && text_at(rule, "disabled") == "true";
    auto const reversed = demanded == "false" && is_true(policy, "reverse_if_false");
    if (demanded != "true" && !reversed && !fixed) return;
    auto const name = text_at(rule, "field");
    auto const hit = fields_.find(name);
    if (hit == fields_.end()) return;
    auto const text = text_at(policy, "conditions");
    auto condition = read_state_condition(text, out_.states);
    if (!condition) {
      out_.unseen.push_back(
          std::string{"when "} + (for_calls ? "data" : "UI") + " policy '" +
          for_people(text_at(policy, "short_description"), 80) + "' makes " + name +
          (fixed ? " read-only" : " mandatory") + ": its condition looks at more than the state (" +
          for_people(text, 120) + ")"
      );
      return;
    }
    if (fixed && !condition->states) hit->second.writable = false;
    if (demanded != "true" && !reversed) return;
    if (reversed) {
      if (!condition->states) return;  // holds always, so its reverse never does
      states left;
      for (auto const& one : out_.states) {
        if (!contains(*condition->states, one)) left.push_back(one);
      }
      condition->states = std::move(left);
    }
    if (!condition->states) {
      (for_calls ? hit->second.mandatory : hit->second.expected) = true;
      return;
    }
    for (auto& step : out_.steps) {
      if (!contains(*condition->states, step.to)) continue;
      auto& to = for_calls ? step.demands : step.expects;
      if (!contains(to, name)) to.push_back(name);
    }
  }

  metadata const& from_;
  std::map<std::string, field> fields_;
  adapter::description out_;
};

}  // namespace

std::optional<state_condition> read_state_condition(
    std::string_view condition, std::vector<std::string> const& all_states
) {
  state_condition out;
  std::optional<states> clause;
  auto const close_clause = [&] {
    if (!clause) return;
    if (!out.states) {
      out.states = std::move(clause);
    } else {
      std::erase_if(*out.states, [&](std::string const& one) { return !contains(*clause, one); });
    }
    clause.reset();
  };
  for (auto const& part : split(condition, '^')) {
    std::string_view term = part;
    if (term.empty() || term == "EQ") continue;
    if (term.starts_with("NQ")) return std::nullopt;
    auto const joins = term.starts_with("OR") && !term.starts_with("ORDERBY");
    if (joins) {
      term.remove_prefix(2);
    } else {
      close_clause();
    }
    auto const let_through = states_of_term(term, all_states);
    if (!let_through || (joins && !clause)) return std::nullopt;
    if (!clause) clause.emplace();
    for (auto const& one : *let_through) {
      if (!contains(*clause, one)) clause->push_back(one);
    }
  }
  close_clause();
  return out;
}

adapter::description described(metadata const& from) { return assembling{from}.done(); }

}  // namespace adapters::servicenow
