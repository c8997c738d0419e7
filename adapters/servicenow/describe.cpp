#include "adapters/servicenow/describe.hpp"

#include <algorithm>

#include "adapters/servicenow/metadata.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t rows_per_page = 500;
constexpr std::size_t pages_max = 20;
constexpr std::size_t lineage_max = 8;
constexpr std::size_t ids_per_query = 100;  // see ids_per_query in adapter.cpp

/// One table of metadata to read: what it is for, in words, and the column that must be in each
/// row, since an instance drops a condition on a column that it hides and returns any rows.
struct wanted {
  std::string table;
  std::string about;
  std::string by;
  std::vector<std::string> keys;
  std::vector<std::string> columns;
  bool only_active = false;
  std::string inactive_flag;  ///< the column that is "true" on what does not count
  std::string order;          ///< a column; by sys_id within it
};

class reader {
 public:
  reader(client& by, std::vector<std::string>& unseen) : client_{by}, unseen_{unseen} {}

  /// The rows; none, with a word in `unseen`, where the user may not read them.
  asio::awaitable<core::result<std::vector<row>>> all(wanted what) {
    std::vector<row> rows;
    for (std::size_t from = 0; from < what.keys.size(); from += ids_per_query) {
      auto const to = std::min(what.keys.size(), from + ids_per_query);
      std::vector<std::string> part(
          what.keys.begin() + static_cast<std::ptrdiff_t>(from),
          what.keys.begin() + static_cast<std::ptrdiff_t>(to)
      );
      auto read = co_await pages(what, std::move(part), rows);
      if (!read) co_return read.error();
      if (!*read) co_return std::vector<row>{};
    }
    co_return rows;
  }

 private:
  /// False: not to be had.
  asio::awaitable<core::result<bool>> pages(
      wanted const& what, std::vector<std::string> keys, std::vector<row>& into
  ) {
    std::size_t shown = 0;
    for (std::size_t page_number = 0; page_number < pages_max; ++page_number) {
      listing asked;
      asked.table = what.table;
      asked.what.in(what.by, keys);
      if (what.only_active) asked.what.is("active", "true");
      if (!what.inactive_flag.empty()) asked.what.is(what.inactive_flag, "false");
      if (!what.order.empty()) asked.what.ascending(what.order);
      asked.what.ascending("sys_id");
      asked.columns = what.columns;
      asked.rows_max = rows_per_page;
      asked.skip = page_number * rows_per_page;
      asked.counted = true;
      auto page = co_await client_.list(std::move(asked));
      if (!page) {
        auto const& why = page.error();
        auto const denied = why.code == errc::forbidden || why.code == errc::not_found ||
                            why.code == errc::rejected;
        if (!denied) co_return why;
        note(what, why.detail);
        co_return false;
      }
      for (auto& one : page->rows) {
        ++shown;
        if (!one.contains(what.by)) {
          note(what, "the user may not read its column " + what.by);
          co_return false;
        }
        // A condition that was dropped lets other rows through.
        if (std::ranges::find(keys, text_at(one, what.by)) == keys.end()) continue;
        into.push_back(std::move(one));
      }
      if (!page->more) {
        if (page->total && *page->total > shown) {
          note(
              what, std::to_string(*page->total - shown) + " of its rows are hidden from the user"
          );
        }
        note_columns(what, into);
        co_return true;
      }
    }
    note(what, "it has more rows than are read");
    co_return true;
  }

  void note_columns(wanted const& what, std::vector<row> const& rows) {
    if (rows.empty()) return;
    for (auto const& column : what.columns) {
      if (rows.front().contains(column)) continue;
      note(what, "the instance does not show its column " + column);
    }
  }

  void note(wanted const& what, std::string const& why) {
    auto text = what.about + ": " + what.table + ": " + why;
    if (std::ranges::find(unseen_, text) == unseen_.end()) unseen_.push_back(std::move(text));
  }

  client& client_;
  std::vector<std::string>& unseen_;
};

/// The table and those it extends. Without sys_db_object only the table and task are known of.
asio::awaitable<core::result<std::vector<std::string>>> lineage_of(
    reader& read, std::string const& table, std::vector<std::string>& unseen
) {
  std::vector<std::string> lineage{table};
  while (lineage.size() < lineage_max) {
    wanted what;
    what.table = "sys_db_object";
    what.about = "which tables are extended";
    what.by = "name";
    what.keys = {lineage.back()};
    what.columns = {"name", "super_class.name"};
    auto const before = unseen.size();
    auto rows = co_await read.all(std::move(what));
    if (!rows) co_return rows.error();
    if (rows->empty()) {
      if (lineage.size() > 1) break;
      if (unseen.size() == before) {
        unseen.push_back("which tables are extended: sys_db_object does not show " + table);
      }
      lineage.emplace_back("task");  // every table that this adapter takes extends it
      break;
    }
    auto parent = text_at(rows->front(), "super_class.name");
    if (parent.empty() || !is_column(parent)) break;
    lineage.push_back(std::move(parent));
  }
  co_return lineage;
}

std::vector<std::string> ids_of(std::vector<row> const& rows) {
  std::vector<std::string> ids;
  for (auto const& one : rows) {
    auto id = text_at(one, "sys_id");
    if (is_safe_key(id)) ids.push_back(std::move(id));
  }
  return ids;
}

}  // namespace

asio::awaitable<core::result<adapter::description>> describe(client& by, settings const& with) {
  metadata found;
  reader read{by, found.unseen};
  auto lineage = co_await lineage_of(read, with.table, found.unseen);
  if (!lineage) co_return lineage.error();
  found.lineage = std::move(*lineage);

  wanted columns;
  columns.table = "sys_dictionary";
  columns.about = "columns, lengths and flags";
  columns.by = "name";
  columns.keys = found.lineage;
  columns.columns = {
      "sys_id",
      "name",
      "element",
      "internal_type",
      "max_length",
      "mandatory",
      "read_only",
      "reference",
      "default_value",
      "choice",
      "choice_table",
      "choice_field"};
  columns.only_active = true;
  auto const unseen_before = found.unseen.size();
  auto rows = co_await read.all(std::move(columns));
  if (!rows) co_return rows.error();
  found.columns = std::move(*rows);
  if (found.columns.empty() && found.unseen.size() == unseen_before) {
    found.unseen.push_back(
        "columns, lengths and flags: sys_dictionary shows none of " + with.table +
        "; may the user read it?"
    );
  }

  wanted overrides;
  overrides.table = "sys_dictionary_override";
  overrides.about = "flags that " + with.table + " sets anew on inherited columns";
  overrides.by = "name";
  overrides.keys = found.lineage;
  overrides.columns = {
      "sys_id",
      "name",
      "element",
      "mandatory_override",
      "mandatory",
      "read_only_override",
      "read_only",
      "default_value_override",
      "default_value"};
  rows = co_await read.all(std::move(overrides));
  if (!rows) co_return rows.error();
  found.overrides = std::move(*rows);

  wanted choices;
  choices.table = "sys_choice";
  choices.about = "choices";
  choices.by = "name";
  choices.keys = found.lineage;
  for (auto const& one : found.columns) {
    auto table = text_at(one, "choice_table");
    if (!is_column(table) || std::ranges::find(choices.keys, table) != choices.keys.end()) continue;
    choices.keys.push_back(std::move(table));
  }
  choices.columns = {"sys_id", "name", "element", "value"};
  choices.inactive_flag = "inactive";
  choices.order = "sequence";
  rows = co_await read.all(std::move(choices));
  if (!rows) co_return rows.error();
  found.choices = std::move(*rows);

  wanted policies;
  policies.table = "sys_data_policy2";
  policies.about = "what data policies demand";
  policies.by = "model_table";
  policies.keys = found.lineage;
  policies.columns = {
      "sys_id", "model_table", "short_description", "inherit", "conditions", "reverse_if_false"};
  policies.only_active = true;
  rows = co_await read.all(std::move(policies));
  if (!rows) co_return rows.error();
  found.data_policies = std::move(*rows);

  wanted rules;
  rules.table = "sys_data_policy_rule";
  rules.about = "what data policies demand";
  rules.by = "sys_data_policy";
  rules.keys = ids_of(found.data_policies);
  rules.columns = {"sys_id", "sys_data_policy", "field", "mandatory", "disabled"};
  rows = co_await read.all(std::move(rules));
  if (!rows) co_return rows.error();
  found.data_policy_rules = std::move(*rows);

  wanted forms;
  forms.table = "sys_ui_policy";
  forms.about = "what forms demand of people";
  forms.by = "table";
  forms.keys = found.lineage;
  forms.columns = {
      "sys_id", "table", "short_description", "inherit", "conditions", "reverse_if_false"};
  forms.only_active = true;
  rows = co_await read.all(std::move(forms));
  if (!rows) co_return rows.error();
  found.form_policies = std::move(*rows);

  wanted actions;
  actions.table = "sys_ui_policy_action";
  actions.about = "what forms demand of people";
  actions.by = "ui_policy";
  actions.keys = ids_of(found.form_policies);
  actions.columns = {"sys_id", "ui_policy", "field", "mandatory"};
  rows = co_await read.all(std::move(actions));
  if (!rows) co_return rows.error();
  found.form_policy_actions = std::move(*rows);

  co_return described(found);
}

}  // namespace adapters::servicenow
