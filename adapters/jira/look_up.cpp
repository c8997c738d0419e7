#include "adapters/jira/look_up.hpp"

#include <boost/json/array.hpp>
#include <functional>

#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t cache_max = 20'000;

std::string_view attribute_of(std::string_view word, bool cloud) {
  if (word == "email") return "emailAddress";
  if (word == "name") return "displayName";
  if (word == "id") return cloud ? "accountId" : "name";
  return {};
}

bool is_active_person(json::object const& one) {
  auto const* active = one.if_contains("active");
  auto const type = text_at(one, "accountType");
  return !(active && active->is_bool() && !active->get_bool()) &&
         (type.empty() || type == "atlassian");
}

}  // namespace

adapter::answer answer_from(json::array const& people, adapter::question const& asked, bool cloud) {
  adapter::answer found;
  std::size_t matching = 0;
  std::size_t silent = 0;  // people whose address is hidden
  json::object const* hidden = nullptr;
  auto const by = attribute_of(asked.by, cloud);
  auto const want = attribute_of(asked.want, cloud);
  auto const take = [&](json::object const& one) {
    auto wanted = text_at(one, want);
    found.found = wanted.empty() ? core::value(nullptr) : core::value(wanted);
  };
  for (auto const& each : people) {
    auto const* one = each.if_object();
    if (!one || (asked.by != "id" && !is_active_person(*one))) continue;
    auto const mine = text_at(*one, by);
    if (connector::http::same_word(mine, asked.key)) {
      ++matching;
      take(*one);
    } else if (asked.by == "email" && mine.empty()) {
      ++silent;
      hidden = one;
    }
  }
  if (matching == 0 && silent == 1 && people.size() == 1) {
    take(*hidden);
    return found;
  }
  if (matching > 1) {
    found.found = nullptr;
    found.several = true;
  }
  return found;
}

directory::directory(client& by, async::clock& clock, settings const& with)
    : client_{by}, clock_{clock}, project_{with.project}, calls_at_once_{with.calls_at_once} {}

asio::awaitable<core::result<adapter::answer>> directory::ask(adapter::question one) {
  auto const cloud = client_.is_cloud();
  adapter::answer const nobody;
  if (one.kind != "user" || attribute_of(one.by, cloud).empty() ||
      attribute_of(one.want, cloud).empty() || one.key.empty()) {
    co_return nobody;
  }
  auto const key = http::percent_encode(one.key);
  std::string path = client_.api();
  if (one.by == "id") {
    path += std::string{"/user?"} + (cloud ? "accountId=" : "username=") + key;
  } else {
    // Only who may be assigned: a name that Jira would refuse as assignee is no answer.
    path += "/user/assignable/search?project=" + http::percent_encode(project_) +
            (cloud ? "&query=" : "&username=") + key + "&maxResults=50";
  }
  auto const answer = co_await client_.get(path);
  if (!answer) {
    if (answer.error().code == errc::not_found && one.by == "id") co_return nobody;
    co_return answer.error();
  }
  json::array people;
  if (auto const* list = answer->if_array()) people = *list;
  if (answer->is_object()) people.push_back(*answer);
  co_return answer_from(people, one, cloud);
}

asio::awaitable<core::result<std::vector<adapter::answer>>> directory::look_up(
    std::vector<adapter::question> questions
) {
  std::vector<adapter::answer> answers(questions.size());
  std::vector<std::size_t> open;
  std::map<adapter::question, std::size_t> first;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    auto const at = cache_.find(questions[i]);
    if (at != cache_.end() && clock_.steady_now() < at->second.until) {
      answers[i].found = at->second.found;
    } else if (first.emplace(questions[i], i).second) {
      open.push_back(i);
    }
  }
  std::function<asio::awaitable<core::result<adapter::answer>>(std::size_t)> one =
      [&](std::size_t n) { return ask(questions[open[n]]); };
  auto const answered =
      co_await async::gather<core::result<adapter::answer>>(open.size(), calls_at_once_, one);
  if (cache_.size() > cache_max) cache_.clear();
  for (std::size_t n = 0; n < open.size(); ++n) {
    if (!answered[n]) co_return answered[n].error();
    auto const& question = questions[open[n]];
    if (!answered[n]->found.is_null()) {
      cache_[question] = kept{answered[n]->found, clock_.steady_now() + kept_for};
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (questions[i] == question) answers[i] = *answered[n];
    }
  }
  co_return answers;
}

}  // namespace adapters::jira
