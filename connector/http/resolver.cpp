#include "connector/http/resolver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <optional>

namespace connector::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t lookups_at_once = 4;

using addresses = std::vector<asio::ip::address>;

struct lookup {
  bool done = false;
  error_code failure;
  addresses found;
  std::vector<async::signal*> waiting;
};

std::vector<tcp::endpoint> at_port(addresses const& all, std::uint16_t port) {
  std::vector<tcp::endpoint> endpoints;
  endpoints.reserve(all.size());
  for (auto const& each : all) endpoints.emplace_back(each, port);
  return endpoints;
}

}  // namespace

struct resolver::state : std::enable_shared_from_this<state> {
  explicit state(asio::any_io_executor on) : executor{std::move(on)} {}

  asio::any_io_executor executor;
  std::map<std::string, std::shared_ptr<lookup>> under_way;
  std::optional<asio::thread_pool> threads;  // started when first needed

  std::shared_ptr<lookup> begin(std::string const& host) {
    auto& entry = under_way[host];
    if (entry) return entry;
    entry = std::make_shared<lookup>();
    if (!threads) threads.emplace(lookups_at_once);
    auto ask = [host,
                mine = entry,
                self = weak_from_this(),
                on = executor,
                pool = threads->get_executor()] {
      error_code ec;
      addresses found;
      tcp::resolver system{pool};
      for (auto const& each : system.resolve(host, "", ec)) {
        auto const address = each.endpoint().address();
        if (std::find(found.begin(), found.end(), address) == found.end()) found.push_back(address);
      }
      asio::post(on, [=] {
        mine->done = true;
        mine->failure = ec;
        mine->found = found;
        if (auto const alive = self.lock()) alive->under_way.erase(host);
        for (auto* each : mine->waiting) each->notify();
      });
    };
    asio::post(*threads, std::move(ask));
    return entry;
  }
};

resolver::resolver(asio::any_io_executor executor)
    : state_{std::make_shared<state>(std::move(executor))} {}

resolver::~resolver() = default;

asio::awaitable<core::result<std::vector<tcp::endpoint>>> resolver::resolve(
    std::string host, std::uint16_t port, cutoff& limit
) {
  error_code not_numeric;
  auto const address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    addresses const one{address};
    co_return at_port(one, port);
  }

  auto const asked = state_->begin(host);
  async::signal answered;
  asked->waiting.push_back(&answered);
  struct leave_list {
    lookup& from;
    async::signal* who;
    ~leave_list() { std::erase(from.waiting, who); }
  };
  leave_list const on_exit{*asked, &answered};
  cutoff::scope const awaited{limit, answered};
  while (!asked->done && !limit.over()) co_await answered.wait();
  if (!asked->done)
    co_return core::error{core::errc::timeout, "looking up " + host + " takes too long"};
  if (asked->failure || asked->found.empty()) {
    co_return core::error{
        core::errc::unreachable,
        "the name " + host + " cannot be looked up (" +
            (asked->failure ? asked->failure.message() : "no address") +
            "): check its spelling and the DNS settings of this machine"};
  }
  co_return at_port(asked->found, port);
}

}  // namespace connector::http
