#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "test/simulation/place.hpp"

namespace simulation {

/// What every rule's values have been on each side, and who set them.
class chronicle {
 public:
  struct entry {
    core::time_point at;  ///< true time
    core::group value;
    bool by_person = false;
    /// Ours: what was read of the object, in the version that the write was decided from.
    std::vector<core::group> known;
  };
  using object_key = std::pair<mapping::side, std::string>;

  chronicle(incident_place const& incidents, ticket_place const& tickets)
      : incidents_{incidents}, tickets_{tickets} {}

  /// Compares the object with what was last known of it.
  void look_at(
      mapping::field_map const& map,
      mapping::side side,
      std::string const& id,
      core::time_point now,
      bool by_person
  );
  /// A process was shown this.
  void note_reading(mapping::side side, adapter::object const& object);
  /// A write to this object was decided from a reading with this version.
  void note_decision(mapping::side side, std::string const& id, std::int64_t version);

  [[nodiscard]] std::vector<entry> const& of(
      mapping::side side, std::string const& id, std::string const& rule
  ) const;
  /// The object's fields as last known at a true time.
  [[nodiscard]] core::record const& fields_at(
      mapping::side side, std::string const& id, core::time_point at
  ) const;

  /// A person's comment: a text that occurs nowhere else.
  struct comment {
    mapping::side side;
    std::string object;
    std::string text;
  };
  std::vector<comment> comments;

  [[nodiscard]] std::size_t deeds_of_people() const { return deeds_; }

 private:
  incident_place const& incidents_;
  ticket_place const& tickets_;
  std::map<object_key, std::map<std::string, std::vector<entry>>> values_;
  std::map<object_key, std::vector<std::pair<core::time_point, core::record>>> fields_;
  /// By version; several of one where versions are coarse.
  std::map<object_key, std::map<std::int64_t, std::vector<core::record>>> readings_;
  std::map<object_key, std::int64_t> decided_from_;
  std::size_t deeds_ = 0;
};

}  // namespace simulation
