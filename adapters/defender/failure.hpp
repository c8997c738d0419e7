#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"
#include "connector/http/message.hpp"

/// What a refusal means and what a person can do about it. Pure.
namespace adapters::defender {

/// An answer by itself or as an item of a $batch.
struct reply {
  int status = 0;
  std::vector<connector::http::header> headers;
  connector::core::value body;  ///< null: none, or no JSON
};

/// The error for a status other than 2xx. `title` names the call. Branches on the status alone:
/// Graph's codes may be empty.
connector::core::error refusal(
    reply const& answer, std::string_view title, bool writes, connector::core::time_point now
);

/// The error for an answer of Microsoft Entra (or of a managed identity's endpoint) that brings no
/// token. Has no word of its free text, which may repeat what was sent.
connector::core::error sign_in_refusal(reply const& answer, connector::core::time_point now);

/// Takes control characters out and cuts what is too long to read.
std::string tidy(std::string_view text);

}  // namespace adapters::defender
