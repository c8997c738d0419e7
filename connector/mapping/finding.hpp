#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/config/section.hpp"

namespace connector::mapping {

enum class severity { error, warning, note };
std::string_view name(severity s);

/// One thing a reader of the map should know, with the place in the file and what to do about it.
struct finding {
  /// One step of what would happen, in the words of the map.
  struct step {
    config::position at;  ///< the row or rule that does it; line 0 where a person or a system does
    std::string text;
  };

  std::string id;  ///< stable: "M021"; see `finding_kinds`
  mapping::severity severity = mapping::severity::error;
  config::position at;
  std::string text;         ///< what is wrong
  std::string fix;          ///< what to write instead; may be empty
  std::vector<step> trace;  ///< how it comes about; empty for what the place alone shows
};

/// What can be found. The ids are a promise: a retired one is never used again.
struct finding_kind {
  std::string_view id;
  mapping::severity severity = mapping::severity::error;
  std::string_view summary;
};

namespace found {
// clang-format off
inline constexpr finding_kind
    too_large{"M001", severity::error, "the file is larger than 1 MiB"},
    not_utf8{"M002", severity::error, "the file is not UTF-8 text"},
    bad_yaml{"M003", severity::error, "the file is not well-formed YAML"},
    alias{"M004", severity::error, "anchors, aliases and tags are not part of the language"},
    too_deep{"M005", severity::error, "nested more than 32 deep"},
    duplicate_key{"M006", severity::error, "the same key twice"},
    unreadable{"M007", severity::error, "a file could not be read"},
    unknown_key{"M010", severity::error, "a key that the language does not have"},
    missing_key{"M011", severity::error, "a required key is missing"},
    wrong_shape{"M012", severity::error, "a value of the wrong kind"},
    unknown_word{"M013", severity::error, "a word that is none of those allowed here"},
    unknown_setting{"M014", severity::error, "${name} without such a name under settings"},
    no_such_rule{"M015", severity::error, "an overlay names a rule that its base does not have"},
    bad_base{"M016", severity::error, "a base map that cannot be used"},
    unknown_model{"M020", severity::error, "no such system object"},
    unknown_field{"M021", severity::error, "no such field"},
    unknown_value{"M022", severity::error, "not one of the field's values"},
    unlisted_value{"M023", severity::warning, "not among the known values of an open list"},
    read_only_field{"M024", severity::error, "a field that cannot be written is written"},
    read_only_value{"M025", severity::error, "a value that cannot be written is written"},
    wrong_type{"M026", severity::error, "a value that does not fit the field's type"},
    no_kind{"M030", severity::error, "a rule says too much or too little"},
    duplicate_name{"M031", severity::error, "two rules with one name"},
    bad_direction{"M032", severity::error, "a direction that this rule cannot have"},
    bad_conflict{"M033", severity::error, "a conflict choice that this rule cannot have"},
    incompatible{"M034", severity::error, "two fields whose values need translating"},
    written_twice{"M035", severity::error, "two rules write one field"},
    may_be_written_twice{"M036", severity::warning, "two rules may write one field"},
    reads_later_field{"M037", severity::warning, "a condition reads what a later rule writes"},
    may_be_cut{"M038", severity::warning, "longer than the target holds"},
    may_be_empty{"M039", severity::warning, "a field that must not be empty may be left empty"},
    unused_setting{"M041", severity::warning, "something that has no effect"},
    opens_never{"M042", severity::error, "an open filter that can never match"},
    holds_never{"M043", severity::warning, "a condition that can never hold"},
    state_needs{"M044", severity::warning, "a state that needs fields no rule supplies"},
    unusual_pair{"M045", severity::warning, "values that do not go together"},
    bad_row{"M050", severity::error, "a row that cannot be read"},
    wrong_width{"M051", severity::error, "a row with too many or too few values"},
    unreachable_row{"M052", severity::error, "a row that can never apply"},
    no_otherwise{"M053", severity::error, "a table that does not say what an unlisted value does"},
    unwritten_row{"M054", severity::warning, "a row for a direction the rule does not have"},
    closes_itself{"M056", severity::error, "a rule's own write would stop the rules after it"},
    bad_template{"M060", severity::error, "a template that cannot be read"},
    bad_file_table{"M061", severity::error, "a look-up file that cannot be used"},
    leaks_internal{"M070", severity::error, "internal text would reach a customer-visible field"},
    bad_test{"M080", severity::error, "a test that cannot be run"},
    ping_pong{"M090", severity::error, "the two sides would overwrite each other without end"},
    edit_undone{"M091", severity::error, "an edit would come back as something else"},
    unproved{"M092", severity::warning, "not proved to come to rest"},
    undeclared_loss{"M093", severity::error, "a value that does not survive the way there and back"},
    needless_loss{"M094", severity::warning, "a declared loss that does not happen"},
    hinders_merging{"M095", severity::note, "a rule writes what keeps incidents from being merged"},
    no_field_there{"M100", severity::error, "the system has no such field"},
    other_kind_there{"M101", severity::error, "the system's field is of another kind"},
    no_choice_there{"M102", severity::error, "the system has no such choice"},
    not_writable_there{"M103", severity::error, "the system lets nobody write the field"},
    shorter_there{"M104", severity::warning, "the system's field is shorter than what is written"},
    demanded_there{"M105", severity::error, "the system demands a field that no rule supplies"},
    expected_there{"M106", severity::warning, "people must fill in a field that no rule supplies"},
    step_demands{"M107", severity::error, "a step demands a field that no rule supplies"},
    step_expects{"M108", severity::warning, "a step expects a field that no rule supplies"},
    nobody_there{"M109", severity::error, "the system knows nobody and nothing of that name"},
    unreachable_state{"M110", severity::error, "a state that cannot be reached"},
    unseen_there{"M111", severity::note, "something that the system does not tell"},
    drifted{"M112", severity::warning, "the system changed under a rule"},
    changed_elsewhere{"M113", severity::note, "the system changed where no rule looks"};
// clang-format on
}  // namespace found

/// All of them, in the order of their ids.
std::span<finding_kind const> finding_kinds();

/// Found by comparing with a real system, not by reading the map alone.
constexpr bool is_live(finding_kind const& kind) { return kind.id.starts_with("M1"); }

/// A place in one of the files of a compilation.
struct place {
  int line = 0, column = 0;  ///< from 1
  int file = 0;              ///< which one; 0 is the file that the reporter at hand was made for
};

/// Collects what is found in a file. The list, and the names of the files, are shared by all files
/// of one compilation.
class reporter {
 public:
  reporter(std::string file, std::vector<finding>& to)
      : file_{std::move(file)},
        files_{std::make_shared<std::vector<std::string>>(1, file_)},
        to_{&to} {}

  void add(finding_kind const& what, place at, std::string text, std::string fix = {});
  void add(finding f) { to_->push_back(std::move(f)); }
  /// A reporter for one more file: `here` makes places in it that all reporters understand.
  [[nodiscard]] reporter for_file(std::string file) const;
  [[nodiscard]] place here(int line, int column) const { return {line, column, index_}; }
  [[nodiscard]] config::position at(place p) const {
    auto const& file = p.file == 0 ? file_ : (*files_)[static_cast<std::size_t>(p.file)];
    return {file, p.line, p.column};
  }
  /// Of all files so far, by place::file.
  [[nodiscard]] std::vector<std::string> const& files() const { return *files_; }
  [[nodiscard]] std::string const& file() const { return file_; }

 private:
  std::string file_;
  std::shared_ptr<std::vector<std::string>> files_;
  int index_ = 0;
  std::vector<finding>* to_;
};

finding make_finding(
    finding_kind const& what, config::position at, std::string text, std::string fix = {}
);

bool has_errors(std::span<finding const> all);

/// "map.yaml:3:7: error M021: ticket has no field 'stat'; did you mean 'state'?", and the trace
/// below it, one step a line.
std::string to_string(finding const& f);

/// The known word nearest to `word`, if near enough to be more than a guess; else empty.
std::string_view nearest_word(std::string_view word, std::span<std::string_view const> known);

/// "did you mean 'x'?", or "known: a, b, c" where nothing is near.
std::string suggestion(std::string_view word, std::span<std::string_view const> known);

}  // namespace connector::mapping
