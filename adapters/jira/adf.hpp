#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

/// The Atlassian Document Format of Cloud's REST API v3.
/// https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
namespace adapters::jira {

namespace json = boost::json;

/// Plain text as a document: a paragraph for each block of lines, hard breaks within. What is in
/// the text stays text: nothing in it becomes a node, a mark or a mention.
json::object adf_of(std::string_view text);

/// What a reader sees of a document, as plain text. Unknown nodes give the text within them.
std::string text_of_adf(json::value const& document);

/// True for {"type":"doc",...}.
bool is_adf(json::value const& v);

}  // namespace adapters::jira
