#include "adapters/jira/jql.hpp"

#include <chrono>

namespace adapters::jira {

std::string jql_quoted(std::string_view text) {
  std::string out{'"'};
  for (char const c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  out += '"';
  return out;
}

std::string jql_list(std::span<std::string const> texts) {
  std::string out{'('};
  for (auto const& one : texts) {
    if (out.size() > 1) out += ", ";
    out += jql_quoted(one);
  }
  out += ')';
  return out;
}

std::string jql_time(core::time_point at) {
  auto const since = std::chrono::floor<std::chrono::milliseconds>(at).time_since_epoch();
  return std::to_string(since.count());
}

}  // namespace adapters::jira
