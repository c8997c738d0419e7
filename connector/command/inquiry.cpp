#include "connector/command/inquiry.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/service.hpp"
#include "connector/config/references.hpp"
#include "connector/http/client.hpp"
#include "connector/http/url.hpp"
#include "connector/store/json_text.hpp"
#include "connector/store/sqlite.hpp"

namespace connector::command {
namespace {

using boost::asio::awaitable;

constexpr std::size_t links_rows_max = 100'000;

/// Of one link's journal; each line may have some kilobytes.
constexpr std::size_t history_lines_max = 20'000;
constexpr std::size_t history_lines_at_once = 1000;

std::string path_of(store::link_filter const& filter, std::string const& after) {
  std::string path = "/links";
  if (!filter.text.empty()) path += '/' + http::percent_encode(filter.text);
  http::parameters query;
  if (!filter.route.empty()) query.push_back({"route", filter.route});
  if (filter.state) query.push_back({"state", std::string{store::name(*filter.state)}});
  if (filter.parked_only) query.push_back({"parked", "true"});
  if (filter.conflicts_only) query.push_back({"conflicts", "true"});
  if (!after.empty()) query.push_back({"after", after});
  if (!query.empty()) path += '?' + http::make_query(query);
  return path;
}

awaitable<core::result<void>> carry_out_in(
    store::store& in, async::clock& clock, sync::order what, std::string link_id
) {
  std::vector<std::string> ids{link_id};
  auto found = co_await in.links(std::move(ids));
  if (!found) co_return found.error();
  if (found->empty()) {
    co_return core::error{core::errc::not_found, "no link has the id " + link_id};
  }
  auto changes = sync::carry_out(what, std::move(found->front()), clock.now());
  if (!changes) co_return changes.error();
  auto done = co_await in.commit(std::move(*changes));
  co_return done;
}

}  // namespace

store::journal_entry line_of(core::value shown) {
  store::journal_entry entry;
  auto* line = shown.if_object();
  if (!line) return entry;
  auto const* seq = line->if_contains("seq");
  if (seq && seq->is_int64()) entry.seq = seq->get_int64();
  entry.link = core::text_of(core::field(*line, "link"));
  entry.at = core::parse_time(core::text_of(core::field(*line, "at"))).value_or(core::time_point{});
  entry.kind = core::text_of(core::field(*line, "kind"));
  if (auto* data = line->if_contains("data")) entry.data = std::move(*data);
  return entry;
}

std::optional<inquiry> inquiry::begin(std::string const& config_path, surroundings with) {
  std::vector<std::string> systems;
  for (auto const& e : with.registry) systems.emplace_back(e.system);
  auto loaded = config::load(config_path, config::make_system_references(), systems);
  if (loaded.good()) return inquiry{std::move(loaded.settings), with};
  for (auto const& c : *loaded.complaints) {
    with.err << config::to_string(c.at) << ": error: " << c.text << '\n';
  }
  return std::nullopt;
}

core::result<store::store*> inquiry::open(bool to_write) {
  if (store_ && (writable_ || !to_write)) return store_.get();
  store_.reset();
  store::sqlite_settings settings;
  settings.path = settings_.store;
  settings.read_only = !to_write;
  auto opened = store::open_sqlite(settings);
  if (!opened) {
    refusal_ = opened.error();
    return refusal_;
  }
  store_ = std::move(*opened);
  writable_ = to_write;
  return store_.get();
}

core::result<std::string> inquiry::ask(std::string const& method, std::string const& path) {
  auto const& listen = settings_.listen;
  auto const v6 = listen.address.find(':') != std::string::npos;
  http::request call;
  call.method = method;
  call.url = "http://" + (v6 ? '[' + listen.address + ']' : listen.address) + ':' +
             std::to_string(listen.port) + path;
  call.headers.push_back({"Content-Type", "application/json"});
  auto const client = http::make_client(loop_->get_executor(), *clock_, {});
  auto answer = run_to_end(*loop_, client->send(std::move(call)));
  if (!answer) {
    return core::error{
        answer.error().code,
        refusal_.detail + "; and no service answers in its place: " + answer.error().detail};
  }
  if (answer->status == 200) return std::move(answer->body);
  auto text = answer->body.substr(0, answer->body.find('\n'));
  auto const code = answer->status == 404 ? core::errc::not_found : core::errc::rejected;
  return core::error{code, text};
}

core::result<boost::json::array> inquiry::ask_for_list(std::string const& path) {
  auto answer = ask("GET", path);
  if (!answer && answer.error().code == core::errc::not_found) return boost::json::array{};
  if (!answer) return answer.error();
  // Numbers to the last bit, as the store has them.
  auto parsed = store::parse_json(*answer);
  if (!parsed || !parsed->is_array()) {
    return core::error{core::errc::malformed, "the service's answer is not a list"};
  }
  return std::move(parsed->as_array());
}

core::result<boost::json::array> inquiry::links(store::link_filter const& filter) {
  boost::json::array all;
  std::string after;
  while (all.size() < links_rows_max) {
    auto page = links_after(filter, after);
    if (!page) return page.error();
    if (page->empty()) break;
    after = core::text_of(core::field(page->back().as_object(), "link"));
    for (auto& one : *page) all.push_back(std::move(one));
  }
  return all;
}

core::result<boost::json::array> inquiry::links_after(
    store::link_filter const& filter, std::string const& after
) {
  if (!std::filesystem::exists(settings_.store)) return boost::json::array{};
  auto in = open(false);
  if (in) return run_to_end(*loop_, read_links(**in, filter, after, links_page_rows));
  return ask_for_list(path_of(filter, after));
}

core::result<std::vector<store::journal_entry>> inquiry::history_of(std::string const& link) {
  std::vector<store::journal_entry> all;
  auto before = std::numeric_limits<std::int64_t>::max();
  while (all.size() < history_lines_max) {
    std::vector<store::journal_entry> page;
    auto in = open(false);
    if (in) {
      auto read = run_to_end(*loop_, (*in)->journal(link, before, history_lines_at_once));
      if (!read) return read.error();
      page = std::move(*read);
    } else {
      auto const path = "/journal?" + http::make_query(
                                          {{"link", link},
                                           {"before", std::to_string(before)},
                                           {"rows", std::to_string(history_lines_at_once)}}
                                      );
      auto read = ask_for_list(path);
      if (!read) return read.error();
      for (auto& line : *read) page.push_back(line_of(std::move(line)));
    }
    for (auto& line : page) all.push_back(std::move(line));
    if (page.size() < history_lines_at_once) break;
    before = all.back().seq;
  }
  std::reverse(all.begin(), all.end());
  return all;
}

core::result<boost::json::array> inquiry::explain(
    std::string const& which, std::string const& field
) {
  if (!std::filesystem::exists(settings_.store)) return boost::json::array{};
  auto in = open(false);
  if (!in) {
    auto path = "/explain/" + http::percent_encode(which);
    if (!field.empty()) path += '?' + http::make_query({{"field", field}});
    return ask_for_list(path);
  }
  auto maps = load_maps(settings_, with_.registry, with_.err);
  if (!maps) return core::error{core::errc::invalid, "the maps are unusable"};
  return run_to_end(*loop_, explain_links(**in, maps->to_run, which, field, clock_->now()));
}

core::result<void> inquiry::carry_out(sync::order const& what, std::string const& link_id) {
  auto in = open(true);
  if (in) return run_to_end(*loop_, carry_out_in(**in, *clock_, what, link_id));
  http::parameters query;
  if (!what.rule.empty()) query.push_back({"rule", what.rule});
  if (what.what == sync::order::kind::resolve) {
    query.push_back({"winner", std::string{mapping::name(what.winner)}});
  }
  auto path = "/links/" + http::percent_encode(link_id) + '/' + std::string{sync::name(what.what)};
  if (!query.empty()) path += '?' + http::make_query(query);
  auto answer = ask("POST", path);
  if (!answer) return answer.error();
  return {};
}

}  // namespace connector::command
