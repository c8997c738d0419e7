#include "connector/store/json_text.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

namespace connector::store {
namespace {

namespace json = boost::json;
using error_code = boost::system::error_code;

constexpr std::size_t depth_max = 256;

constexpr auto needs_escape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

template <class Number>
void append_number(std::string& out, Number n) {
  std::array<char, 32> digits;
  auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
  out.append(digits.data(), end);
}

void append_double(std::string& out, double d) {
  if (std::isnan(d)) {
    out += "null";  // JSON cannot say it, so no system can have sent it.
  } else if (std::isinf(d)) {
    out += d < 0 ? "-1e999" : "1e999";
  } else {
    auto const begin = out.size();
    append_number(out, d);
    // Without a sign of a fraction it would read back as an integer.
    if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
  }
}

/// Builds a value, reading doubles to the last bit.
struct exact_handler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  json::value_stack built;

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code&) {
    built.push_object(n);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    built.push_array(n);
    return true;
  }
  bool on_key_part(json::string_view s, std::size_t, error_code&) {
    built.push_chars(s);
    return true;
  }
  bool on_key(json::string_view s, std::size_t, error_code&) {
    built.push_key(s);
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, error_code&) {
    built.push_chars(s);
    return true;
  }
  bool on_string(json::string_view s, std::size_t, error_code&) {
    built.push_string(s);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t i, json::string_view, error_code&) {
    built.push_int64(i);
    return true;
  }
  bool on_uint64(std::uint64_t u, json::string_view, error_code&) {
    built.push_uint64(u);
    return true;
  }
  bool on_double(double rough, json::string_view digits, error_code&) {
    // The whole text is parsed in one piece, so `digits` is the whole number.
    double exact = 0;
    auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), exact);
    built.push_double(read.ec == std::errc{} ? exact : rough);
    return true;
  }
  bool on_bool(bool b, error_code&) {
    built.push_bool(b);
    return true;
  }
  bool on_null(error_code&) {
    built.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }
};

}  // namespace

void append_json(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  auto const* done = text.data();
  auto const* const end = text.data() + text.size();
  for (auto const* at = done; at != end; ++at) {
    auto const c = static_cast<unsigned char>(*at);
    if (!needs_escape[c]) continue;
    out.append(done, at);
    done = at + 1;
    if (c >= 0x20) {
      out += '\\';
      out += *at;
    } else {
      out += "\\u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out.append(done, end);
  out += '"';
}

void append_json(std::string& out, core::group const& g) {
  out += '[';
  for (auto const& item : g) {
    append_json(out, item);
    out += ',';
  }
  if (g.empty()) {
    out += ']';
  } else {
    out.back() = ']';
  }
}

void append_json(std::string& out, core::record const& r) {
  out += '{';
  for (auto const& field : r) {
    append_json(out, std::string_view{field.key()});
    out += ':';
    append_json(out, field.value());
    out += ',';
  }
  if (r.empty()) {
    out += '}';
  } else {
    out.back() = '}';
  }
}

void append_json(std::string& out, core::value const& v) {
  switch (v.kind()) {
    case json::kind::null:
      out += "null";
      break;
    case json::kind::bool_:
      out += v.get_bool() ? "true" : "false";
      break;
    case json::kind::int64:
      append_number(out, v.get_int64());
      break;
    case json::kind::uint64:
      append_number(out, v.get_uint64());
      break;
    case json::kind::double_:
      append_double(out, v.get_double());
      break;
    case json::kind::string:
      append_json(out, std::string_view{v.get_string()});
      break;
    case json::kind::array:
      append_json(out, v.get_array());
      break;
    case json::kind::object:
      append_json(out, v.get_object());
      break;
  }
}

std::string json_text(core::value const& v) {
  std::string out;
  append_json(out, v);
  return out;
}

core::result<core::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  options.allow_invalid_utf8 = true;
  json::basic_parser<exact_handler> parser{options};
  parser.handler().built.reset();
  error_code ec;
  auto const used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec && used != text.size()) ec = json::error::extra_data;
  if (ec) return core::error{core::errc::storage, "what is stored is no JSON: " + ec.message()};
  return parser.handler().built.release();
}

}  // namespace connector::store
