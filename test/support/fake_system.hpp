#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"

namespace connector::support {

/// A system with state, for tests of the sync alone. The adapters' own tests and the simulators
/// show what real systems do; this one shows what the port allows them to do.
class fake_system final : public adapter::system {
 public:
  enum class call { changes, complete, read, update, history, comment, create, find, look_up };

  /// What happens to the next call of a kind: an error, and whether it took effect nevertheless.
  struct fault {
    core::error what;
    bool takes_effect = false;
  };

  fake_system(async::clock& clock, adapter::capabilities declared);

  // --- people at work -------------------------------------------------------------------------
  adapter::object& add(std::string id, core::record fields);
  void edit(std::string const& id, core::record fields);
  void say(std::string const& id, std::string author, std::string text, bool is_public = false);
  /// Changes what the first comment of an object says.
  void rephrase(std::string const& id, std::string text);
  void merge(std::string const& id, std::string const& into);
  void unmerge(std::string const& id);
  void remove(std::string const& id) { objects_.erase(id); }
  /// The last change turns up in lists only now, under an older stamp.
  void backdate(std::string const& id, std::chrono::seconds by) {
    objects_.at(id).changed_at -= by;
  }
  /// The last change moved neither stamp nor version.
  void restore_stamp(std::string const& id, adapter::object const& before) {
    objects_.at(id).changed_at = before.changed_at;
    objects_.at(id).version = before.version;
  }

  [[nodiscard]] adapter::object const& at(std::string const& id) const { return objects_.at(id); }
  [[nodiscard]] core::value const& field(std::string const& id, std::string_view name) const {
    return core::field(objects_.at(id).fields, name);
  }
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] std::vector<std::string> texts(std::string const& id) const;

  // --- how it behaves --------------------------------------------------------------------------
  std::map<call, std::deque<fault>> faults;
  /// A definite no to some content.
  std::function<std::optional<core::error>(core::record const&)> refuses;
  /// What the system makes of what is written.
  std::function<void(core::record&)> rewrites;
  std::string refuses_rest;  ///< why it made only the part of a write that `rewrites` left
  /// Runs before a write takes effect: somebody else was faster.
  std::function<void(std::string const& id)> just_before_write;
  /// A read by id may fail.
  std::function<std::optional<core::error>()> just_before_read;
  std::map<std::string, adapter::object> rows_as_they_were;   ///< what lists show instead
  std::map<std::string, adapter::object> reads_as_they_were;  ///< what reads by id show instead
  bool blind = false;                                         ///< searches by key find nothing
  bool own_comments_count = true;                             ///< they move stamp and version
  std::set<std::string> hidden;                               ///< our account may not see them
  bool hides_new = false;  ///< from the moment on that they are made
  /// Keeps a history of people's edits, by which receipts name what a write replaced.
  void keep_history() { declared_.history = adapter::edit_history::log; }
  /// Versions are stamps, and changes closer together than this may have the same one.
  void count_stamps_in(core::ticks step) {
    declared_.history = adapter::edit_history::none;
    declared_.stamp_step = step;
  }
  /// Its history does not show values of these fields.
  std::set<std::string, std::less<>> untold;
  std::set<std::string> archived;  ///< ids that no search finds
  bool tells_left = false;         ///< pages say how many rows follow
  std::map<adapter::question, adapter::answer> knows;
  /// What it says of itself, or why it does not.
  core::result<adapter::description> tells = adapter::description{};
  int described = 0;
  /// Whether it vouches for a webhook's call; without it, it refuses them all.
  std::function<core::result<void>(adapter::hook_call const&)> vouches;
  std::map<call, int> calls;
  int listing_now = 0, listed_at_once = 0;  ///< `changes` under way, and the most there ever were

  // --- adapter::system -------------------------------------------------------------------------
  adapter::capabilities const& declared() const override { return declared_; }
  awaitable<core::result<adapter::change_page>> changes(adapter::change_query query) override;
  awaitable<core::result<std::vector<adapter::object>>> complete(
      std::vector<adapter::object> rows, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::object>>> read(
      std::vector<std::string> ids, adapter::wants needs
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> update_all(
      std::vector<adapter::update> updates, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> edits_replaced(
      std::vector<adapter::update> updates
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> comment_all(
      std::vector<adapter::new_comment> comments, adapter::wants needs
  ) override;
  awaitable<std::vector<core::result<adapter::receipt>>> create_all(
      std::vector<adapter::creation> creations, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::keyed_object>>> find(
      std::vector<std::string> keys, adapter::wants needs
  ) override;
  awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  ) override;
  awaitable<std::vector<adapter::check>> examine() override;
  awaitable<core::result<adapter::description>> describe() override;
  core::result<void> accept(adapter::hook_call const& hook) override;

 private:
  std::optional<fault> next_fault(call kind);
  void touch(adapter::object& object, std::string_view by = "somebody");
  adapter::object view(adapter::object const& object, bool row) const;
  core::result<adapter::receipt> write(
      std::string const& id, core::record const& fields, std::int64_t version_seen
  );
  [[nodiscard]] std::vector<adapter::lost_edit> replaced_by(
      std::string const& id, core::record const& written, std::int64_t version_seen
  ) const;

  struct past_edit {
    std::string field;
    core::value value;
    std::int64_t version = 0;
    core::time_point at{};
  };

  async::clock& clock_;
  adapter::capabilities declared_;
  std::map<std::string, adapter::object> objects_;
  std::map<std::string, std::vector<past_edit>> edits_;  ///< people's, oldest first
  std::map<std::string, std::int64_t> written_at_;       ///< versions of our last writes
  std::map<std::string, std::vector<std::string>> by_key_;
  int made_ = 0;
  int said_ = 0;
};

}  // namespace connector::support
