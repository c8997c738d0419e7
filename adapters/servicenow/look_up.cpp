#include "adapters/servicenow/look_up.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t keys_per_query = 50;
constexpr std::size_t key_bytes_per_query = 3000;  // see ids_per_query in adapter.cpp
constexpr std::size_t rows_per_query = 500;
constexpr std::size_t cache_max = 20'000;

/// Can be put into a query at all.
bool is_askable(adapter::question const& asked) {
  return is_column(table_of(asked.kind)) && is_column(column_of(asked.by)) &&
         is_column(column_of(asked.want)) && is_safe_value(asked.key);
}

}  // namespace

std::string table_of(std::string_view kind) {
  if (kind == "user") return "sys_user";
  if (kind == "group") return "sys_user_group";
  return std::string{kind};
}

std::string column_of(std::string_view attribute) {
  return attribute == "id" ? "sys_id" : std::string{attribute};
}

adapter::answer answer_from(std::vector<row> const& rows, adapter::question const& asked) {
  adapter::answer found;
  std::set<std::string> ids;
  for (auto const& one : rows) {
    if (!http::same_word(text_at(one, column_of(asked.by)), asked.key)) continue;
    if (!ids.insert(text_at(one, "sys_id")).second) continue;
    auto wanted = text_at(one, column_of(asked.want));
    found.found = wanted.empty() ? core::value(nullptr) : core::value(wanted);
  }
  if (ids.size() > 1) {
    found.found = nullptr;
    found.several = true;
  }
  return found;
}

directory::directory(client& by, async::clock& clock, std::size_t calls_at_once)
    : client_{by}, clock_{clock}, calls_at_once_{calls_at_once} {}

core::value const* directory::remembered(adapter::question const& asked) const {
  auto const at = cache_.find(asked);
  return at != cache_.end() && clock_.steady_now() < at->second.until ? &at->second.found : nullptr;
}

asio::awaitable<core::result<std::vector<row>>> directory::fetch(bundle asked) {
  listing wanted;
  wanted.table = asked.table;
  if (asked.keys.size() == 1) {
    wanted.what.is(asked.by, asked.keys.front());
  } else {
    wanted.what.in(asked.by, asked.keys);
  }
  if (asked.table == "sys_user" && asked.by != "sys_id") wanted.what.is("active", "true");
  wanted.columns = {"sys_id", asked.by};
  for (auto const& column : asked.wants) {
    if (std::ranges::find(wanted.columns, column) == wanted.columns.end()) {
      wanted.columns.push_back(column);
    }
  }
  wanted.rows_max = asked.keys.size() == 1 ? 10 : rows_per_query;
  auto const columns = wanted.columns;
  auto page = co_await client_.list(std::move(wanted));
  if (!page) co_return page.error();
  for (auto const& one : page->rows) {
    for (auto const& column : columns) {
      if (one.contains(column)) continue;
      // Without the column it was asked by, the condition was dropped, and these are just any rows.
      core::error hidden{
          errc::forbidden,
          "the instance does not return " + asked.table + "." + column +
              ": there is no such column, or the integration user may not read it"};
      hidden.fields.push_back(column);
      co_return hidden;
    }
  }
  if (!page->more || asked.keys.size() == 1) co_return std::move(page->rows);

  // The page was cut: an entry that is missing may be behind the cut. Ask one by one.
  std::vector<row> all;
  for (auto const& key : asked.keys) {
    bundle single;
    single.table = asked.table;
    single.by = asked.by;
    single.keys.push_back(key);
    single.wants = asked.wants;
    auto rows = co_await fetch(std::move(single));
    if (!rows) co_return rows.error();
    std::ranges::move(*rows, std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<core::result<std::vector<adapter::answer>>> directory::look_up(
    std::vector<adapter::question> questions
) {
  std::vector<adapter::answer> answers(questions.size());
  std::vector<bundle> bundles;
  std::map<std::size_t, std::size_t> bundle_of;  // question to bundle
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto const& asked = questions[i];
    if (!is_askable(asked)) continue;  // no entry can have such a key
    if (auto const* known = remembered(asked)) {
      answers[i].found = *known;
      continue;
    }
    auto const table = table_of(asked.kind);
    auto const by = column_of(asked.by);
    auto const alone = asked.key.find(',') != std::string::npos;  // would fall apart in a list
    auto const bytes = http::percent_encode(asked.key).size() + 1;
    auto const fits = [&](bundle const& one) {
      return one.table == table && one.by == by && one.keys.size() < keys_per_query &&
             one.key_bytes + bytes <= key_bytes_per_query && !alone &&
             one.keys.front().find(',') == std::string::npos;
    };
    auto at = std::ranges::find_if(bundles, fits);
    if (at == bundles.end()) at = bundles.insert(bundles.end(), bundle{table, by, {}, {}, 0});
    auto const add = [](std::vector<std::string>& to, std::string const& text) {
      if (std::ranges::find(to, text) == to.end()) to.push_back(text);
    };
    add(at->keys, asked.key);
    at->key_bytes += bytes;
    add(at->wants, column_of(asked.want));
    bundle_of[i] = static_cast<std::size_t>(at - bundles.begin());
  }
  std::function<asio::awaitable<core::result<std::vector<row>>>(std::size_t)> one =
      [&](std::size_t i) { return fetch(bundles[i]); };
  auto const fetched =
      co_await async::gather<core::result<std::vector<row>>>(bundles.size(), calls_at_once_, one);
  for (auto const& rows : fetched) {
    if (!rows) co_return rows.error();
  }
  if (cache_.size() > cache_max) cache_.clear();
  for (auto const& [question, index] : bundle_of) {
    answers[question] = answer_from(*fetched[index], questions[question]);
    if (!answers[question].found.is_null()) {
      cache_[questions[question]] = kept{answers[question].found, clock_.steady_now() + kept_for};
    }
  }
  co_return answers;
}

}  // namespace adapters::servicenow
