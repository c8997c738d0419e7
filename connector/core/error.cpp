#include "connector/core/error.hpp"

#include <stdexcept>

namespace connector::core {

std::string_view name(errc code) {
  switch (code) {
    case errc::timeout:
      return "timeout";
    case errc::cancelled:
      return "cancelled";
    case errc::unreachable:
      return "unreachable";
    case errc::unavailable:
      return "unavailable";
    case errc::rate_limited:
      return "rate_limited";
    case errc::unauthorized:
      return "unauthorized";
    case errc::forbidden:
      return "forbidden";
    case errc::rejected:
      return "rejected";
    case errc::not_found:
      return "not_found";
    case errc::conflict:
      return "conflict";
    case errc::malformed:
      return "malformed";
    case errc::storage:
      return "storage";
    case errc::invalid:
      return "invalid";
  }
  return "error";
}

bool is_transient(errc code) {
  switch (code) {
    case errc::timeout:
    case errc::unreachable:
    case errc::unavailable:
    case errc::rate_limited:
    case errc::malformed:
    case errc::conflict:
      return true;
    case errc::cancelled:
    case errc::unauthorized:
    case errc::forbidden:
    case errc::rejected:
    case errc::not_found:
    case errc::storage:
    case errc::invalid:
      return false;
  }
  return false;
}

void throw_exception_from_error(error const& e, boost::source_location const& where) {
  throw std::logic_error{
      std::string{name(e.code)} + ": " + e.detail + " (" + where.file_name() + ":" +
      std::to_string(where.line()) + ")"};
}

}  // namespace connector::core
