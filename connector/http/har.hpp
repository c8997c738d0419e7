#pragma once

#include <memory>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/core/secret.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

/// A file of recorded calls in the HTTP Archive format (HAR 1.2,
/// https://w3c.github.io/web-performance/specs/HAR/Overview.html). Starts anew; valid JSON after
/// every entry, whatever happens to the process next. Readable by its owner alone. Several
/// recorders may share one. Loop thread only; writing blocks.
class har_file {
 public:
  /// Texts in `secrets` are replaced wherever they occur, on top of what redact.hpp knows by name.
  /// Throws std::runtime_error if the file cannot be written.
  explicit har_file(std::string const& path, std::vector<core::secret> secrets = {});
  ~har_file();
  har_file(har_file const&) = delete;
  har_file& operator=(har_file const&) = delete;

  struct exchange {
    core::time_point started_at{};
    async::clock::duration took{};
  };
  void add(request const& call, core::result<response> const& answer, exchange when);

  /// Why entries are missing; empty if none are.
  [[nodiscard]] std::string const& failure() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// A transport that passes calls on to `inner` and notes each with its answer. A call without an
/// answer has status 0 and `_error`. `inner` and `clock` must outlive it.
std::unique_ptr<transport> make_har_recorder(
    transport& inner, async::clock& clock, std::shared_ptr<har_file> to
);

/// The same, with a file of its own.
std::unique_ptr<transport> make_har_recorder(
    transport& inner, async::clock& clock, std::string const& path
);

}  // namespace connector::http
