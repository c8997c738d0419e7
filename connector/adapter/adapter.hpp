#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"
#include "connector/http/call_limit.hpp"

/// The port between the service and one connection to one system. It is the same for both sides: an
/// incident source and a ticket system differ in what they declare, not in how they are spoken to.
///
/// Every call works in bulk, so that an adapter can use whatever the system offers to save calls
/// (Graph's $batch, ServiceNow's batch API and sys_idIN, Jira's bulk fetch). Adapters never retry,
/// never sleep, keep no state but credentials and caches, and report what failed and what the other
/// side asked for; the sync decides when to try again.
namespace connector::adapter {

/// A comment as a system holds it.
struct comment {
  std::string id;      ///< the system's id; where it has none, a digest of author, time and text
  std::string author;  ///< as the system names them
  core::time_point at{};
  /// Of the last edit, where the system tells; the epoch: none. What it says may still be the same.
  core::time_point edited_at{};
  std::string text;        ///< plain text; markup already removed
  std::string place;       ///< the system's word for the kind: "work_notes", "comments"
  bool is_public = false;  ///< visible to people outside the team (a customer, a requester)
};

enum class presence {
  present,
  merged,  ///< lives on in another object: `merged_into`
  gone,    ///< deleted, or hidden from us: the two cannot be told apart
};

/// One incident or ticket as its system holds it now.
struct object {
  std::string id;     ///< the system's own key, used in calls
  std::string label;  ///< what people call it: "INC0010007"
  std::string url;    ///< where people open it
  adapter::presence presence = adapter::presence::present;
  std::string merged_into;  ///< an id; only for `merged`

  /// Grows with every change of this object and never repeats: a counter where the system has one,
  /// else the stamp of the last change in ticks.
  std::int64_t version = 0;
  core::time_point created_at{};
  core::time_point changed_at{};
  std::string changed_by;  ///< evidence for people; nothing is decided by it
  core::record fields;

  /// Empty: not asked for, or a list row that does not carry them; see `system::complete`.
  std::optional<std::vector<comment>> comments;
};

/// What a caller needs to know of each object, so that nothing else is fetched.
struct wants {
  std::vector<std::string> fields;  ///< names of the system's model
  bool comments = false;
};

struct change_query {
  core::time_point from{};               ///< inclusive
  std::optional<core::time_point> to{};  ///< inclusive; none: up to now; may shrink between pages
  std::string continuation;              ///< from the page before; empty for the first
  std::size_t rows_max = 0;              ///< 0: the most the system allows
  adapter::wants wants;
};

/// Rows ascend by (changed_at, id) and paging is by key, never by offset: an object that is in none
/// of the pages so far has changed_at >= that of the last row, whatever changes meanwhile. The same
/// object may appear more than once.
struct change_page {
  std::vector<object> rows;
  std::string continuation;         ///< empty: this was the last page
  std::optional<std::size_t> left;  ///< rows after this page, where the system tells
};

/// Sparse: only the fields to change. A null value clears the field.
struct update {
  std::string id;
  core::record fields;
  std::int64_t version_seen = 0;  ///< of the object that it was decided from
};

/// `key` goes into the strongest place the system has (a unique or searchable field).
struct creation {
  std::string key;
  core::record fields;
};

struct new_comment {
  std::string object_id;
  std::string text;   ///< plain text, our mark included
  std::string place;  ///< where it goes: "work_notes"; empty where there is only one kind
};

/// Somebody else's edit of a field that a write of ours replaced, made after `update::version_seen`
/// as far as the system's history tells. Edits that the caller had seen may be among them: it
/// compares the value with the one it decided from.
struct lost_edit {
  std::string field;
  /// As a reading just before our write would have shown it; none: the history does not tell.
  std::optional<core::value> value;
  std::string by;  ///< as the system names them; evidence for people
  core::time_point at{};
};

/// The object as stored after a write. A 200 does not mean that the system did what was asked: the
/// caller compares. Comments are present only if the answer carried them.
struct receipt {
  /// Of a create: `gone`, with its id, if it was made and cannot be seen.
  object stored;
  std::string comment_id;  ///< for new comments, where the answer tells
  /// Of an update, where the system keeps a history; see `edit_history::log`. One that could not be
  /// read leaves it empty: the write was made all the same.
  std::vector<lost_edit> lost_edits;
  /// Of an update that takes several calls: why one was refused after an earlier one took effect.
  std::string refusal;
};

struct keyed_object {
  std::string key;
  object found;
};

/// A question to a system's own data, such as "the user whose email is x".
struct question {
  std::string kind;  ///< "user", "group", or a table's name
  std::string by;    ///< the attribute asked by: "email", "id", "name"
  std::string key;
  std::string want;  ///< the attribute wanted: "id", "email", "name"

  friend auto operator<=>(question const&, question const&) = default;
};

/// Null: no such entry, or more than one (`several` tells which).
struct answer {
  core::value found;
  bool several = false;
};

/// How a lost edit can be found out; see the sync's README.
enum class edit_history {
  compare_and_set,  ///< a write can demand the version seen
  log,              ///< past edits can be read: receipts name those that a write replaced
  counter,          ///< versions count changes
  none,
};

/// What the sync must know of a system to keep its promises. Constant during a connection's life.
struct capabilities {
  std::string system;  ///< "defender", "servicenow/incident"; the model's name
  adapter::edit_history history = adapter::edit_history::none;

  /// What `changed_at` is counted in: changes closer together may share a stamp.
  core::ticks stamp_step{1};
  /// Longest time from a change's stamp to its showing up in `changes`, node skew included.
  std::chrono::seconds list_lag{600};
  /// Longest time from a create to its being found by `find`.
  std::chrono::seconds search_lag{0};
  /// Longest time that a request may go on taking effect after we stopped waiting for it.
  std::chrono::seconds horizon{240};

  std::size_t page_rows_max = 50;  ///< most rows of one `changes` page
  std::size_t read_at_once = 1;    ///< most ids that one underlying read call serves
  std::size_t write_at_once = 1;   ///< most writes that one underlying call carries
  std::size_t calls_at_once = 4;   ///< most calls under way at a time
  http::call_limit limit;          ///< documented; `calls_per_minute:` of a connection overrides it

  bool creates = false;            ///< has `create` and `find`: can be a ticket side
  bool rows_have_comments = true;  ///< list rows carry comments already
  bool comments_public_by_default = false;

  /// Takes what is written and shows nothing of what it holds: objects read have no fields, nothing
  /// is listed or found. A map may only lead to it. Writing the same once more must do no harm.
  bool one_way = false;

  /// Fields that list rows leave out and only `complete` and `read` bring (Defender: "alerts").
  std::vector<std::string> fields_not_in_rows;
};

/// One thing `doctor` looked at. Nothing was written to find it out.
struct check {
  enum class verdict { good, warning, bad };
  std::string name;  ///< "reachable", "sign-in", "read incidents"
  verdict found = verdict::good;
  std::string detail;  ///< what was found and, if not good, what to do
};

/// What a system says of itself, as far as it tells; for comparing a map with it before deployment
/// and on a schedule. Names and values are those of the adapter's model.
struct description {
  struct field {
    std::string name;
    std::string type;        ///< the system's word, for people and for finding drift
    std::string kind;        ///< the same as a model's `type:` says it; empty: none fits
    bool mandatory = false;  ///< whatever the state; see `step::demands` for the rest
    bool expected = false;   ///< people cannot save without it; a call of ours can
    bool writable = true;    ///< by this connection's user
    std::optional<std::size_t> length;
    std::optional<std::vector<std::string>> choices;  ///< none: the field has no list
  };
  /// One move of an object through its workflow.
  struct step {
    /// Values of `workflow_field`. An empty `from`: out of every state whose exits were seen.
    std::string from, to;
    std::vector<std::string> demands;  ///< fields that the move does not do without
    std::vector<std::string>
        expects;  ///< fields that people cannot leave empty; a call of ours can
  };

  std::vector<field> fields;
  std::string workflow_field;  ///< empty: the system has no workflow, any value can be written
  std::vector<std::string> states;
  std::vector<step> steps;
  /// States whose ways out could not be seen: nothing is concluded from `steps` having none there.
  std::vector<std::string> exits_unseen;
  /// What could not be seen, and why, in words for people: "transitions out of 'Closed': no issue
  /// is there now". Nothing is concluded about these.
  std::vector<std::string> unseen;
};

/// A webhook's call as it came. Header names are in lower case.
struct hook_call {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One connection. All calls run on the loop's thread and may be under way at the same time.
/// Failures of the outside world are results, never exceptions; cancelling ends the calls beneath.
/// Vectors answered have one entry per entry asked, in the same order.
class system {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  virtual ~system() = default;

  [[nodiscard]] virtual capabilities const& declared() const = 0;

  /// One page of what changed.
  virtual awaitable<core::result<change_page>> changes(change_query query) = 0;

  /// Adds what list rows leave out (comments, fields_not_in_rows) if `needs` asks for it.
  virtual awaitable<core::result<std::vector<object>>> complete(
      std::vector<object> rows, wants needs
  ) = 0;

  /// Fresh reads by id, complete. One that is not there comes back as presence::gone.
  virtual awaitable<core::result<std::vector<object>>> read(
      std::vector<std::string> ids, wants needs
  ) = 0;

  /// Each update on its own: one's failure is not another's.
  virtual awaitable<std::vector<core::result<receipt>>> update_all(
      std::vector<update> updates, wants needs
  ) = 0;

  /// What receipts name by themselves, for updates whose answer was lost and that took effect: the
  /// edits of others that each replaced. Asked only where the history is a `log`.
  virtual awaitable<core::result<std::vector<std::vector<lost_edit>>>> edits_replaced(
      std::vector<update> updates
  ) {
    co_return std::vector<std::vector<lost_edit>>(updates.size());
  }

  virtual awaitable<std::vector<core::result<receipt>>> comment_all(
      std::vector<new_comment> comments, wants needs
  ) = 0;

  virtual awaitable<std::vector<core::result<receipt>>> create_all(
      std::vector<creation> creations, wants needs
  ) = 0;

  /// Objects that carry exactly one of these keys; several per key if there are, oldest first.
  virtual awaitable<core::result<std::vector<keyed_object>>> find(
      std::vector<std::string> keys, wants needs
  ) = 0;

  virtual awaitable<core::result<std::vector<answer>>> look_up(std::vector<question> questions) = 0;

  /// Reads only: reachable, signed in, permitted, clock, versions.
  virtual awaitable<std::vector<check>> examine() = 0;

  /// Reads only. A system that tells nothing of itself answers an empty description.
  virtual awaitable<core::result<description>> describe() { co_return description{}; }

  /// Makes sure that a webhook's call comes from this system and is no replay. What it says is not
  /// used: a hint only makes the next poll come at once, so that a forged or lost one costs
  /// nothing. `conflict`: it came before. The sender is then told that it arrived, since systems
  /// repeat what was not answered and stop sending to who refuses. Any other error is a refusal. A
  /// system without webhooks refuses every call.
  virtual core::result<void> accept(hook_call const& /*call*/) {
    return core::error{core::errc::rejected, "this system sends no webhooks"};
  }
};

}  // namespace connector::adapter
