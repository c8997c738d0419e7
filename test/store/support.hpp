#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <string>

#include "connector/store/json_text.hpp"
#include "connector/store/link_json.hpp"
#include "connector/store/store.hpp"

namespace connector::store {

/// Drives one coroutine on a loop of its own.
template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context loop;
  auto answer = boost::asio::co_spawn(loop, std::move(work), boost::asio::use_future);
  loop.run();
  return answer.get();
}

/// The value, or a failed test that says why there is none.
template <class T>
T good(core::result<T> found) {
  if (!found) {
    ADD_FAILURE() << found.error().detail;
    return T{};
  }
  return std::move(*found);
}

/// Commits, expecting success.
inline void put(store& in, changes all) {
  auto const done = run(in.commit(std::move(all)));
  EXPECT_TRUE(done.has_value()) << (done ? "" : done.error().detail);
}

inline core::time_point at(std::int64_t seconds) {
  return core::time_point{std::chrono::seconds{seconds}};
}

/// How often to do something; a long run sets the variable.
inline int times(char const* variable, int usually) {
  auto const* const asked = std::getenv(variable);
  return asked ? std::stoi(asked) : usually;
}

/// A folder that goes away with the test.
class scratch_folder {
 public:
  scratch_folder() {
    auto name = (std::filesystem::temp_directory_path() / "store-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error{"no scratch folder"};
    path_ = name;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  scratch_folder(scratch_folder const&) = delete;
  scratch_folder& operator=(scratch_folder const&) = delete;

  [[nodiscard]] std::string file(std::string const& name = "store.db") const {
    return (path_ / name).string();
  }
  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A link with the least that makes it distinct.
inline link simple_link(std::string const& key) {
  link l;
  l.id = "id-" + key;
  l.route = "route";
  l.incident_connection = "defender";
  l.ticket_connection = "servicenow";
  l.incident_id = "incident-" + key;
  l.ticket_id = "ticket-" + key;
  l.ticket_label = "INC-" + key;
  l.state = link_state::linked;
  return l;
}

/// A link in which every member has a value of its own.
link full_link(std::string const& key);

inline changes with_links(std::vector<link> links) {
  changes all;
  all.links = std::move(links);
  return all;
}

/// Everything a link holds, as one text to compare and to print.
inline std::string whole(link const& l) {
  std::string out = l.id + "|" + l.route + "|" + l.incident_connection + "|" + l.ticket_connection +
                    "|" + l.incident_id + "|" + l.ticket_id + "|" + l.ticket_label + "|" +
                    std::string{name(l.state)} + "|" + std::to_string(l.lane) + "|";
  if (l.due) out += std::to_string(l.due->time_since_epoch().count());
  return out + "|" + link_body(l);
}

inline std::vector<std::string> ids(std::vector<link> const& links) {
  std::vector<std::string> all;
  for (auto const& l : links) all.push_back(l.id);
  return all;
}

}  // namespace connector::store
