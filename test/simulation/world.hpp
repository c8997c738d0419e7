#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/simulation/mutation.hpp"
#include "test/simulation/script.hpp"

namespace simulation {

/// What became of a world.
struct outcome {
  std::vector<std::string> violations;  ///< empty: every promise was kept
  std::uint64_t digest =
      0;  ///< of everything that was journalled; the same script, the same digest
  std::map<std::string, int> events;  ///< journal kinds, faults that struck, crashes, ...
  std::uint64_t calls = 0;
  std::vector<std::string> journal;  ///< only if asked for
};

/// Maps, compiled once for all worlds of a process.
class atlas {
 public:
  /// Throws std::runtime_error with the findings if a map does not compile. `root`: the
  /// repository's.
  atlas(pairing const& of, std::string const& root);

  /// `variant`: 0 as it stands; 1 the same rules in another text, as an edited file would be.
  [[nodiscard]] std::shared_ptr<mapping::field_map const> map(int which, int variant) const;

 private:
  std::vector<std::vector<std::shared_ptr<mapping::field_map const>>> maps_;
};

/// Plays the script: act one with everything in it, act two without faults until all must be in
/// step.
outcome play(
    script const& s,
    pairing const& with,
    atlas const& maps,
    mutation without = mutation::none,
    bool with_journal = false
);

}  // namespace simulation
