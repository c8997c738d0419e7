#pragma once

#include "adapters/jira/settings.hpp"
#include "adapters/jira/wire.hpp"
#include "test/simulation/place.hpp"
#include "test/simulators/jira/jira.hpp"

namespace simulation {

/// A Jira of either edition: its people, its administrators and its faults are the same.
class jira : public ticket_place {
 public:
  jira(simulators::jira_settings site, adapters::jira::settings chosen, core::time_point born);

  simulators::jira& site() { return site_; }
  adapters::jira::translator const& words() const { return words_; }

  simulators::simulator& service() override { return site_; }
  std::vector<std::string> origins() const override { return {site_.settings().origin}; }
  std::unique_ptr<adapter::system> connect(adapter::surroundings with) override;
  errand errand_of(http::request const& call) const override;

  std::vector<habit> const& habits() const override;
  bool do_habit(std::string const& id, int which, int n, core::time_point now) override;
  bool say(
      std::string const& id, std::string const& text, std::string const& who, core::time_point now
  ) override;
  void touch(std::string const& id, core::time_point now) override;

  std::optional<adapter::object> look(std::string const& id) const override;
  std::vector<std::string> comments(std::string const& id) const override;
  bool takes_comments(std::string const& id) const override;
  bool is_visible(std::string const& id) const override;
  bool comments_move_stamps() const override { return true; }
  std::vector<std::pair<std::string, std::string>> tickets() const override;

  void set_list_lag(milliseconds lag) override { site_.settings().list_lag = lag; }

  std::vector<std::string_view> const& drifts() const override;
  void drift(int which, bool begins, core::time_point now) override;

 private:
  simulators::jira site_;
  adapters::jira::settings chosen_;
  adapters::jira::translator words_;
  std::size_t touches_ = 0;
};

}  // namespace simulation
