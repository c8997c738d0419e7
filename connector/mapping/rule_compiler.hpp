#pragma once

#include "connector/mapping/compile_rule.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {

/// Text fields take any text.
bool is_texty(field_type t);

/// Compiles one rule, step by step; each step complains for itself and `bad_` is remembered.
/// compile_rule.cpp has the frame, compile_values.cpp where values come from, compile_people.cpp
/// people and references, compile_conflict.cpp who wins, compile_promises.cpp what the map
/// declares about the rule.
class rule_compiler {
 public:
  rule_compiler(node const& from, rule_context const& with)
      : from_{from}, with_{with}, to_{with.to}, read_{from, grammar::rule, with.to} {}

  std::optional<rule_data> compile();

 private:
  struct missing_choice {
    reference_step::missing then = reference_step::missing::hold;
    std::string literal;
  };

  void complain(finding_kind const& what, place at, std::string text, std::string fix = {});
  void read_fields(std::string_view key, side on, std::vector<field_ref>& into);
  void read_direction();
  bool read_kind();
  /// Keys that belong to another kind of rule do nothing here; that is never what was meant.
  void check_keys_of(std::string_view kind);
  bool needs_both_sides(std::string_view kind);
  /// For rules that make a value themselves: exactly one side is named, and it is written.
  bool find_target(std::string_view kind);
  bool read_constant(node const& n);
  bool read_template_rule(node const& n);
  void read_table(
      node const& key,
      node const& value,
      side source,
      std::map<std::string, table_spec, std::less<>>& into
  );
  void add_column_source(node const& n, field_ref const& list, table_spec::column& into);
  bool read_choose(node const& n);
  bool read_set(node const* n);
  bool read_copy();
  static missing_choice missing_of(node const& n);
  void read_by(key_reader const& read, reference_step& s, model_field const& type);
  bool read_people(node const& n);
  bool read_reference();
  void check_targets();
  void read_fit();
  void read_conflict();
  /// The order for `furthest`: as listed, or that of the rows; for `highest`: as listed, or the
  /// model's.
  void set_order(node const* details);
  void read_merge_risk();
  void read_losses();
  void read_unproved();
  /// Everything about an incident is internal; customers see it only if the map says so.
  void check_visibility();
  void set_names();

  node const& from_;
  rule_context const& with_;
  reporter& to_;
  key_reader read_;
  rule_data r_;
  bool bad_ = false;
};

}  // namespace connector::mapping
