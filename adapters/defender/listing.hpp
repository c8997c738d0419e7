#pragma once

#include <optional>

#include "adapters/defender/query.hpp"
#include "adapters/defender/wire.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/core/error.hpp"
#include "connector/core/time.hpp"

namespace adapters::defender {

/// Turns one page of Graph's list into one of the port's and says where the listing goes on. Pure.
///
/// `asked` is the bookmark that led to the page; its stamp is what was asked with `ge`. The next
/// page is asked for by the last row's stamp, and rows already handed out with it are dropped.
/// Only where a whole page has one stamp its nextLink is followed instead.
///
/// `malformed` if a row has no id, or if Graph did not filter or order as it was asked: keyset
/// paging would then lose changes.
connector::core::result<connector::adapter::change_page> page_of(
    rows found,
    bookmark const& asked,
    std::optional<connector::core::time_point> to,
    connector::adapter::wants const& needs
);

}  // namespace adapters::defender
