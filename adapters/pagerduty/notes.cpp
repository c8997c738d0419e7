#include "adapters/pagerduty/notes.hpp"

#include <algorithm>

namespace adapters::pagerduty {

using core::errc;

namespace {

/// PagerDuty keeps this many per incident.
constexpr std::size_t notes_max = 2000;

}  // namespace

boost::asio::awaitable<core::result<std::vector<adapter::comment>>> read_notes(
    client& by, std::string id
) {
  auto const answer = co_await by.read("/incidents/" + id + "/notes", {});
  if (!answer) co_return answer.error();
  auto const* list = answer->body.if_contains("notes");
  if (!list || !list->is_array()) {
    co_return core::error{errc::malformed, "the answer has no list of notes"};
  }
  std::vector<adapter::comment> found;
  for (auto const& one : list->get_array()) {
    if (!one.is_object()) co_return core::error{errc::malformed, "a note is no object"};
    auto note = to_comment(one.get_object());
    if (!note) co_return note.error();
    if (found.size() < notes_max) found.push_back(std::move(*note));
  }
  std::ranges::stable_sort(found, {}, &adapter::comment::at);
  co_return found;
}

}  // namespace adapters::pagerduty
