#include "connector/command/hooks.hpp"

#include <algorithm>

#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace connector::command {

namespace {

constexpr std::string_view hooks_path = "/hooks/";

http::reply plain(int status, std::string text) {
  http::reply r;
  r.status = status;
  r.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  r.body = std::move(text);
  return r;
}

}  // namespace

hooks::hooks(sync::engine& wakes) : engine_{wakes} {
  for (auto const& c : engine_.connections()) counts_[c->name];
}

bool hooks::is_hook(http::request const& request) { return request.url.starts_with(hooks_path); }

http::reply hooks::take(http::request request) {
  if (request.method != "POST") return plain(405, "webhooks are posted\n");
  if (request.body.size() > hook_bytes_max) return plain(413, "too large\n");
  auto const path = std::string_view{request.url}.substr(0, request.url.find('?'));
  auto const name = http::percent_decode(path.substr(hooks_path.size()));
  auto const& all = engine_.connections();
  auto const found =
      std::ranges::find_if(all, [&](auto const& c) { return name && c->name == *name; });
  if (found == all.end()) return plain(404, "no such connection\n");
  adapter::hook_call call;
  call.headers.reserve(request.headers.size());
  for (auto& h : request.headers)
    call.headers.emplace_back(http::lower(h.name), std::move(h.value));
  call.body = std::move(request.body);
  auto& so_far = counts_[(*found)->name];
  auto const vouched = (*found)->system->accept(call);
  if (!vouched && vouched.error().code == core::errc::conflict) {
    ++so_far.repeated;
    return plain(202, "");
  }
  if (!vouched) {
    // Why is nobody's business out there; the number of refusals is on record.
    ++so_far.refused;
    return plain(403, "refused\n");
  }
  ++so_far.accepted;
  engine_.wake((*found)->name);
  return plain(202, "");
}

boost::asio::awaitable<http::reply> hooks::answer(http::request request) {
  if (!is_hook(request)) co_return plain(404, "there is /hooks/<connection>\n");
  co_return take(std::move(request));
}

}  // namespace connector::command
