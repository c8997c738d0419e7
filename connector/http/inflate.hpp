#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connector/core/error.hpp"

namespace connector::http {

enum class coding { gzip, deflate };

/// Undoes a content coding piece by piece, and refuses what only wants to fill our memory: more
/// than `bytes_max`, or, past the first MiB, more than 100 times what came in.
class inflater {
 public:
  inflater(coding kind, std::size_t bytes_max);
  ~inflater();
  inflater(inflater&&) noexcept;
  inflater& operator=(inflater&&) noexcept;

  /// Appends what `piece` decodes to. Failures are errc::malformed.
  std::optional<core::error> put(std::string_view piece, std::string& to);

  /// The input is over; complains if it ended in the middle. No input at all is an empty body.
  std::optional<core::error> finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// `bytes` as gzip; what servers and tests send.
std::string gzip(std::string_view bytes);

}  // namespace connector::http
