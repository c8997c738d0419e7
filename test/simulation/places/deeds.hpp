#pragma once

#include <algorithm>
#include <iterator>

#include "test/simulation/place.hpp"

namespace simulation {

/// A habit and how it is done. `Hand` is a person at one object; false: the product would not let
/// them.
template <class Hand>
struct deed {
  std::string_view words;
  int weight;  ///< as in `habit`
  bool (*doing)(Hand const&);
};

/// A way in which a system's own set-up changes under our feet, and changes back.
template <class Place>
struct upheaval {
  std::string_view words;
  void (*set)(Place&, bool begins, core::time_point now);
};

template <class Hand>
std::vector<habit> habits_of(std::vector<deed<Hand>> const& all) {
  std::vector<habit> out;
  std::ranges::transform(all, std::back_inserter(out), [](deed<Hand> const& one) {
    return habit{one.words, one.weight};
  });
  return out;
}

template <class Place>
std::vector<std::string_view> words_of(std::vector<upheaval<Place>> const& all) {
  std::vector<std::string_view> out;
  std::ranges::transform(all, std::back_inserter(out), &upheaval<Place>::words);
  return out;
}

}  // namespace simulation
