#include "adapters/servicenow/markup.hpp"

#include <algorithm>
#include <array>

#include "connector/http/text.hpp"

namespace adapters::servicenow {

namespace http = connector::http;

namespace {

constexpr std::string_view zero_width_space = "\xE2\x80\x8B";

/// Without regard to case.
bool begins_with(std::string_view text, std::string_view with) {
  return http::same_word(text.substr(0, with.size()), with);
}

/// The length of "code]" or "/code]" at the start of `text`, 0 if neither is there.
std::size_t code_word(std::string_view text) {
  for (auto const* word : {"code]", "/code]"}) {
    if (begins_with(text, word)) return std::string_view{word}.size();
  }
  return 0;
}

/// The zero-width spaces at the start of `text`, in bytes.
std::size_t zero_width_bytes(std::string_view text) {
  std::size_t bytes = 0;
  while (text.substr(bytes, zero_width_space.size()) == zero_width_space) {
    bytes += zero_width_space.size();
  }
  return bytes;
}

std::string without_tags(std::string_view html) {
  struct entity {
    std::string_view name;
    std::string_view text;
  };
  static constexpr std::array entities{
      entity{"&lt;", "<"},
      entity{"&gt;", ">"},
      entity{"&amp;", "&"},
      entity{"&quot;", "\""},
      entity{"&#39;", "'"},
      entity{"&nbsp;", " "},
  };
  std::string plain;
  while (!html.empty()) {
    if (html.front() == '<') {
      auto const close = html.find('>');
      if (close == html.npos) {
        plain.append(html);
        break;
      }
      auto const tag = html.substr(1, close - 1);
      if (begins_with(tag, "br") || begins_with(tag, "/p") || begins_with(tag, "/div") ||
          begins_with(tag, "/li") || begins_with(tag, "/tr")) {
        plain += '\n';
      }
      html.remove_prefix(close + 1);
      continue;
    }
    auto const known = std::ranges::find_if(entities, [html](entity const& e) {
      return html.substr(0, e.name.size()) == e.name;
    });
    if (known != entities.end()) {
      plain.append(known->text);
      html.remove_prefix(known->name.size());
    } else {
      plain += html.front();
      html.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace

std::string defused(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    safe += text[i];
    if (text[i] != '[') continue;
    // Spaces that are there already count too, so that taking one away is always right.
    auto const rest = text.substr(i + 1);
    if (code_word(rest.substr(zero_width_bytes(rest))) > 0) safe += zero_width_space;
  }
  return safe;
}

std::string restored(std::string_view text) {
  std::string original;
  original.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    original += text[i];
    if (text[i] != '[') continue;
    auto const rest = text.substr(i + 1);
    auto const spaces = zero_width_bytes(rest);
    if (spaces > 0 && code_word(rest.substr(spaces)) > 0) i += zero_width_space.size();
  }
  return original;
}

std::string plain_text(std::string_view stored) {
  std::string unified;
  unified.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] != '\r') {
      unified += stored[i];
    } else if (i + 1 == stored.size() || stored[i + 1] != '\n') {
      unified += '\n';
    }
  }
  std::string_view rest = unified;
  std::string plain;
  while (!rest.empty()) {
    auto open = rest.find('[');
    while (open != rest.npos && !begins_with(rest.substr(open), "[code]")) {
      open = rest.find('[', open + 1);
    }
    plain += restored(rest.substr(0, open));
    if (open == rest.npos) break;
    rest.remove_prefix(open + 6);
    auto close = rest.find('[');
    while (close != rest.npos && !begins_with(rest.substr(close), "[/code]")) {
      close = rest.find('[', close + 1);
    }
    plain += without_tags(rest.substr(0, close));
    rest.remove_prefix(close == rest.npos ? rest.size() : close + 7);
  }
  return plain;
}

}  // namespace adapters::servicenow
