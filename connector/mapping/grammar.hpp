#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "connector/mapping/document.hpp"

/// The words of the mapping language in one place: the compiler complains from these tables and the
/// JSON Schema for editors is written from them.
namespace connector::mapping {

/// What may stand as the value of a key; the names of the schema's definitions.
enum class shape {
  text,
  texts,  ///< a text or a list of texts
  number,
  flag,    ///< yes or no
  span,    ///< "90s", "30m", "4h", "7d"
  word,    ///< one of `words`
  value,   ///< a text, or a list of them, or `unset`
  values,  ///< mapping of names to values
  condition,
  sync,
  conflict,
  rows,
  choices,
  open,
  urgent,
  names,
  settings,
  model_fields,
  columns,
  any,
  // a mapping described by another table:
  rule,
  overlay_rule,
  people,
  lookup,
  reference,
  set,
  tables,
  comments,
  merged,
  closed,
  tests,
  steps,
  said_comments,
  merge_test,
};

struct key_spec {
  std::string_view name;
  bool required = false;
  mapping::shape shape = shape::text;
  std::string_view says;
};

namespace grammar {
// clang-format off
inline constexpr key_spec model[] = {
    {"model", true, shape::text, "The object's name, as maps say it."},
    {"label", false, shape::text, "What people call it."},
    {"open_prefixes", false, shape::texts, "Beginnings of names that an instance may add."},
    {"fields", true, shape::model_fields, "The fields by name."},
};
inline constexpr key_spec model_field[] = {
    {"type", false, shape::text, "text, multiline, markup, choice, integer, time, flag, person, reference, set, list or comment."},
    {"label", false, shape::text, "What people see."},
    {"write", false, shape::flag, "no: the system alone sets it."},
    {"required", false, shape::flag, "Must not be empty."},
    {"length", false, shape::number, "Longest text it holds, in UTF-16 units."},
    {"format", false, shape::text, "plain, html, markdown, wiki (Jira's) or adf (Atlassian documents)."},
    {"values", false, shape::any, "The values of a choice, with labels."},
    {"ordered", false, shape::flag, "The values stand lowest first."},
    {"open", false, shape::flag, "An instance may know more values."},
    {"public", false, shape::flag, "Seen by people outside the team."},
    {"hinders_merging", false, shape::flag, "A value set here can keep incidents from being merged."},
    {"kind", false, shape::text, "What is asked for in look-ups: user, group."},
    {"by", false, shape::texts, "What can be asked by."},
    {"defuse", false, shape::texts, "Sequences that would do something in this text."},
    {"key", false, shape::text, "The name in the record, where it differs."},
    {"trim", false, shape::texts, "Taken off both ends before use."},
    {"fields", false, shape::model_fields, "The fields of a list's rows."},
};
inline constexpr key_spec model_value[] = {
    {"label", false, shape::text, "What people see."},
    {"write", false, shape::flag, "no: only the system itself sets it."},
    {"finished", false, shape::flag, "The object is done."},
    {"why", false, shape::text, "Why it cannot be written."},
    {"needs", false, shape::texts, "Fields that must be set in the same write."},
    {"goes_with", false, shape::any, "Values of other fields that this one goes with: {classification: [truePositive]}."},
};
inline constexpr key_spec map[] = {
    {"mapping", true, shape::text, "The map's name."},
    {"version", true, shape::number, "Version of the language: 1."},
    {"incident", true, shape::text, "The incident's model: defender."},
    {"ticket", true, shape::text, "The ticket's model: servicenow/incident."},
    {"settings", false, shape::settings, "Names and texts; ${name} stands for the text anywhere in the map."},
    {"fields", false, shape::any, "Fields and values that this instance has beyond the models, under incident: and ticket:."},
    {"open", true, shape::open, "Which incidents get a ticket: all, none, or a condition."},
    {"urgent", false, shape::urgent, "Which incidents go first: the first condition that holds decides."},
    {"rules", true, shape::rule, "What corresponds to what, from top to bottom."},
    {"comments", false, shape::comments, "Which way comments go."},
    {"merged", false, shape::merged, "What happens to the ticket of an incident that was merged into another."},
    {"closed", false, shape::closed, "Tickets that take no more changes."},
    {"merging_settles_after", false, shape::span, "How long after its creation an incident may still be merged."},
    {"tests", false, shape::tests, "Examples that must come out as they say."},
};
/// A map on top of another one. What it does not say is as the base says it.
inline constexpr key_spec overlay[] = {
    {"mapping", true, shape::text, "The map's name."},
    {"version", true, shape::number, "Version of the language: 1."},
    {"base", true, shape::text, "The map to change: a shipped one by name, or a .yaml file."},
    {"settings", false, shape::settings, "Takes the place of the base's settings with these names."},
    {"fields", false, shape::any, "Fields and values beyond the models and the base."},
    {"open", false, shape::open, "Instead of the base's."},
    {"urgent", false, shape::urgent, "Instead of the base's."},
    {"rules", false, shape::overlay_rule, "New rules, and changes to those of the base."},
    {"comments", false, shape::comments, "Takes the place of the base's keys with these names."},
    {"merged", false, shape::merged, "Takes the place of the base's keys with these names."},
    {"closed", false, shape::closed, "Takes the place of the base's keys with these names."},
    {"merging_settles_after", false, shape::span, "Instead of the base's."},
    {"tests", false, shape::tests, "Examples of what differs; the base keeps its own."},
};
/// What a rule of an overlay may say beside the keys of a rule.
inline constexpr key_spec overlay_rule[] = {
    {"replace", false, shape::text, "The base's rule of this name gives way to this one."},
    {"change", false, shape::text, "The base's rule of this name gets the keys given here."},
    {"remove", false, shape::text, "The base's rule of this name goes."},
    {"before", false, shape::text, "A new rule stands before this one."},
    {"after", false, shape::text, "A new rule stands after this one."},
};
inline constexpr key_spec rule[] = {
    {"name", false, shape::text, "Unique; made from the fields where absent."},
    {"incident", false, shape::texts, "The incident's field, or a list of fields."},
    {"ticket", false, shape::texts, "The ticket's field, or a list of fields."},
    {"sync", true, shape::sync, "never, once (when the ticket is made), to_ticket, to_incident or both."},
    {"conflict", false, shape::conflict, "Who wins when both sides changed; a person is asked where absent."},
    {"when", false, shape::condition, "The rule counts only while this holds."},
    {"fit", false, shape::number, "Longest text on the ticket; longer ones are cut and marked."},
    {"default", false, shape::value, "What the ticket gets where the incident has nothing."},
    {"constant", false, shape::value, "Always this."},
    {"template", false, shape::text, "A text with {fields} in it."},
    {"tables", false, shape::tables, "Lists shown by {name:table} in the template."},
    {"values", false, shape::rows, "Rows: incident <-> ticket, incident -> ticket, incident <- ticket, otherwise."},
    {"choose", false, shape::choices, "A decision table: the first line that holds decides."},
    {"lookup", false, shape::lookup, "A value table kept in a file."},
    {"people", false, shape::people, "The same person on both sides."},
    {"reference", false, shape::reference, "The ticket's value is looked up in the ticket system."},
    {"set", false, shape::set, "Tags and labels, each on its own."},
    {"merge_risk", false, shape::word, "accept: write although it can keep incidents from being merged."},
    {"show_customers", false, shape::word, "accept: internal text may reach a customer-visible field."},
    {"loses", false, shape::any, "What does not survive the way there and back: {incident: {field: values}}, {ticket: ...}; any is every value."},
    {"unproved", false, shape::text, "Why it is right to use the rule although it is not proved to come to rest."},
};
inline constexpr key_spec people[] = {
    {"by", true, shape::text, "What is compared: email."},
    {"missing", true, shape::text, "Nobody found: hold, clear, park, or somebody to put there."},
    {"names", false, shape::names, "Names that are no persons: what the ticket gets for them."},
    {"never_overwrite", false, shape::texts, "Names on the incident that no ticket change replaces."},
};
inline constexpr key_spec reference[] = {
    {"kind", false, shape::text, "What is looked up: user, group; from the field where absent."},
    {"by", true, shape::text, "What it is found by: name."},
    {"missing", true, shape::text, "Nothing found: hold, clear, park, or another one to put there."},
};
inline constexpr key_spec lookup[] = {
    {"file", true, shape::text, "A CSV or YAML file beside the map."},
    {"incident", true, shape::texts, "Its columns with the incident's values."},
    {"ticket", true, shape::texts, "Its columns with the ticket's values."},
    {"otherwise", true, shape::any, "leave, park, or a value for what the file does not list."},
};
inline constexpr key_spec set[] = {
    {"prefix", false, shape::text, "How the ticket's elements that are ours begin."},
    {"only", false, shape::texts, "The incident's elements that take part."},
};
inline constexpr key_spec table[] = {
    {"of", false, shape::text, "The list; the table's own name where absent."},
    {"columns", true, shape::columns, "Title and field; a list of fields shows the first that is set."},
    {"rows", true, shape::number, "Most rows shown."},
    {"width", false, shape::number, "Most characters of one cell; 80 where absent."},
};
inline constexpr key_spec comments[] = {
    {"sync", true, shape::sync, "never, to_ticket, to_incident or both."},
    {"as", false, shape::text, "Where they go on the ticket."},
    {"take_public", false, shape::flag, "Also carry customer-visible comments to the incident."},
    {"prefix", false, shape::text, "Before each copy: \"{author} wrote:\"."},
    {"show_customers", false, shape::word, "accept: internal text may reach a customer-visible place."},
};
inline constexpr key_spec merged[] = {
    {"close", true, shape::flag, "Close the ticket that lost its incident."},
    {"write", false, shape::values, "Fields that close it."},
    {"comment", false, shape::text, "Left on it; {into} is the surviving ticket."},
};
inline constexpr key_spec closed[] = {
    {"when", true, shape::condition, "Which tickets take no more changes."},
    {"changes", true, shape::word, "What happens to changes for them: leave, park, or new_ticket, in which an unfinished incident goes on."},
};
inline constexpr key_spec test[] = {
    {"name", true, shape::text, "What it shows, as a claim."},
    {"incident", false, shape::any, "The incident's fields."},
    {"ticket", false, shape::any, "The ticket's fields; without it the ticket is being made."},
    {"known", false, shape::any, "Answers of the ticket system: kind, then key and id."},
    {"opens", false, shape::flag, "Whether the incident gets a ticket."},
    {"lane", false, shape::number, "Its place in urgent, from 0."},
    {"expect", false, shape::any, "Fields of the ticket afterwards."},
    {"expect_incident", false, shape::any, "Fields of the incident afterwards."},
    {"parks", false, shape::texts, "Fields whose change waits for a person."},
    {"new_ticket", false, shape::flag, "Whether the incident goes on in another ticket."},
    {"steps", false, shape::steps, "What happens next, one after the other, each with what is expected then."},
    {"comments", false, shape::said_comments, "Comments that people write, each with the copy expected on the other side."},
    {"merged", false, shape::merge_test, "The incident was merged into another one: what becomes of its ticket."},
};
inline constexpr key_spec said_comment[] = {
    {"on", true, shape::word, "incident or ticket: where it is written."},
    {"author", false, shape::text, "Who wrote it; without it, somebody."},
    {"text", true, shape::text, "What it says."},
    {"public", false, shape::flag, "Customers see it; only on a ticket."},
    {"copy", true, shape::any, "The copy's text, {contains: a part of it}, or none."},
    {"as", false, shape::text, "Where the copy stands on the ticket."},
};
inline constexpr key_spec merge_test[] = {
    {"into", false, shape::text, "The label of the surviving incident's ticket; without it, TICKET2."},
    {"expect", false, shape::any, "Fields of the losing ticket afterwards."},
    {"comment", false, shape::any, "What is left on it: a text, {contains: a part of it}, or none."},
};
inline constexpr key_spec step[] = {
    {"incident", false, shape::any, "The incident's fields that somebody changes."},
    {"ticket", false, shape::any, "The ticket's fields that somebody changes."},
    {"later", false, shape::word, "incident or ticket: which of two changes came later; without it nobody can tell."},
    {"expect", false, shape::any, "Fields of the ticket afterwards."},
    {"expect_incident", false, shape::any, "Fields of the incident afterwards."},
    {"parks", false, shape::texts, "Fields whose change waits for a person."},
    {"new_ticket", false, shape::flag, "Whether the incident goes on in another ticket."},
    {"asks", false, shape::texts, "Fields that changed on both sides and wait for a person's choice."},
};
inline constexpr key_spec test_file[] = {
    {"tests", true, shape::tests, "The list of tests."},
};
// clang-format on
}  // namespace grammar

/// Reads a mapping key by key: complains at once about keys the table does not have and required
/// ones that are missing, and about values of the wrong shape when they are asked for.
class key_reader {
 public:
  key_reader(node const& from, std::span<key_spec const> known, reporter& to);

  [[nodiscard]] node const* find(std::string_view key) const;
  [[nodiscard]] node const* mapping(std::string_view key) const;  ///< null unless a mapping
  [[nodiscard]] node const* list(std::string_view key) const;     ///< null unless a list
  [[nodiscard]] std::string text_or(std::string_view key, std::string_view otherwise) const;
  [[nodiscard]] bool flag_or(std::string_view key, bool otherwise) const;
  [[nodiscard]] std::int64_t number_or(
      std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most
  ) const;
  /// One of `words`, or `otherwise` (after a complaint, if something else stands there).
  [[nodiscard]] std::string word_or(
      std::string_view key,
      std::initializer_list<std::string_view> words,
      std::string_view otherwise
  ) const;

 private:
  node const& from_;
  reporter& to_;
};

/// Complains that `at` is none of `words`.
void unknown_word(
    node const& at, std::string_view what, std::span<std::string_view const> words, reporter& to
);

}  // namespace connector::mapping
