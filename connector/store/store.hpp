#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/shared.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"
#include "connector/mapping/map.hpp"

/// What the service remembers. The port speaks of values in and values out: one `commit` is one
/// atomic, durable transaction, and nothing else writes. No backend's dialect shows.
namespace connector::store {

/// In the order of its life.
enum class link_state {
  opening,  ///< meant to get a ticket; perhaps a create is in doubt (`outstanding`)
  linked,
  merged,  ///< its incident was merged into another one that has a ticket: see `merged_into`
  gone,    ///< ticket or incident is no more; kept for the record, nothing is written
};
std::string_view name(link_state s);
std::optional<link_state> link_state_from(std::string_view text);

/// The values of one rule last known to agree, each in its own side's words as that system stores
/// them, so that a system's rewriting of our value is no edit. Abridged, see core::abridged.
struct base {
  core::group incident;
  core::group ticket;

  [[nodiscard]] core::group& of(mapping::side s) {
    return s == mapping::side::incident ? incident : ticket;
  }
  [[nodiscard]] core::group const& of(mapping::side s) const {
    return s == mapping::side::incident ? incident : ticket;
  }
};

/// A write of ours whose outcome is not on record yet. Committed before the call goes out.
struct outstanding {
  enum class kind { create, update };
  kind what = kind::update;
  mapping::side to = mapping::side::ticket;
  core::record fields;                         ///< what was sent
  std::map<std::string, core::group> derived;  ///< per rule: the other side's value it came from
  std::int64_t version_seen = 0;               ///< of the side written to, as decided from
  core::time_point sent_at{};
  core::time_point not_before{};  ///< earliest time to settle it by reading
  int attempts = 0;               ///< sends of this very write so far
  int empty_looks = 0;            ///< creates: look-ups that found nothing
  /// Creates: the link of a ticket that was there before this was sent. A look-up that does not
  /// find that one either says nothing. Empty: there was none yet.
  std::string control;
  std::string epoch;  ///< the run that sent it
};

/// A change that cannot be delivered now, per rule and direction. Nothing is lost: its base stays
/// where it was, so it is found again.
struct parked {
  std::string rule;
  mapping::side to = mapping::side::ticket;
  std::string reason;  ///< the system's words, or the map's
  core::group wanted;  ///< abridged value that could not be written
  core::group from;    ///< abridged value it came from: a new one is a new try
  core::time_point since{};
  /// The system refused it: not tried again with the same `from` before a person, another map or
  /// new metadata releases it. False: the map itself could not say it.
  bool refused = false;
};

/// Both sides moved and the rule says `ask`, or somebody's edit was overwritten.
struct conflict {
  std::string rule;
  core::group base_incident, base_ticket;  ///< abridged, but for sets
  core::group incident, ticket;
  core::time_point since{};
  /// The side whose value above is not there any more: our write replaced it before it was seen.
  std::optional<mapping::side> overwritten;
  bool restore = false;  ///< that value won, and is yet to be brought back
};

/// What the incident said when the ticket said this, of a value that the map declares to lose on
/// the way there and back: it comes back with the ticket's value.
struct kept_value {
  std::string rule;
  core::group incident, ticket;
};

/// One incident bound to one ticket on one route; everything needed to decide what to do next.
struct link {
  std::string id;  ///< the idempotency key, 26 characters; unique for ever
  std::string route;
  std::string incident_connection, ticket_connection;
  std::string incident_id;  ///< unique per route among links neither `merged` nor `gone`
  std::string ticket_id;    ///< empty until known; unique per ticket connection and table
  std::string ticket_label, ticket_url, incident_url;
  link_state state = link_state::opening;
  std::string merged_into;   ///< link id
  std::string succeeded_by;  ///< link id: the incident goes on in that one's ticket
  int generation = 0;        ///< raised with each further ticket for the incident
  int lane = 0;              ///< 0 is the most urgent
  std::int64_t incident_version = 0, ticket_version = 0;  ///< accepted; never decrease
  /// Fingerprints of what the journal has last of each side, and of the link's own names.
  std::int64_t incident_recorded = 0, ticket_recorded = 0, names_recorded = 0;
  core::shared<std::map<std::string, base>> bases;  ///< by rule name
  std::optional<store::outstanding> outstanding;
  std::vector<store::parked> parked;
  std::vector<store::conflict> conflicts;          ///< waiting for a person, or to be restored
  std::vector<store::kept_value> kept;             ///< oldest first
  std::string incident_comments, ticket_comments;  ///< digests of the comment lists handled
  std::string map_digest;                          ///< of the map that last decided
  std::optional<core::time_point> due;             ///< when to look at it again unasked
  int failures = 0;                                ///< in a row; sets the backoff
  core::time_point created_at{}, changed_at{};
};

enum class comment_state {
  pending,   ///< to be posted; no call made yet
  in_doubt,  ///< a call was made and its outcome is unknown
  copied,
  native,  ///< seen and deliberately not copied; `detail` says why
  parked,  ///< refused; `detail` has the system's words
};

/// One human comment and its copy on the other side; or an edit of one, which gets a copy of its
/// own.
struct comment_entry {
  std::string link;
  mapping::side origin = mapping::side::incident;
  std::string origin_id;  ///< the comment's id on its own side
  std::string mark;       ///< proves that a text is the copy; unique
  std::string copy_id;    ///< the copy's id on the other side, once seen
  comment_state state = comment_state::pending;
  std::string text;  ///< of the copy, while it is not there yet; empty afterwards
  std::string detail;
  std::string words;      ///< digest of what the original said when last seen; empty: not known
  core::time_point at{};  ///< of the original, or of the edit that this entry is about
  core::time_point not_before{};
  int attempts = 0;
  int empty_looks = 0;  ///< while in doubt: readings after the horizon that did not show the copy
};

struct cursor {
  std::string name;  ///< "<connection>"
  core::time_point position{};
};

/// One line of the journal: an observation, a decision or a call with its result.
struct journal_entry {
  std::int64_t seq = 0;  ///< given by the store, grows by one
  core::time_point at{};
  std::string link;  ///< empty: not about one link
  std::string kind;  ///< "decided", "sent", "settled", "conflict", "parked", ...
  core::value data;
  std::string chain;  ///< given by the store: SHA-256 over the previous chain and this entry
};

/// A write about to be sent, of a link that is stored already and otherwise unchanged: the same to
/// whoever reads the link afterwards as storing it whole with this `outstanding` and with `due`
/// brought forward, and much cheaper.
struct outbox_entry {
  std::string link;
  store::outstanding what;
  core::time_point due{};
};

/// One atomic transaction. Links and comments are inserted or replaced by key.
struct changes {
  std::vector<link> links;
  std::vector<outbox_entry> outbox;  ///< after `links`
  std::vector<comment_entry> comments;
  std::vector<cursor> cursors;
  std::vector<journal_entry> journal;
  std::map<std::string, std::string> settings;  ///< small facts, such as the last sweep

  [[nodiscard]] bool empty() const {
    return links.empty() && outbox.empty() && comments.empty() && cursors.empty() &&
           journal.empty() && settings.empty();
  }
};

struct link_filter {
  std::string route;  ///< empty: any
  std::optional<link_state> state;
  bool parked_only = false, conflicts_only = false;
  std::string text;  ///< link id, incident id or ticket id or label, exactly
};

struct counts {
  std::size_t links = 0, opening = 0, linked = 0, merged = 0, gone = 0;
  std::size_t outstanding = 0, parked = 0, conflicts = 0, comments_waiting = 0;
};

/// Every failure is errc::storage with words that say what to do. After a failed commit the caller
/// must send nothing. Calls may be under way at the same time and take effect in the order made;
/// commits waiting together may share one flush. Answers are in no promised order unless said.
class store {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  virtual ~store() = default;

  virtual awaitable<core::result<void>> commit(changes all) = 0;

  virtual awaitable<core::result<std::vector<link>>> links(std::vector<std::string> ids) = 0;
  virtual awaitable<core::result<std::vector<link>>> links_by_incident(
      std::string connection, std::vector<std::string> incident_ids
  ) = 0;
  virtual awaitable<core::result<std::vector<link>>> links_by_ticket(
      std::string connection, std::vector<std::string> ticket_ids
  ) = 0;

  /// Links whose `due` has come, most urgent lane first, then longest waiting.
  virtual awaitable<core::result<std::vector<link>>> links_due(
      core::time_point now, std::size_t rows_max
  ) = 0;
  /// When the next one comes due; none if nothing waits.
  virtual awaitable<core::result<std::optional<core::time_point>>> next_due() = 0;

  /// Keyset paging by id.
  virtual awaitable<core::result<std::vector<link>>> list_links(
      link_filter filter, std::string after_id, std::size_t rows_max
  ) = 0;

  virtual awaitable<core::result<std::vector<comment_entry>>> comments(
      std::vector<std::string> link_ids
  ) = 0;

  virtual awaitable<core::result<std::optional<cursor>>> read_cursor(std::string name) = 0;
  virtual awaitable<core::result<std::optional<std::string>>> setting(std::string name) = 0;

  /// Newest first. Empty link: of all.
  virtual awaitable<core::result<std::vector<journal_entry>>> journal(
      std::string link, std::int64_t before_seq, std::size_t rows_max
  ) = 0;
  /// Oldest first, of all links.
  virtual awaitable<core::result<std::vector<journal_entry>>> journal_after(
      std::int64_t seq, std::size_t rows_max
  ) = 0;
  /// Drops entries beyond these bounds, oldest first; the chain's start moves with it.
  virtual awaitable<core::result<std::size_t>> trim_journal(
      core::time_point before, std::size_t rows_max
  ) = 0;

  virtual awaitable<core::result<connector::store::counts>> count() = 0;
};

}  // namespace connector::store
