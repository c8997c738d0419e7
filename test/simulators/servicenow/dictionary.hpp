#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace simulators {

enum class field_type { text, integer, boolean, date_time, reference, list, journal, choice, guid };

/// A column, as sys_dictionary describes it.
struct field {
  std::string name;
  std::string label;
  field_type type = field_type::text;
  std::size_t length = 40;   ///< characters; longer text is cut silently
  std::string reference{};   ///< the table a reference points to
  std::string initial{};     ///< the value of a new record
  bool read_only = false;    ///< writes are ignored
  bool mandatory = false;    ///< of people at a form; calls pass without
  bool indexed = false;      ///< has a hash index here; no vendor fact
  std::string defined_by{};  ///< the table that brings the column ("task")
};

/// A table's columns. Positions are stable.
class dictionary {
 public:
  dictionary(std::string name, std::string label, std::vector<field> fields);

  [[nodiscard]] std::string const& name() const { return name_; }
  [[nodiscard]] std::string const& label() const { return label_; }
  [[nodiscard]] std::vector<field> const& fields() const { return fields_; }
  [[nodiscard]] std::uint16_t size() const { return static_cast<std::uint16_t>(fields_.size()); }
  [[nodiscard]] std::optional<std::uint16_t> find(std::string_view name) const;
  [[nodiscard]] field const& at(std::uint16_t position) const { return fields_[position]; }

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::string name_;
  std::string label_;
  std::vector<field> fields_;
  std::unordered_map<std::string, std::uint16_t, hash, std::equal_to<>> positions_;
};

/// The columns of the instance's tables. sn_si_incident and incident extend task.
dictionary incident_dictionary();
dictionary security_incident_dictionary();
dictionary user_dictionary();
dictionary group_dictionary();
dictionary group_member_dictionary();
dictionary journal_dictionary();
dictionary choice_dictionary();
dictionary dictionary_dictionary();
dictionary property_dictionary();
dictionary table_dictionary();        ///< sys_db_object: which table extends which
dictionary override_dictionary();     ///< sys_dictionary_override
dictionary data_policy_dictionary();  ///< sys_data_policy2
dictionary data_rule_dictionary();    ///< sys_data_policy_rule
dictionary form_policy_dictionary();  ///< sys_ui_policy
dictionary form_action_dictionary();  ///< sys_ui_policy_action

/// All of these, by name; they are the same for all instances.
std::map<std::string, std::shared_ptr<dictionary const>> const& standard_dictionaries();

/// A choice list's entry.
struct choice_entry {
  std::string table;
  std::string element;
  std::string value;
  std::string label;
};
std::vector<choice_entry> const& standard_choices();

/// sys_dictionary's internal_type for a type.
std::string_view internal_type(field_type type);

}  // namespace simulators
