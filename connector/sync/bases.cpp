#include "connector/sync/bases.hpp"

namespace connector::sync {

core::group kept(mapping::rule const& r, core::group const& value) {
  return r.resolution() == mapping::resolution::merge ? value : core::abridged(value);
}

bool same_as_kept(mapping::rule const& r, core::group const& value, core::group const& kept) {
  return r.resolution() == mapping::resolution::merge ? value == kept
                                                      : core::same_as_kept(value, kept);
}

core::group unknown_value() { return {core::record{{"unknown", true}}}; }

core::group undelivered_value() { return {core::record{{"undelivered", true}}}; }

}  // namespace connector::sync
