#include "connector/mapping/finding.hpp"

#include <algorithm>
#include <cctype>

namespace connector::mapping {
namespace {

using namespace found;

constexpr std::array all_kinds{
    too_large,         not_utf8,          bad_yaml,          alias,
    too_deep,          duplicate_key,     unreadable,        unknown_key,
    missing_key,       wrong_shape,       unknown_word,      unknown_setting,
    no_such_rule,      bad_base,          unknown_model,     unknown_field,
    unknown_value,     unlisted_value,    read_only_field,   read_only_value,
    wrong_type,        no_kind,           duplicate_name,    bad_direction,
    bad_conflict,      incompatible,      written_twice,     may_be_written_twice,
    reads_later_field, may_be_cut,        may_be_empty,      unused_setting,
    opens_never,       holds_never,       state_needs,       unusual_pair,
    bad_row,           wrong_width,       unreachable_row,   no_otherwise,
    unwritten_row,     closes_itself,     bad_template,      bad_file_table,
    leaks_internal,    bad_test,          ping_pong,         edit_undone,
    unproved,          undeclared_loss,   needless_loss,     found::hinders_merging,
    no_field_there,    other_kind_there,  no_choice_there,   not_writable_there,
    shorter_there,     demanded_there,    expected_there,    step_demands,
    step_expects,      nobody_there,      unreachable_state, unseen_there,
    drifted,           changed_elsewhere,
};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Edits (insert, remove, replace, swap neighbours) from one word to the other, case aside.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const same = lower(a[i - 1]) == lower(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      auto const swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                           lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

std::string_view name(severity s) {
  switch (s) {
    case severity::error:
      return "error";
    case severity::warning:
      return "warning";
    case severity::note:
      return "note";
  }
  return "";
}

std::span<finding_kind const> finding_kinds() { return all_kinds; }

finding make_finding(
    finding_kind const& what, config::position at, std::string text, std::string fix
) {
  finding f;
  f.id = what.id;
  f.severity = what.severity;
  f.at = std::move(at);
  f.text = std::move(text);
  f.fix = std::move(fix);
  return f;
}

void reporter::add(finding_kind const& what, place where, std::string text, std::string fix) {
  to_->push_back(make_finding(what, at(where), std::move(text), std::move(fix)));
}

reporter reporter::for_file(std::string file) const {
  auto other = *this;
  other.index_ = static_cast<int>(files_->size());
  other.file_ = file;
  files_->push_back(std::move(file));
  return other;
}

bool has_errors(std::span<finding const> all) {
  return std::any_of(all.begin(), all.end(), [](finding const& f) {
    return f.severity == severity::error;
  });
}

std::string to_string(finding const& f) {
  auto text = f.at.file + ':' + std::to_string(f.at.line) + ':' + std::to_string(f.at.column) +
              ": " + std::string{name(f.severity)} + ' ' + f.id + ": " + f.text;
  if (!f.fix.empty()) text += "; " + f.fix;
  auto number = 0;
  for (auto const& step : f.trace) {
    text += "\n    " + std::to_string(++number) + ". " + step.text;
    if (step.at.line > 0) text += " (" + step.at.file + ':' + std::to_string(step.at.line) + ")";
  }
  return text;
}

std::string_view nearest_word(std::string_view word, std::span<std::string_view const> known) {
  // A third of the letters: "stat" means "state", but "x" means nothing.
  constexpr std::size_t word_bytes_max = 80;
  if (word.size() > word_bytes_max) return {};
  std::string_view best;
  auto best_distance = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (auto const candidate : known) {
    if (candidate.size() > word_bytes_max) continue;
    auto const d = distance(word, candidate);
    if (d < best_distance && d < candidate.size()) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, std::span<std::string_view const> known) {
  auto const near = nearest_word(word, known);
  if (!near.empty()) return "did you mean '" + std::string{near} + "'?";
  constexpr std::size_t listed_max = 20;
  std::string text = "known: ";
  std::size_t listed = 0;
  for (auto const candidate : known) {
    if (listed == listed_max) {
      text += ", ...";
      break;
    }
    if (listed++ > 0) text += ", ";
    text += candidate;
  }
  return known.empty() ? std::string{} : text;
}

}  // namespace connector::mapping
