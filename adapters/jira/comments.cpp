#include "adapters/jira/comments.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t comments_per_page = 100;
constexpr std::size_t pages_max = 60;  // an issue holds 5,000 comments at most

/// Takes what is not known yet; true if there was something.
bool take(
    json::array const& from,
    bool service_project,
    translator const& words,
    std::set<std::string>& seen,
    std::vector<adapter::comment>& into
) {
  auto fresh = false;
  for (auto const& each : from) {
    auto const* one = each.if_object();
    auto found = one ? comment_in(*one, service_project, words) : std::nullopt;
    if (!found || !seen.insert(found->id).second) continue;
    into.push_back(std::move(*found));
    fresh = true;
  }
  return fresh;
}

std::size_t total_in(json::object const& page) {
  auto const* total = page.if_contains("total");
  return total && total->is_int64() && total->get_int64() > 0
             ? static_cast<std::size_t>(total->get_int64())
             : 0;
}

}  // namespace

core::result<json::value> comment_body(adapter::new_comment const& one, translator const& words) {
  if (!one.place.empty() && one.place != internal_place && one.place != public_place) {
    core::error e{errc::invalid, "\"" + one.place + "\" is no place for comments"};
    e.fields.push_back(one.place);
    return e;
  }
  json::object internal;
  internal["internal"] = one.place != public_place;
  json::object property;
  property["key"] = "sd.public.comment";
  property["value"] = std::move(internal);
  json::object body;
  body["body"] = words.rich(one.text);
  body["properties"] = json::array{std::move(property)};
  return json::value(std::move(body));
}

std::optional<adapter::comment> comment_in(
    json::object const& from, bool service_project, translator const& words
) {
  adapter::comment found;
  found.id = text_at(from, "id");
  if (found.id.empty()) return std::nullopt;
  if (auto const* author = object_at(from, "author")) {
    found.author = text_at(*author, "displayName");
    if (found.author.empty()) found.author = text_at(*author, "name");
  }
  found.at = stamp_at(from, "created").value_or(core::time_point{});
  auto const updated = stamp_at(from, "updated");
  if (updated && *updated != found.at) found.edited_at = *updated;
  if (auto const* body = from.if_contains("body")) found.text = words.plain(*body);
  // Public is what service projects say of a comment, or do not say. Elsewhere comments are among
  // colleagues, although some sites show jsdPublic there, too.
  auto const* shown = from.if_contains("jsdPublic");
  found.is_public = service_project && !(shown && shown->is_bool() && !shown->get_bool());
  found.place = found.is_public ? public_place : internal_place;
  return found;
}

asio::awaitable<core::result<std::vector<adapter::comment>>> comments_of(
    client& by, translator const& words, issue const& from
) {
  std::vector<adapter::comment> all;
  std::set<std::string> seen;
  auto const* fields = object_at(from, "fields");
  auto const* shown = fields ? object_at(*fields, "comment") : nullptr;
  auto const* list = shown ? array_at(*shown, "comments") : nullptr;
  if (!list) {
    co_return core::error{
        errc::forbidden, "Jira does not return the comments of " + text_at(from, "key")};
  }
  auto const* project = object_at(*fields, "project");
  auto const service_project = !project || text_at(*project, "projectTypeKey") == "service_desk";
  take(*list, service_project, words, seen, all);
  auto total = total_in(*shown);
  for (std::size_t page = 0; seen.size() < total; ++page) {
    if (page == pages_max) {
      co_return core::error{
          errc::malformed,
          "the comments of " + text_at(from, "key") + " cannot be read to their end"};
    }
    auto const path = by.api() + "/issue/" + text_at(from, "id") +
                      "/comment?startAt=" + std::to_string(page * comments_per_page) +
                      "&maxResults=" + std::to_string(comments_per_page) + "&orderBy=created";
    auto const answer = co_await by.get(path);
    if (!answer) co_return answer.error();
    auto const* whole = answer->if_object();
    auto const* more = whole ? array_at(*whole, "comments") : nullptr;
    if (!more) co_return core::error{errc::malformed, "the answer has no list of comments"};
    total = total_in(*whole);
    take(*more, service_project, words, seen, all);
    if (more->empty()) break;  // some are hidden from us, or were deleted meanwhile
  }
  std::ranges::stable_sort(all, {}, &adapter::comment::at);
  co_return all;
}

asio::awaitable<core::result<void>> add_comments(
    client& by, translator const& words, std::vector<adapter::object>& objects
) {
  std::vector<std::string> ids;
  for (auto const& one : objects) ids.push_back(one.id);
  std::vector<std::string> names(comment_fields.begin(), comment_fields.end());
  auto const issues = co_await by.fetch(ids, std::move(names));
  if (!issues) co_return issues.error();
  std::map<std::string, issue const*> by_id;
  for (auto const& one : *issues) by_id[text_at(one, "id")] = &one;
  for (auto& one : objects) {
    auto const at = by_id.find(one.id);
    if (at == by_id.end()) continue;  // gone meanwhile: the next reading says so
    auto const* fields = object_at(*at->second, "fields");
    auto const updated = fields ? stamp_at(*fields, "updated") : std::nullopt;
    if (updated && *updated < one.changed_at) {
      co_return core::error{
          errc::unavailable, "Jira shows " + one.label + " as it was before the change it listed"};
    }
    auto all = co_await comments_of(by, words, *at->second);
    if (!all) co_return all.error();
    one.comments = std::move(*all);
  }
  core::result<void> const done;
  co_return done;
}

}  // namespace adapters::jira
