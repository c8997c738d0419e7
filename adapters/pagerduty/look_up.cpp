#include "adapters/pagerduty/look_up.hpp"

#include <functional>
#include <set>

#include "adapters/pagerduty/wire.hpp"
#include "connector/http/text.hpp"

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t cache_max = 20'000;
constexpr std::size_t rows_max = 1000;

struct place {
  std::string_view kind;
  std::string_view path;
  std::string_view member;  ///< of a list; one entry is called `kind`
};
constexpr place places[]{
    {"user", "/users", "users"},
    {"priority", "/priorities", "priorities"},
    {"escalation_policy", "/escalation_policies", "escalation_policies"},
    {"service", "/services", "services"},
};

place const* place_of(std::string_view kind) {
  for (auto const& one : places) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

}  // namespace

adapter::answer answer_from(std::vector<json::object> const& rows, adapter::question const& asked) {
  adapter::answer found;
  std::set<std::string> ids;
  for (auto const& one : rows) {
    if (!http::same_word(text_at(one, asked.by), asked.key)) continue;
    auto const first = ids.empty();
    if (!ids.insert(text_at(one, "id")).second) continue;
    // Of priorities with one name the first, which is the highest, counts: so PagerDuty has it.
    if (!first && asked.kind == "priority") return found;
    auto wanted = text_at(one, asked.want);
    found.found = wanted.empty() ? core::value(nullptr) : core::value(wanted);
  }
  if (ids.size() > 1) {
    found.found = nullptr;
    found.several = true;
  }
  return found;
}

asio::awaitable<core::result<directory::rows>> directory::fetch(adapter::question const& asked) {
  auto const& where = *place_of(asked.kind);
  std::string const path{where.path};
  if (asked.kind == "priority") {
    auto const pass = co_await one_list_.enter();
    if (priorities_ && clock_.steady_now() < priorities_until_) co_return *priorities_;
    auto all = co_await client_.list_all(path, std::string{where.member}, {}, rows_max);
    if (!all) co_return all.error();
    priorities_ = *all;
    priorities_until_ = clock_.steady_now() + kept_for;
    co_return std::move(*all);
  }
  if (asked.by == "id") {
    auto answer = co_await client_.read(path + "/" + asked.key, {});
    rows one;
    if (!answer) {
      if (answer.error().code == errc::not_found) co_return one;
      co_return answer.error();
    }
    auto* entry = answer->body.if_contains(where.kind);
    if (entry && entry->is_object()) one.push_back(std::move(entry->get_object()));
    co_return one;
  }
  // Matches any part of a name or address, so there may be more than what was meant.
  http::parameters query;
  query.emplace_back("query", asked.key);
  co_return co_await client_.list_all(path, std::string{where.member}, std::move(query), rows_max);
}

asio::awaitable<core::result<adapter::answer>> directory::ask(adapter::question asked) {
  if (auto const at = cache_.find(asked);
      at != cache_.end() && clock_.steady_now() < at->second.until) {
    adapter::answer known;
    known.found = at->second.found;
    co_return known;
  }
  auto const attribute = asked.by == "id" || asked.by == "name" || asked.by == "email";
  auto const askable = place_of(asked.kind) && attribute && !asked.key.empty() &&
                       (asked.by != "id" || is_id(asked.key));
  if (!askable) co_return adapter::answer{};
  auto const found = co_await fetch(asked);
  if (!found) co_return found.error();
  auto answer = answer_from(*found, asked);
  if (!answer.found.is_null()) {
    if (cache_.size() >= cache_max) cache_.clear();
    cache_[asked] = kept{answer.found, clock_.steady_now() + kept_for};
  }
  co_return answer;
}

asio::awaitable<core::result<std::vector<adapter::answer>>> directory::look_up(
    std::vector<adapter::question> questions
) {
  std::vector<adapter::answer> answers(questions.size());
  std::optional<core::error> trouble;
  std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t i
                                                          ) -> asio::awaitable<void> {
    if (trouble) co_return;
    auto found = co_await ask(questions[i]);
    if (found) {
      answers[i] = std::move(*found);
    } else if (!trouble) {
      trouble = found.error();
    }
  };
  co_await async::for_each_index(questions.size(), calls_at_once_, std::move(one));
  if (trouble) co_return *trouble;
  co_return answers;
}

}  // namespace adapters::pagerduty
