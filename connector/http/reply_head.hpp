#pragma once

#include <string>

#include "connector/http/server.hpp"

namespace connector::http {

struct reply_framing {
  bool to_head = false;  ///< the request was HEAD
  bool keep_alive = true;
};

/// Status line and headers, the empty line included, into `to`. Headers that framing owns are ours;
/// the reply's are left out, and so are values that would break a line.
void write_head(reply const& answer, reply_framing framing, std::string& to);

/// "Not Found"; empty for a code without one.
std::string_view reason_phrase(int status);

}  // namespace connector::http
