#pragma once

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// A text as a value; null for an empty one.
core::value text_value(std::string_view text, boost::json::storage_ptr in = {});

/// A canonical value of one field as the canonical value of another: text escaped for it and at
/// most `limit` UTF-16 units long (0: any; a document counts as its JSON), lists joined, markup
/// read as what it says.
core::value converted(
    core::value const& v, model_field const& from, model_field const& to, std::size_t limit
);

/// A template's text, or document, within the limit: values are shortened until it fits, so that
/// markup stays whole; a text without markup is simply cut. Null for an empty one.
core::value rendered(
    text_template const& t,
    core::group const& slots,
    facts const& known,
    model_field const& to,
    std::size_t limit
);

}  // namespace connector::mapping
