#pragma once

#include "connector/mapping/condition.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Reads "{displayName} ({severity:label|unknown})": fields of side `from`, the link's facts
/// ({incident.url}, {ticket.label}, {ticket.url}), formats (label, count, time, table) and, after
/// "|", what stands there when nothing is set. "{{" is a brace.
text_template read_template(
    std::string_view text,
    place at,
    side from,
    scope const& in,
    std::map<std::string, table_spec, std::less<>> const& tables,
    reporter& to
);

/// What a slot says for a record: finished text, or null. Tables come in `into`'s markup, for
/// documents as block nodes.
core::value read_slot(
    template_slot const& slot, core::record const& r, markup into, boost::json::storage_ptr in = {}
);

/// The text, or document, for slot values; null for an empty one. Everything from outside is
/// escaped for `target`.
core::value render(
    text_template const& t, core::group const& slots, facts const& known, model_field const& target
);

/// A list as a table: a table in markup, block nodes for a document, or lines in plain text; null
/// without rows. Rows that look the same show once.
core::value render_table(
    table_spec const& spec, core::record const& r, markup into, boost::json::storage_ptr in = {}
);

}  // namespace connector::mapping
