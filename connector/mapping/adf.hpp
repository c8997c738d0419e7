#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "connector/core/value.hpp"
#include "connector/mapping/text.hpp"

/// Atlassian Document Format: a text as a tree of JSON nodes,
/// https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
/// Documents are built from text nodes alone, so nothing in a text can act: a mention or a link is
/// a node of its own, and only `adf_writer::link` makes one.
namespace connector::mapping {

/// Builds a document from top to bottom.
class adf_writer {
 public:
  /// One line end breaks the line, several begin a new paragraph.
  void text(std::string_view text);
  /// Shows the address itself, as a link if it is http or https.
  void link(std::string_view url);
  /// Block nodes of their own, as `adf_table` makes them.
  void blocks(core::value const& nodes);

  /// The document; null if there is nothing in it.
  core::value finish();

 private:
  void line(std::string_view text);
  void end_paragraph();

  boost::json::array content_, inline_;
  std::size_t breaks_ = 0;  ///< line ends not yet written: nothing may come after them
};

/// A table of texts, the first row its titles, and below it how many more rows there are; an array
/// of block nodes.
core::value adf_table(text_grid const& texts, std::size_t more);

/// A document in one fixed form, so that two that read the same are equal: what editors and servers
/// add (ids, layout, empty paragraphs) is gone, and equal neighbours are joined. A text becomes a
/// document. Null for nothing, or for what is neither.
core::value adf_document(core::value const& v);

/// What a reader sees.
std::string text_of_adf(core::value const& document);

}  // namespace connector::mapping
