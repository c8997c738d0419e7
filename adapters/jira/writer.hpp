#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/fields.hpp"
#include "adapters/jira/walker.hpp"
#include "adapters/jira/wire.hpp"

namespace adapters::jira {

/// Makes the port's writes out of Jira's: edits, transitions, labels by addition and removal,
/// remote links, issues in bulk. What is stored afterwards is read back, a hundred issues a call.
class writer {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  using receipts = std::vector<core::result<adapter::receipt>>;

  writer(
      client& by, settings const& with, translator const& words, walker& moves, async::clock& clock
  );

  /// An update that was refused before anything was changed fails without effect. Once something
  /// was changed, a definite refusal of the rest gives a receipt, which shows what is stored; an
  /// uncertain or passing failure is an error of unknown effect.
  awaitable<receipts> update_all(std::vector<adapter::update> updates, adapter::wants needs);

  awaitable<receipts> create_all(std::vector<adapter::creation> creations, adapter::wants needs);

  /// What updates whose answer was lost replaced.
  awaitable<core::result<std::vector<std::vector<adapter::lost_edit>>>> replaced_by(
      std::vector<adapter::update> updates
  );

  static constexpr std::size_t creates_per_call = 50;

 private:
  struct job {
    std::string id;
    json::object fields;  ///< in the API's form
    std::optional<std::string> status;
    std::optional<std::vector<std::string>> labels;  ///< as they shall be, without our own
    std::optional<core::value> link;
    std::int64_t version_seen = 0;
    std::optional<standing> before;
    json::array label_changes;
    core::record asked;
    std::optional<core::error> failed;
    bool changed = false;  ///< something was surely done
    bool made = false;     ///< the issue of `id` was created by this
    bool link_stored = false;
  };

  awaitable<job> prepare(std::string id, core::record fields);
  awaitable<void> look_before(std::vector<job>& jobs);
  awaitable<void> perform(job& one);
  awaitable<core::result<void>> edit(job& one);
  awaitable<core::result<void>> move(job& one);
  awaitable<core::result<void>> put_link(job& one);
  awaitable<void> create_part(std::vector<job*> part, std::vector<std::string> keys);
  awaitable<receipts> read_back(std::vector<job> jobs, adapter::wants needs, client::history past);
  /// For custom fields; they were needed to write these, so that they are known already.
  awaitable<field_kinds> kinds_if(bool needed);
  std::vector<adapter::lost_edit> replaced_in(
      issue const& shown,
      std::int64_t version_seen,
      core::record const& asked,
      field_kinds const& kinds
  ) const;

  client& client_;
  settings const& settings_;
  translator const& words_;
  walker& walker_;
  field_directory fields_;
};

}  // namespace adapters::jira
