#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/wire.hpp"

namespace adapters::pagerduty {

/// Reads notes, one call per incident, and remembers them: the log says when an incident was
/// annotated, so a row of the feed needs no call for notes that are known. Forgetting costs calls
/// and nothing else. Loop thread only.
class note_reader {
 public:
  explicit note_reader(client& by) : client_{by} {}

  using comments = std::vector<adapter::comment>;

  /// The notes as they are now.
  boost::asio::awaitable<core::result<comments>> read(std::string id);

  /// The notes as they are known, if nothing can have been added since; else as `read`.
  boost::asio::awaitable<core::result<comments>> recall(std::string id);

  /// The log has an annotation of this incident.
  void annotated(std::string const& id, core::time_point at);

  /// A new incident, opened when the server's clock showed `at`, has no notes.
  void opened(std::string const& id, core::time_point at);

  /// A note was sent to this incident and what became of it is not known. Until the process ends
  /// its notes are always read.
  void in_doubt(std::string const& id);

  static constexpr std::size_t remembered_max = 20'000;
  static constexpr std::size_t remembered_bytes_max = 8u << 20;

 private:
  struct known {
    comments notes;
    core::time_point read_at{};  ///< the server's clock
  };
  void remember(std::string const& id, known what);

  client& client_;
  std::map<std::string, known, std::less<>> known_;
  std::size_t bytes_ = 0;
  std::map<std::string, core::time_point, std::less<>> annotated_;
  std::set<std::string, std::less<>> in_doubt_;
};

}  // namespace adapters::pagerduty
