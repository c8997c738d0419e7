#pragma once

#include <string>
#include <string_view>

namespace adapters::servicenow {

/// Keeps `[code]` in a person's text from being taken as markup, by a zero-width space after the
/// bracket. `restored` undoes it, exactly: restored(defused(t)) == t for every text.
std::string defused(std::string_view text);
std::string restored(std::string_view text);

/// The plain text of a stored entry: what stands within [code]...[/code] is HTML and loses its
/// tags; line ends become \n; `restored` applies to the rest.
std::string plain_text(std::string_view stored);

}  // namespace adapters::servicenow
