#include "connector/sync/reconcile.hpp"

#include "connector/sync/batch.hpp"

namespace connector::sync {

reconciler::reconciler(surroundings with) : with_{std::move(with)} {}
reconciler::~reconciler() = default;

boost::asio::awaitable<core::result<void>> reconciler::run(
    route const& on, std::vector<item> items
) {
  if (items.empty()) co_return core::result<void>{};
  batch all{with_, on, std::move(items)};
  co_return co_await all.run();
}

}  // namespace connector::sync
