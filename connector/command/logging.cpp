#include "connector/command/logging.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "connector/core/time.hpp"

namespace connector::command {
namespace {

/// spdlog's patterns do not escape, and messages hold what other systems say.
class json_formatter final : public spdlog::formatter {
 public:
  void format(spdlog::details::log_msg const& line, spdlog::memory_buf_t& to) override {
    boost::json::object fields{
        {"time", core::format_time(std::chrono::floor<core::ticks>(line.time))},
        {"level",
         std::string_view{
             spdlog::level::to_string_view(line.level).data(),
             spdlog::level::to_string_view(line.level).size()}},
        {"message", std::string_view{line.payload.data(), line.payload.size()}},
    };
    auto text = boost::json::serialize(fields);
    text += '\n';
    to.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(config::log_settings const& settings) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto logger = std::make_shared<spdlog::logger>("connector", std::move(sink));
  logger->set_level(spdlog::level::from_str(settings.level));
  if (settings.format == config::log_format::json) {
    logger->set_formatter(std::make_unique<json_formatter>());
  } else {
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-8l %v", spdlog::pattern_time_type::utc);
  }
  logger->flush_on(spdlog::level::info);
  return logger;
}

}  // namespace connector::command
