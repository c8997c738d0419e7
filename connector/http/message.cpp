#include "connector/http/message.hpp"

#include "connector/http/text.hpp"

namespace connector::http {

std::string_view find(std::vector<header> const& headers, std::string_view name) {
  for (auto const& h : headers) {
    if (same_word(h.name, name)) return h.value;
  }
  return {};
}

}  // namespace connector::http
