#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/value.hpp"
#include "connector/mapping/document.hpp"
#include "connector/mapping/finding.hpp"
#include "connector/mapping/text.hpp"

namespace connector::mapping {

enum class field_type {
  text,       ///< one line
  multiline,  ///< plain text of several lines
  markup,     ///< text in the field's `format`
  choice,     ///< one of `values`
  integer,
  time,  ///< as core::format_time writes it
  flag,
  person,     ///< somebody: a name or address, or, with `kind`, a key in the system's own data
  reference,  ///< another record, by its key
  set,        ///< texts without order
  list,       ///< rows with `fields`; read only
  comment,    ///< a place for comments: a write adds to it and nothing is read back
};
std::string_view name(field_type t);

struct choice_value {
  std::string value;
  std::string label;      ///< what people see
  bool writable = true;   ///< false: only the system itself sets it
  bool finished = false;  ///< the object is done: nothing is merged into or from it any more
  std::string why;        ///< why it cannot be written
  std::vector<std::string> needs;  ///< fields that must be set in the same write

  /// The values of another field that this one goes with; any other is a mistake.
  struct companion {
    std::string field;
    std::vector<std::string> values;
  };
  std::vector<companion> goes_with;
};

struct model_field {
  std::string name;
  field_type type = field_type::text;
  std::string label;
  bool writable = true;
  bool required = false;         ///< must not be empty
  bool hinders_merging = false;  ///< a value set here can keep incidents from being merged
  bool is_public = false;        ///< seen by people outside the team
  bool ordered = false;          ///< `values` stand lowest first
  bool open = false;             ///< an instance may know more values
  std::size_t length_max = 0;    ///< in UTF-16 units; 0: no bound worth knowing
  markup format = markup::plain;
  std::vector<std::string> defuse;  ///< sequences with a meaning of their own in this text
  std::vector<choice_value> values;
  std::string kind;                 ///< person, reference: of questions ("user", "group")
  std::vector<std::string> by;      ///< person, reference: what can be asked by ("email", "name")
  std::string key;                  ///< the name in the record where it differs (has dots)
  std::vector<std::string> trim;    ///< cut off both ends of the text before use
  std::vector<model_field> fields;  ///< list

  [[nodiscard]] choice_value const* find_value(std::string_view value) const;
  [[nodiscard]] model_field const* find(std::string_view sub) const;
};

/// One kind of object of one system, as data: what fields it has and what may be written.
struct model {
  std::string name;   ///< "defender", "servicenow/incident"
  std::string label;  ///< "Defender XDR incident"
  std::vector<model_field> fields;
  std::vector<std::string> open_prefixes;  ///< names that an instance may add ("u_")

  /// By path: "status", "alerts.title".
  [[nodiscard]] model_field const* find(std::string_view path) const;
};

/// Reads the fields of a `fields:` mapping, also that of a map, over those in `into`.
void read_model_fields(node const& from, std::vector<model_field>& into, reporter& to);

/// What ships with the program: models, and base maps.
class model_catalogue {
 public:
  /// Reads one YAML document. False after a complaint; `file` is for positions only.
  bool add(std::string_view text, std::string file, std::vector<finding>& findings);

  [[nodiscard]] std::shared_ptr<model const> find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> names() const;

  /// Maps that ship with the program, for overlays to name as their base.
  void add_base_map(std::string name, std::string text);
  [[nodiscard]] std::string const* base_map(std::string_view name) const;
  [[nodiscard]] std::vector<std::string_view> base_maps() const;

 private:
  std::map<std::string, std::shared_ptr<model const>, std::less<>> models_;
  std::map<std::string, std::string, std::less<>> base_maps_;
};

/// A field as a map names it. `type` outlives it (the map owns its models).
struct field_ref {
  std::string path;
  model_field const* type = nullptr;
  std::vector<std::string> keys;  ///< names in the record, from the outside in
  bool through_list = false;      ///< many values: one per row
};

/// None if the model has no such field (and nothing is reported).
std::optional<field_ref> refer(model const& m, std::string_view path);

/// The value of a field in its canonical form: null for unset, texts tidied, numbers and flags
/// typed, sets sorted without repeats; an array where `through_list`.
core::value read_field(field_ref const& f, core::record const& r);

/// The same without a copy: the record's own value where it is canonical already, as nearly all
/// are, else made in `room`.
core::value const& read_field(field_ref const& f, core::record const& r, core::value& room);

/// The field's text where the record has it ready for people, as it nearly always has; empty for
/// unset. Nothing where it needs work (markup, lists, numbers, white space).
std::optional<std::string_view> ready_text(field_ref const& f, core::record const& r);

/// The text without what the model says to cut off both ends.
std::string_view trimmed_ends(model_field const& type, std::string_view text);

/// The same for one value.
core::value canonical(model_field const& type, core::value v);

/// A canonical value as text for people: lists joined with ", ", a document as what it says.
std::string shown(model_field const& type, core::value const& v, bool label);

/// Equal for this field: names of people and addresses are compared case aside.
bool same(model_field const& type, core::value const& a, core::value const& b);

/// Calls `f(row)` for every row of a list field, through lists in lists.
template <class F>
void each_row(std::span<std::string const> keys, core::value const& v, F&& f) {
  if (auto const* list = v.if_array()) {
    for (auto const& item : *list) each_row(keys, item, f);
  } else if (auto const* object = v.if_object()) {
    if (keys.empty()) {
      f(*object);
    } else if (auto const* inner = core::find(*object, keys.front())) {
      each_row(keys.subspan(1), *inner, f);
    }
  }
}

}  // namespace connector::mapping
