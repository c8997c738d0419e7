#include "test/simulators/desk.hpp"

#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {
namespace {

constexpr std::array<std::string_view, 2> tables{"incident", "sn_si_incident"};

class servicenow_desk final : public desk {
 public:
  servicenow_desk(servicenow_settings settings, core::time_point now)
      : instance_{std::move(settings), now} {}

  std::string_view name() const override { return "servicenow"; }
  simulator& service() override { return instance_; }
  void lives_at(std::string const& origin) override { instance_.settings().origin = origin; }

  json::array tickets() const override {
    json::array out;
    for (auto const table : tables) {
      instance_.each_record(table, [&](json::object const& each) { out.push_back(told(each)); });
    }
    return out;
  }

  json::object ticket(std::string const& named) const override {
    return told(*instance_.record(id_of(named)));
  }

  json::object create(json::object const& body, core::time_point now) override {
    auto const id = instance_.create_record(
        text(body, "table", "incident"),
        object(body, "fields"),
        text(body, "who", "beth.anglin"),
        now
    );
    if (id.empty()) throw misuse{"no such table"};
    return {{"sys_id", id}};
  }

  bool act(
      std::string const& named,
      std::string_view deed,
      json::object const& body,
      core::time_point now
  ) override {
    auto const id = id_of(named);
    auto const who = text(body, "who", "beth.anglin");
    if (deed == "edit") return instance_.edit(id, object(body, "fields"), who, now);
    if (deed == "journal" || deed == "comment") {
      auto const element = text(body, "element", "work_notes");
      if (element != "work_notes" && element != "comments") {
        throw misuse{"'element' is work_notes or comments"};
      }
      return instance_.add_journal(id, element, needed(body, "text"), who, now);
    }
    if (deed == "take-up") return instance_.edit(id, {{"state", "2"}}, who, now);
    if (deed == "resolve") {
      auto const code = text(body, "close_code", "Solution provided");
      auto const notes = text(body, "close_notes", "Done.");
      return instance_.resolve(id, code, notes, who, now);
    }
    if (deed == "close") return instance_.close(id, who, now);
    if (deed == "reopen") return instance_.reopen(id, who, now);
    if (deed == "remove") return instance_.remove(id, now);
    throw misuse{"unknown deed '" + std::string{deed} + "'", 404};
  }

  json::object duplicates() const override {
    json::object out;
    for (auto const table : tables) {
      auto const keys = instance_.tickets_by_correlation(table);
      json::object twins;
      for (auto const& [key, count] : keys) {
        if (count > 1) twins[key] = count;
      }
      out[table] = json::object{
          {"tickets", instance_.records(table)}, {"keys", keys.size()}, {"duplicates", twins}};
    }
    return out;
  }

  bool set(std::string_view setting, double value) override {
    auto& settings = instance_.settings();
    if (setting == "servicenow_list_lag_ms") {
      settings.list_lag = std::chrono::milliseconds{static_cast<std::int64_t>(value)};
    } else if (setting == "servicenow_calls_per_hour") {
      settings.rate_limits.clear();
      if (value > 0) settings.rate_limits.push_back({static_cast<std::size_t>(value), {}});
    } else if (setting == "servicenow_hibernating") {
      settings.hibernating = value != 0;
    } else {
      return false;
    }
    return true;
  }

  bool set_list(std::string_view setting, std::vector<std::string> const& all) override {
    auto& settings = instance_.settings();
    if (setting == "servicenow_roles") {
      settings.roles = all;
    } else if (setting == "servicenow_unreadable_tables") {
      settings.unreadable_tables = all;
    } else if (setting == "servicenow_mandatory_on_create") {
      settings.mandatory_on_create = all;
    } else {
      return false;
    }
    return true;
  }

  bool administer(std::string_view deed, json::object const& body, core::time_point now) override {
    if (deed != "choice") return false;
    auto const* active = body.if_contains("active");
    bool const is_active = active == nullptr || !active->is_bool() || active->get_bool();
    auto const value = text(body, "value");
    instance_.set_choice(
        {text(body, "table", "incident"), text(body, "element"), value, text(body, "label", value)},
        is_active,
        now
    );
    return true;
  }

  void lift_limits() override { instance_.settings().rate_limits.clear(); }

  json::object figures() const override { return {{"sessions", instance_.sessions_opened()}}; }

 private:
  /// A ticket may be named by sys_id, number or correlation_id.
  std::string id_of(std::string const& named) const {
    if (instance_.record(named)) return named;
    for (auto const table : tables) {
      for (std::string_view const column : {"number", "correlation_id"}) {
        auto const found = instance_.find_ids(table, column, named);
        if (!found.empty()) return found.front();
      }
    }
    throw misuse{"no such ticket", 404};
  }

  json::object told(json::object record) const {
    json::array notes;
    for (auto const& entry :
         instance_.journal(std::string_view{record.at("sys_id").get_string()})) {
      notes.push_back({
          {"sys_id", entry.sys_id},
          {"element", entry.element},
          {"text", entry.text},
          {"author", entry.author},
          {"at", entry.at},
      });
    }
    record["journal"] = std::move(notes);
    return record;
  }

  servicenow instance_;
};

}  // namespace

std::unique_ptr<desk> make_servicenow_desk(open_points chosen, core::time_point now) {
  auto settings =
      chosen == open_points::observed ? servicenow_settings::observed() : servicenow_settings{};
  return std::make_unique<servicenow_desk>(std::move(settings), now);
}

}  // namespace simulators
