#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/async/tasks.hpp"
#include "connector/sync/comments.hpp"
#include "connector/sync/decide.hpp"
#include "connector/sync/reconcile.hpp"
#include "connector/sync/settle.hpp"
#include "connector/sync/unresolved.hpp"

/// Inside the reconciler: one batch of links of one route, from reading to the last commit. The
/// files batch_*.cpp hold one stage each, in the order of batch::run.
namespace connector::sync {

/// True where the trouble is the connection's and not this object's.
bool is_connection_trouble(core::errc code);

/// One item while its batch is worked on.
struct work {
  sync::item item;
  std::vector<store::comment_entry> ledger;
  bool ledger_loaded = false;
  bool active = true;    ///< still to be decided in this batch
  bool changed = false;  ///< link differs from the store
  bool sends = false;    ///< it differs in what is about to be sent
  step next = step::none;
  core::record fields;  ///< of the call to make
  std::vector<store::comment_entry> posts;
  /// The link was to be looked at again; whatever for is found out in this batch.
  bool came_due = false;
  /// When its comments want to be looked at again, whatever else becomes of the link.
  std::optional<core::time_point> comments_due;

  /// While finding out which of several rules a refusal is about.
  std::vector<std::string> suspects;
  std::size_t suspect = 0;
  std::string refusal;
  std::optional<store::outstanding> refused;

  store::link& link() { return item.link; }
  [[nodiscard]] store::link const& link() const { return item.link; }
};

class batch {
 public:
  /// `merging` lets one batch at a time follow merges, since those touch links of other batches.
  batch(reconciler::surroundings& with, async::gate& merging, route on, std::vector<item> items);

  boost::asio::awaitable<core::result<void>> run();

 private:
  using side = mapping::side;
  using link_state = store::link_state;
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  [[nodiscard]] core::time_point now() const { return with_.clock.now(); }
  context context_for() const;
  adapter::wants const& wants_of(side s) const {
    return s == side::incident ? incident_wants_ : ticket_wants_;
  }
  adapter::system& system(side s) const { return on_.at(s).in(lane_); }
  bool any_active() const;
  /// Full jitter: anywhere up to twice as long as last time.
  core::time_point backoff(int failures, core::error const* why = nullptr);
  void journal(store::link const& link, std::string kind, core::record data);
  void append(std::vector<store::journal_entry> lines);
  /// Gives up on the item for now, with a time for the next try.
  void defer(work& w, core::error const& why);
  /// The route is held: every link is put off, and nothing is called.
  void hold_back();
  void note_closed(side s, core::error const& why);
  /// Writes what changed since the last commit, and before anything else is sent.
  awaitable<core::result<void>> commit();
  static void doubt_refusal(store::link& stored, work const& w);
  void take_settlement(work& w, settlement settled);

  // batch_read.cpp
  bool needs_read(work const& w, side s) const;
  /// A row with the stamp of what was accepted may show what was before that, our own write say.
  bool may_be_older(work const& w, side s) const;
  bool needs_completing(work const& w, side s) const;
  /// Fields that lists leave out are worth a call only where a rule that may still write reads
  /// them.
  bool needs_left_out(std::vector<std::string> const& left_out, link_state state, side s) const;
  awaitable<core::result<void>> read_missing(side s);
  core::result<void> take(
      side s,
      std::vector<std::size_t> const& indices,
      core::result<std::vector<adapter::object>> read
  );
  bool retrying() const;
  void accept(work& w, side s, adapter::object object);
  /// A poll should have brought this long ago: counted, and on record.
  void note_missed(work& w, side s, core::time_point changed_at, std::string_view what);
  /// Once is a read that may be wrong; twice, a horizon apart, is believed.
  void note_gone(work& w, side s);
  /// A link that was gone and is not: restored, or hidden for a while by a change of permissions.
  awaitable<core::result<void>> take_back();
  /// Tickets that people merged into others: a merge is no resolution, and one ticket cannot be two
  /// incidents'. They wait for a person. Done before doubts are settled and once more after.
  void set_aside_merged_tickets();

  // batch_merge.cpp
  awaitable<core::result<void>> follow_merges();
  awaitable<core::result<void>> follow_merge(work& w);
  /// An incident that was merged and lives by itself again.
  void undo_merge(work& w);
  /// A merge that had to wait for a write in doubt: nothing is decided from a merged incident.
  void leave_merges_for_later();
  awaitable<core::result<adapter::object>> find_survivor(std::string id, std::string from);
  /// What stays with an incident whose link goes over to its survivor: lists and reads that still
  /// show it as it was are no news, and if it lives by itself again, it has a ticket of its own.
  void leave_behind(work& w, int generation);
  /// The survivor has no ticket: it takes over this one.
  void move_link(work& w, adapter::object survivor);
  void close_merged(work& w, store::link const& survivor);

  // batch_doubt.cpp
  awaitable<core::result<void>> settle_doubts();
  /// Where a history tells: what those of these updates that took effect replaced.
  awaitable<std::map<std::size_t, std::vector<adapter::lost_edit>>> edits_replaced(
      std::vector<std::size_t> const& in_doubt
  );
  /// An incident older than this run may have a ticket that only a lost store knew of.
  awaitable<void> adopt_existing();
  awaitable<core::result<void>> settle_creates(std::vector<std::size_t> indices);
  /// Names with each create about to be sent a ticket that exists already; see
  /// store::outstanding::control.
  awaitable<core::result<void>> name_controls();
  /// A create that is over its horizon, and whose control is not found either: deleted, hidden from
  /// us, or the search is blind. It is judged by another ticket as old, and a person is told.
  awaitable<core::result<void>> replace_control(work& w);

  // batch_decide.cpp
  awaitable<core::result<void>> load_ledgers();
  static bool has_news(std::optional<adapter::object> const& o, std::string const& handled);
  bool wants_ledger(work& w) const;
  awaitable<void> decide();
  bool decide_one(work& w, std::vector<mapping::open_question>& questions);
  void continue_in_new_ticket(work& w, std::string const& reason);
  awaitable<core::result<void>> answer(std::vector<mapping::open_question> const& questions);
  /// Everything about these versions has been seen to, or stands on record as parked or held.
  void accept_versions(work& w);
  void note_missed_comments(work& w);
  void plan_all_comments();
  void remember(work& w, std::vector<store::comment_entry> const& entries);

  // batch_send.cpp
  awaitable<core::result<void>> send();
  awaitable<core::result<void>> write(step what, std::vector<std::size_t> indices);
  /// As many at a time as their calls leave at once; see `renew_records`.
  std::vector<std::span<std::size_t const>> portions(side to, std::span<std::size_t const> indices)
      const;
  void name_first_control(std::span<std::size_t const> creates);
  /// Other calls took long: what is on record of those still to be sent is said anew, since a doubt
  /// lasts from the record on, which is all that a crash leaves.
  awaitable<core::result<void>> renew_records();
  store::changes renewed_records();
  std::vector<adapter::creation> creations(std::span<std::size_t const> indices);
  std::vector<adapter::update> updates(std::span<std::size_t const> indices, side to);
  void take_answer(work& w, side to, core::result<adapter::receipt> answer);
  /// A ticket that was made and is hidden from us at once: it is not made again.
  void take_unseen(work& w, adapter::object const& ticket);
  /// Where a system counts changes: somebody else changed it between our reading and our write, so
  /// that an edit of theirs may have been overwritten unseen. That is put on record.
  bool note_others(work& w, side to, std::int64_t seen, std::int64_t now_at);
  void finish_merged(work& w, adapter::object const& stored);
  void take_failure(work& w, side to, core::error const& why);
  /// A definite no to a write that speaks for several rules: leave out one at a time until the rest
  /// is taken. The one left out is the one refused.
  void isolate(work& w, core::error const& why);
  void park_suspect(work& w);
  /// Nothing that could be left out helps.
  void give_up(work& w, store::outstanding const& sent, core::error const& why);
  awaitable<core::result<void>> post_comments(side to);
  void forget_posts(work& w);
  void take_posted(
      work& w, side to, store::comment_entry& posted, core::result<adapter::receipt> const& answer
  );

  reconciler::surroundings& with_;
  async::gate& merging_;
  route on_;  ///< a copy: the map stays the same while the batch runs
  http::lane lane_ = http::lane::background;  ///< of the most urgent of its links
  adapter::wants incident_wants_, ticket_wants_;
  std::vector<work> all_;
  mapping::answers answers_;
  bool may_ask_ = true;
  store::changes changes_;
  core::time_point recorded_at_{};  ///< the oldest record of what is still to be sent is no older
};

}  // namespace connector::sync
