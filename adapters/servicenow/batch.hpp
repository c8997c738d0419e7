#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/servicenow/writes.hpp"
#include "connector/http/message.hpp"

namespace adapters::servicenow {

namespace http = connector::http;

/// The body of POST /api/now/v1/batch: items named "0", "1", ... in order, executed one after the
/// other and not as a transaction (docs: "REST Batch API").
std::string batch_request(std::span<write const> items);

/// What became of one item.
struct batch_item {
  enum class fate {
    served,    ///< `answer` is what the call alone would have been answered
    unserved,  ///< the batch ran out of its time before this one: surely not executed
    untold,    ///< the answer says nothing of it, or nothing that can be read: anything may be
  };
  fate became = fate::untold;
  http::response answer;
};

/// One entry per item, in order; `malformed` with effect::unknown if the answer is no batch answer.
core::result<std::vector<batch_item>> batch_answer(
    boost::json::value const& from, std::size_t items
);

}  // namespace adapters::servicenow
