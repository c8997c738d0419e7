#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/http/message.hpp"
#include "connector/mapping/map.hpp"
#include "test/simulators/simulator.hpp"

/// A system's place in a world: its simulator, the production adapter in front of it, and the
/// people who work in it. One file in `places/` per system; `places.cpp` lists them.
namespace simulation {

namespace adapter = connector::adapter;
namespace core = connector::core;
namespace http = connector::http;
namespace mapping = connector::mapping;
using std::chrono::milliseconds;

/// How a world's systems behave; drawn per world.
struct temper {
  bool hard = false;           ///< the simulators' open points in the position that asks more
  std::size_t page_rows = 50;  ///< most rows of a page, so that few objects make several pages
  std::uint64_t seed = 1;
};

/// What a person can do to an object, beside saying something.
struct habit {
  std::string_view words;  ///< "sets the severity to high"
  /// The most that one person does it: an edit that must not be drawn often, such as a removal.
  int weight = 4;
};

/// What a call does to the system's records.
enum class errand {
  read,    ///< nothing; sign-ins among them
  change,  ///< of one that is there
  make,    ///< of a new one, a comment, or several writes in one
};

/// A sign-in, of any of the systems.
bool is_sign_in(http::request const& call);

class place {
 public:
  virtual ~place() = default;

  virtual simulators::simulator& service() = 0;
  [[nodiscard]] virtual std::vector<std::string> origins() const = 0;
  /// The production adapter, as `run` would make it.
  virtual std::unique_ptr<adapter::system> connect(adapter::surroundings with) = 0;

  /// What a call is to the system; faults of writes strike writes, and people just before them.
  [[nodiscard]] virtual errand errand_of(http::request const& call) const {
    if (call.method == "GET" || is_sign_in(call)) return errand::read;
    return call.method == "POST" ? errand::make : errand::change;
  }

  /// What people do here. `do_habit` answers false where the product would not do it. `n` makes
  /// texts unique. People act by the service's clock.
  [[nodiscard]] virtual std::vector<habit> const& habits() const = 0;
  virtual bool do_habit(std::string const& id, int which, int n, core::time_point now) = 0;
  virtual bool say(
      std::string const& id, std::string const& text, std::string const& who, core::time_point now
  ) = 0;
  /// Something that no map carries, but that moves the object's stamp.
  virtual void touch(std::string const& id, core::time_point now) = 0;

  /// The object as it is, whatever lists show, in the words of the adapter's model; null if there
  /// is none. Without comments.
  [[nodiscard]] virtual std::optional<adapter::object> look(std::string const& id) const = 0;
  /// The texts of its comments, those of ours included.
  [[nodiscard]] virtual std::vector<std::string> comments(std::string const& id) const = 0;

  /// Whether the object shows nothing that is newer than the version a link has accepted.
  [[nodiscard]] virtual bool is_seen(adapter::object const& now, std::int64_t accepted) const {
    return now.version == accepted;
  }

  /// False where the system drops comments on this object without a word.
  [[nodiscard]] virtual bool takes_comments(std::string const& /*id*/) const { return true; }

  /// False while the service's account cannot see it at all.
  [[nodiscard]] virtual bool is_visible(std::string const& /*id*/) const { return true; }

  virtual void set_list_lag(milliseconds lag) = 0;
  /// The longest lag that the adapter allows for, for what people write; and for what we create.
  [[nodiscard]] virtual milliseconds list_lag_max() const = 0;
  [[nodiscard]] virtual milliseconds search_lag_max() const { return list_lag_max(); }

  /// Ways in which the system's own set-up changes under our feet.
  [[nodiscard]] virtual std::vector<std::string_view> const& drifts() const = 0;
  virtual void drift(int which, bool begins, core::time_point now) = 0;

  /// A comment alone moves the object's stamp; where not, polls see it with the next change.
  [[nodiscard]] virtual bool comments_move_stamps() const = 0;
};

class incident_place : public place {
 public:
  /// Answers the id. `choice` picks one of a few natures, some of which open no ticket.
  virtual std::string add(int choice, int n, core::time_point now) = 0;
  /// False where Defender would not merge these two.
  virtual bool merge(std::string const& id, std::string const& into, core::time_point now) = 0;
};

class ticket_place : public place {
 public:
  /// Ids of all tickets that carry a key, with it.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> tickets() const = 0;
};

/// A pair of systems to be kept in step.
struct pairing {
  std::string_view name;               ///< for --system
  std::vector<std::string_view> maps;  ///< below the repository's root; one is drawn per world
  std::unique_ptr<incident_place> (*incidents)(temper const&);
  std::unique_ptr<ticket_place> (*tickets)(temper const&, core::time_point born);
};

std::vector<pairing> const& pairings();
pairing const* find_pairing(std::string_view name);

}  // namespace simulation
