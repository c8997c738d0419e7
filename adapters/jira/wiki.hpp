#pragma once

#include <string>
#include <string_view>

/// The wiki text of Data Center's REST API v2.
/// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
namespace adapters::jira {

/// Plain text so that it shows as it is: no macro, link, mention, image or table comes of it.
std::string wiki_of(std::string_view text);

/// Takes back what `wiki_of` did; other wiki text stays as its author wrote it.
std::string text_of_wiki(std::string_view wiki);

}  // namespace adapters::jira
