#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/config/section.hpp"
#include "connector/core/value.hpp"

/// A mapping file, compiled: what it says about one incident and one ticket. Everything here is
/// pure, immutable after compiling, total (no input makes it throw or loop) and cheap to share.
namespace connector::mapping {

enum class side { incident, ticket };
constexpr side other(side s) { return s == side::incident ? side::ticket : side::incident; }
std::string_view name(side s);

enum class direction { never, once, to_ticket, to_incident, both };
/// What changes on the other side is written to this one.
bool carries(direction d, side to);
/// The same, or the ticket is opened with it.
bool leads(direction d, side to);

/// Who wins when both sides moved away from the base.
enum class resolution { incident, ticket, latest, highest, furthest, merge, ask };

/// What is known about the link beside the two records; for templates and for look-ups.
struct facts {
  std::string ticket_label;
  std::string ticket_url;
  std::string incident_url;
};

/// Answers to questions that rules asked of a system's own data. A question without an entry was
/// never asked.
class answers {
 public:
  using uses = std::set<std::pair<side, adapter::question>>;

  answers() = default;
  /// Those of `all`, which outlives this; which of them are made use of is noted in `used`.
  answers(answers const& all, uses& used) : all_{&all}, used_{&used} {}

  void add(side in, adapter::question asked, adapter::answer found);
  [[nodiscard]] adapter::answer const* find(side in, adapter::question const& asked) const;

 private:
  std::array<std::map<adapter::question, adapter::answer>, 2> known_;  ///< by side
  answers const* all_ = nullptr;
  uses* used_ = nullptr;
};

struct open_question {
  side in;
  adapter::question asked;
};

/// Both records as far as they are known. While a ticket's new values are being worked out,
/// `ticket` already holds those of the rules before, so that `when` sees the state to come.
struct view {
  core::record const& incident;
  core::record const& ticket;
  answers const& known;
  mapping::facts const& facts;
};

/// What a rule wants of the side it writes to.
struct wish {
  enum class kind {
    write,  ///< `value` should be there
    leave,  ///< deliberately nothing; `reason` says why
    park,   ///< cannot be said: `reason`; a person or new metadata must help
    ask,    ///< cannot be said before `questions` are answered
  };
  kind what = kind::leave;
  core::group value;  ///< in the order of rule::fields(that side)
  std::string reason;
  config::position_view where;  ///< the rule's or the row's place; the map keeps its file name
  std::vector<open_question> questions;
  /// Parked because the ticket takes no more changes, and the map wants it carried on in a new one.
  bool new_ticket = false;
};

/// One row of the map: a group of incident fields and a group of ticket fields that belong
/// together.
class rule {
 public:
  virtual ~rule() = default;

  [[nodiscard]] virtual std::string const& name() const = 0;  ///< unique in its map, stable
  [[nodiscard]] virtual config::position const& where() const = 0;
  [[nodiscard]] virtual mapping::direction direction() const = 0;
  [[nodiscard]] virtual mapping::resolution resolution() const = 0;
  [[nodiscard]] virtual std::vector<std::string> const& fields(side on) const = 0;

  /// The rule's `when` holds. A rule that does not apply is as if it were not there.
  [[nodiscard]] virtual bool applies(view const& now) const = 0;

  /// The rule's values on one side in their canonical form (null for unset, sets sorted, ...).
  [[nodiscard]] virtual core::group read(side from, core::record const& r) const = 0;

  /// The two values say the same: nothing needs writing. False if an answer is missing.
  [[nodiscard]] virtual bool corresponds(
      core::group const& incident, core::group const& ticket, view const& now
  ) const = 0;

  /// What the side `to` should hold, given the other side's value in `now` and keeping what is
  /// there if it already corresponds. For direction `once` and `to_ticket` only `to == ticket`.
  [[nodiscard]] virtual wish put(side to, view const& now) const = 0;

  /// For resolution `highest` and `furthest`: the order of a value, larger wins. Values that the
  /// order does not name come first.
  [[nodiscard]] virtual int rank(side on, core::group const& value) const = 0;

  /// For resolution `merge`: what the incident side should hold after adding what either side
  /// added to, and removing what either removed from, the base. Null if the rule is no set.
  [[nodiscard]] virtual std::optional<core::group> merged(
      core::group const& base_incident, core::group const& base_ticket, view const& now
  ) const = 0;

  /// The map declares that this value of the incident does not survive the way to the ticket and
  /// back, and it may be written: once the ticket has been moved away and back, nothing but the
  /// memory of it says that it was this one.
  [[nodiscard]] virtual bool loses(core::group const& incident) const = 0;

  /// Writing this to `incident` can keep Defender from merging it with others (owner,
  /// classification, determination), and the map did not say that this is accepted. False once the
  /// incident, as it will be after the rules before, is finished.
  [[nodiscard]] virtual bool hinders_merging(core::record const& incident) const = 0;

  /// False if it writes to a place for comments: what is there cannot be read back, so that it is
  /// never compared with what was written.
  [[nodiscard]] virtual bool is_read_back() const = 0;

  /// The order in which conflict `latest` decides where the stamps' intervals overlap.
  [[nodiscard]] virtual side tie() const = 0;
};

/// `values`, in the order of the rule's fields on that side.
void set_fields(core::record& into, rule const& r, side on, core::group const& values);

struct comment_policy {
  mapping::direction direction = direction::never;
  std::string place;         ///< the ticket side's kind: "work_notes"
  bool take_public = false;  ///< also carry the ticket's public comments to the incident
  std::string prefix;        ///< template text before each copy, e.g. "{author} wrote:"
};

/// What happens to the ticket of an incident that was merged into another one.
struct merge_policy {
  bool close = true;    ///< write `fields` to the losing ticket
  core::record fields;  ///< e.g. state, close_code, close_notes
  std::string comment;  ///< left on the losing ticket; {into} is the survivor's label
  config::position where;
};

/// Why an incident gets a ticket or not, in the words of the map.
struct opening {
  bool opens = false;
  std::string reason;
  config::position where;
};

class field_map {
 public:
  virtual ~field_map() = default;

  [[nodiscard]] virtual std::string const& name() const = 0;
  [[nodiscard]] virtual std::string const& model(side of
  ) const = 0;  ///< "defender", "servicenow/incident"
  [[nodiscard]] virtual std::string const& digest(
  ) const = 0;  ///< of the merged text; changes with any change
  [[nodiscard]] virtual std::span<std::unique_ptr<rule const> const> rules() const = 0;
  [[nodiscard]] virtual opening opens(core::record const& incident) const = 0;
  [[nodiscard]] virtual comment_policy const& comments() const = 0;
  [[nodiscard]] virtual merge_policy const& merged() const = 0;

  /// How long after its creation an incident may still be merged, for rules that hinder merging.
  [[nodiscard]] virtual std::chrono::seconds merging_settles_after() const = 0;

  /// Every field that a rule, a condition or a template reads.
  [[nodiscard]] virtual std::vector<std::string> const& fields(side of) const = 0;

  /// The order of severities is the map's business only through this: 0 is the most urgent lane.
  [[nodiscard]] virtual int lane(core::record const& incident) const = 0;
};

}  // namespace connector::mapping
