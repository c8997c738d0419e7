#pragma once

#include <string>
#include <string_view>

namespace adapters::defender {

/// A comment's text without markup. The portal's editor stores HTML; a text is taken for HTML only
/// if it begins with a tag that editors write and ends with '>', so that a plain text that merely
/// mentions tags stays as it is to the byte. A text without tags is unescaped if all its special
/// characters are escaped: Microsoft does not say whether comments are kept as HTML.
std::string plain_text(std::string_view comment);

}  // namespace adapters::defender
