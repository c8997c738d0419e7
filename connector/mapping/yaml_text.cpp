#include "connector/mapping/yaml_text.hpp"

#include <algorithm>
#include <optional>

namespace connector::mapping {
namespace {

constexpr std::size_t line_max = 90;

bool is_plain(std::string const& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view{"-?:,[]{}#&*!|>'\"%@`"}.find(text.front()) != std::string_view::npos) {
    auto const sign_then_word = (text.front() == '-' || text.front() == '?') && text.size() > 1 &&
                                text[1] != ' ' && text[1] != '-';
    if (!sign_then_word) return false;
  }
  if (text == "~" || text == "null" || text == "Null" || text == "NULL") return false;
  if (text.find(": ") != std::string::npos || text.find(" #") != std::string::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= ' ' && c != 0x7f;
  });
}

std::string quoted(std::string const& text) {
  std::string out = "\"";
  for (auto const c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      constexpr std::string_view digits = "0123456789abcdef";
      out += "\\x";
      out += digits[static_cast<unsigned char>(c) >> 4];
      out += digits[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Unquoted words such as `unset` mean more than themselves, so quotes are kept apart.
std::string scalar(node const& n, bool in_flow) {
  auto const unsafe_in_flow = in_flow && n.text.find_first_of(",[]{}") != std::string::npos;
  if (n.quoted || !is_plain(n.text) || unsafe_in_flow) return quoted(n.text);
  return n.text;
}

std::string key_text(node const& key, bool in_flow) { return scalar(key, in_flow); }

/// On one line, where that is short.
std::optional<std::string> flow(node const& n) {
  std::string out;
  switch (n.what) {
    case node::kind::empty:
      return std::nullopt;
    case node::kind::scalar:
      if (n.text.find('\n') != std::string::npos) return std::nullopt;
      if (n.text.find("->") != std::string::npos || n.text.find("<-") != std::string::npos) {
        return std::nullopt;  // rows stand below each other
      }
      // A text that needs quotes only here would be read as another one.
      if (!n.quoted && scalar(n, true).starts_with('"')) return std::nullopt;
      return scalar(n, true);
    case node::kind::list:
      for (auto const& item : n.items) {
        auto const one = flow(item);
        if (!one) return std::nullopt;
        out += (out.empty() ? "" : ", ") + *one;
      }
      out = '[' + out + ']';
      break;
    case node::kind::mapping:
      for (auto const& [key, value] : n.entries) {
        auto const one = flow(value);
        if (!one) return std::nullopt;
        out += (out.empty() ? "" : ", ") + key_text(key, true) + ": " + *one;
      }
      out = '{' + out + '}';
      break;
  }
  if (out.size() > line_max) return std::nullopt;
  return out;
}

bool can_stand_as_block(std::string const& text) {
  auto const lines_end_well = text.find(" \n") == std::string::npos && text.back() == '\n' &&
                              !text.ends_with("\n\n") && text.front() != ' ' &&
                              text.front() != '\n';
  return lines_end_well && std::all_of(text.begin(), text.end(), [](char c) {
           return c == '\n' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
         });
}

class writer {
 public:
  explicit writer(remark const& above) : above_{above} {}

  std::string take() { return std::move(out_); }

  /// What comes after "key:" or "- ", with everything below it, and ends the line.
  void value(node const& n, std::size_t indent, bool in_list) {
    if (n.is_scalar() && n.quoted && n.text.find('\n') != std::string::npos &&
        can_stand_as_block(n.text)) {
      block_text(n.text, indent);
      return;
    }
    if (n.what == node::kind::empty) {
      out_ += '\n';
      return;
    }
    if (n.is_scalar()) {
      out_ += (in_list ? "" : " ") + scalar(n, false) + '\n';
      return;
    }
    auto const one_key = in_list && n.entries.size() == 1;
    auto const short_one = one_key ? std::nullopt : flow(n);
    auto const is_top_list = n.is_list() && indent <= 2 && !n.items.empty();
    if (short_one && !is_top_list && short_one->size() + indent < line_max) {
      out_ += (in_list ? "" : " ") + *short_one + '\n';
      return;
    }
    if (n.is_list()) {
      out_ += '\n';
      for (auto const& item : n.items) list_item(item, indent);
      return;
    }
    mapping(n, indent, in_list);
  }

  void mapping(node const& n, std::size_t indent, bool first_on_line) {
    if (n.entries.empty()) {
      out_ += first_on_line ? "{}\n" : " {}\n";
      return;
    }
    if (!first_on_line) out_ += '\n';
    for (auto const& [key, v] : n.entries) {
      if (!std::exchange(first_on_line, false)) out_.append(indent, ' ');
      out_ += key_text(key, false) + ':';
      value(v, indent + 2, false);
    }
  }

 private:
  void list_item(node const& item, std::size_t indent) {
    if (auto const text = above_ ? above_(item) : std::string{}; !text.empty()) {
      out_.append(indent, ' ');
      out_ += "# " + text + '\n';
    }
    out_.append(indent, ' ');
    out_ += "- ";
    value(item, indent + 2, true);
  }

  void block_text(std::string const& text, std::size_t indent) {
    out_ += out_.ends_with("- ") ? "|\n" : " |\n";
    std::size_t from = 0;
    while (from < text.size()) {
      auto const end = text.find('\n', from);
      if (end > from) {
        out_.append(indent, ' ');
        out_ += text.substr(from, end - from);
      }
      out_ += '\n';
      from = end + 1;
    }
  }

  remark const& above_;
  std::string out_;
};

}  // namespace

std::string to_yaml(node const& root, remark const& above) {
  writer w{above};
  if (root.is_mapping() && !root.entries.empty()) {
    w.mapping(root, 0, true);
  } else {
    w.value(root, 0, true);
  }
  return w.take();
}

}  // namespace connector::mapping
