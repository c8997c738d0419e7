#include "adapters/pagerduty/notes.hpp"

#include <algorithm>

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::errc;

namespace {

/// A note may show in the log this much earlier or later than in the list of notes.
constexpr std::chrono::seconds apart{5};

/// PagerDuty keeps this many per incident.
constexpr std::size_t notes_max = 2000;

std::size_t bytes_of(note_reader::comments const& notes) {
  std::size_t all = 0;
  for (auto const& one : notes) all += one.text.size() + one.author.size() + one.id.size();
  return all;
}

}  // namespace

asio::awaitable<core::result<note_reader::comments>> note_reader::read(std::string id) {
  auto const answer = co_await client_.read("/incidents/" + id + "/notes", {});
  if (!answer) co_return answer.error();
  auto const* list = answer->body.if_contains("notes");
  if (!list || !list->is_array()) {
    co_return core::error{errc::malformed, "the answer has no list of notes"};
  }
  comments found;
  for (auto const& one : list->get_array()) {
    if (!one.is_object()) co_return core::error{errc::malformed, "a note is no object"};
    auto note = to_comment(one.get_object());
    if (!note) co_return note.error();
    if (found.size() < notes_max) found.push_back(std::move(*note));
  }
  std::ranges::stable_sort(found, {}, &adapter::comment::at);
  known what;
  what.notes = found;
  what.read_at = answer->at;
  remember(id, std::move(what));
  co_return found;
}

asio::awaitable<core::result<note_reader::comments>> note_reader::recall(std::string id) {
  auto const at = known_.find(id);
  if (at != known_.end() && !in_doubt_.contains(id)) {
    auto const news = annotated_.find(id);
    if (news == annotated_.end() || news->second + apart < at->second.read_at) {
      co_return at->second.notes;
    }
  }
  co_return co_await read(std::move(id));
}

void note_reader::annotated(std::string const& id, core::time_point at) {
  // What is not remembered is read anyway.
  if (!known_.contains(id)) return;
  auto& newest = annotated_[id];
  newest = std::max(newest, at);
}

void note_reader::opened(std::string const& id, core::time_point at) {
  known what;
  what.read_at = at;
  remember(id, std::move(what));
}

void note_reader::in_doubt(std::string const& id) {
  if (in_doubt_.size() < remembered_max) {
    in_doubt_.insert(id);
    return;
  }
  // So much in doubt that nothing is worth remembering.
  known_.clear();
}

void note_reader::remember(std::string const& id, known what) {
  if (known_.size() >= remembered_max || bytes_ >= remembered_bytes_max) {
    known_.clear();
    annotated_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes_of(what.notes);
  known_[id] = std::move(what);
}

}  // namespace adapters::pagerduty
