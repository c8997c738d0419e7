#pragma once

#include <boost/asio/awaitable.hpp>

#include "adapters/jira/client.hpp"
#include "adapters/jira/wire.hpp"
#include "connector/async/clock.hpp"

namespace adapters::jira {

/// The kinds of a site's fields, read once and kept for a while.
class field_directory {
 public:
  field_directory(client& by, async::clock& clock) : client_{by}, clock_{clock} {}

  boost::asio::awaitable<core::result<field_kinds const*>> kinds();

  static constexpr auto kept_for = std::chrono::minutes{10};

 private:
  client& client_;
  async::clock& clock_;
  field_kinds kinds_;
  async::clock::steady_point until_{};
};

/// Of GET /field.
field_kinds kinds_in(json::value const& answer);

/// The custom field behind "Request Type" of Jira Service Management.
inline constexpr std::string_view request_type_kind = "com.atlassian.servicedesk:vp-origin";

}  // namespace adapters::jira
