#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace connector::async {

/// The random number port.
class random {
 public:
  virtual ~random() = default;

  /// 64 evenly distributed bits.
  virtual std::uint64_t next() = 0;
};

/// Unpredictable numbers (the operating system's), good enough for keys and nonces.
std::unique_ptr<random> make_system_random();

/// The same numbers for the same seed; for simulations.
std::unique_ptr<random> make_seeded_random(std::uint64_t seed);

/// A version-4 UUID, "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx".
std::string make_uuid(random& source);

}  // namespace connector::async
