#include "adapters/servicenow/comments.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t rows_max = 1000;
constexpr std::size_t pages_max = 100;
constexpr std::array places{comments_place, work_notes};

bool has_text(row const& record, std::string_view place) {
  auto const* at = record.if_contains(place);
  return at && !display_text(*at).empty();
}

/// Pages go on from the second of the last row, inclusive, and drop what they have seen: a keyset
/// of two halves would carry the ids twice and exceed what a URL may hold.
query journal_query(std::vector<std::string> const& ids, std::string const& from) {
  query asked;
  asked.in("element_id", ids).in("element", journal_columns());
  if (!from.empty()) asked.at_least("sys_created_on", *core::parse_time(from));
  return asked.ascending("sys_created_on").ascending("sys_id");
}

}  // namespace

std::vector<std::string> journal_columns() { return {places.begin(), places.end()}; }

comment_reader::comment_reader(client& by, settings const& with)
    : client_{by}, offset_{with.display_offset}, source_{with.journal} {}

asio::awaitable<core::result<comment_reader::by_record>> comment_reader::read_table(
    std::vector<std::string> ids
) {
  by_record found;
  std::set<std::string> seen;
  std::string from;
  for (std::size_t pages = 0; pages < pages_max; ++pages) {
    listing asked;
    asked.table = "sys_journal_field";
    asked.what = journal_query(ids, from);
    asked.columns = {
        "sys_id", "element", "element_id", "value", "sys_created_on", "sys_created_by"};
    asked.rows_max = rows_max;
    asked.counted = true;
    auto const page = co_await client_.list(std::move(asked));
    if (!page) co_return page.error();
    auto const known = seen.size();
    for (auto const& one : page->rows) {
      auto const record = text_at(one, "element_id");
      if (std::ranges::find(ids, record) == ids.end()) {
        co_return core::error{
            errc::malformed,
            "the instance ignored a part of the query: entries of other records came from "
            "sys_journal_field"};
      }
      auto entry = journal_entry(one);
      if (!entry) co_return entry.error();
      if (seen.insert(text_at(one, "sys_id")).second) found[record].push_back(std::move(*entry));
    }
    if (!page->more) {
      for (auto& [record, entries] : found) identify(entries);
      co_return found;
    }
    if (seen.size() == known) break;  // a second with more entries than a page, or hidden ones
    from = text_at(page->rows.back(), "sys_created_on");
  }
  co_return core::error{errc::malformed, "the journal of these records cannot be read to its end"};
}

core::result<void> comment_reader::add_displayed(
    std::vector<adapter::object>& objects, std::map<std::string, row> const& records
) const {
  for (auto& object : objects) {
    auto const record = records.find(object.id);
    if (record == records.end()) continue;
    std::vector<adapter::comment> all;
    for (auto const place : places) {
      auto const* at = record->second.if_contains(place);
      if (!at) {
        return core::error{
            errc::forbidden,
            "neither sys_journal_field nor the column " + std::string{place} +
                " can be read; give the integration user the role itil (sn_si.read for security "
                "incidents) or read access to sys_journal_field"};
      }
      auto entries = take_apart(display_text(*at), place, offset_);
      if (!entries) return entries.error();
      std::ranges::move(*entries, std::back_inserter(all));
    }
    identify(all);
    object.comments = std::move(all);
  }
  return {};
}

asio::awaitable<core::result<void>> comment_reader::add(
    std::vector<adapter::object>& objects, std::map<std::string, row> records
) {
  // Named, and not a temporary: GCC 12 warns of the moved-from one under the sanitizers.
  core::result<void> done;
  if (objects.empty()) co_return done;
  if (source_ == journal_source::display) {
    done = add_displayed(objects, records);
    co_return done;
  }

  // Another page may decide while this one reads; this one still goes by its own evidence.
  auto const undecided = source_ == journal_source::automatic;
  std::vector<std::string> ids;
  for (auto const& object : objects) ids.push_back(object.id);
  auto table = co_await read_table(std::move(ids));
  if (!table) {
    if (undecided && table.error().code == errc::forbidden) {
      source_ = journal_source::display;
      done = add_displayed(objects, records);
      co_return done;
    }
    if (table.error().code != errc::forbidden) co_return table.error();
    core::error failed = table.error();
    failed.detail +=
        "; give the integration user read access to sys_journal_field, or set journal: display";
    co_return failed;
  }
  if (undecided) {
    for (auto const& [id, record] : records) {
      for (auto const place : places) {
        auto const entries = table->find(id);
        auto const seen = entries != table->end() &&
                          std::ranges::any_of(entries->second, [place](auto const& entry) {
                            return entry.place == place;
                          });
        if (has_text(record, place) && !seen) {
          source_ = journal_source::display;
          done = add_displayed(objects, records);
          co_return done;
        }
      }
    }
    if (source_ == journal_source::display) {
      done = add_displayed(objects, records);
      co_return done;
    }
    if (!table->empty()) source_ = journal_source::table;
  }
  for (auto& object : objects) object.comments = std::move((*table)[object.id]);
  co_return done;
}

}  // namespace adapters::servicenow
