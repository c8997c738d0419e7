#include "connector/mapping/adf.hpp"

#include <algorithm>

#include "connector/mapping/text.hpp"

namespace connector::mapping {
namespace {

using boost::json::array;
using boost::json::object;

constexpr int depth_max = 24;

std::string_view text_at(object const& o, std::string_view key) {
  auto const* v = o.if_contains(key);
  auto const* s = v ? v->if_string() : nullptr;
  return s ? std::string_view{s->data(), s->size()} : std::string_view{};
}

std::string_view attribute(object const& node, std::string_view key) {
  auto const* attrs = node.if_contains("attrs");
  auto const* o = attrs ? attrs->if_object() : nullptr;
  return o ? text_at(*o, key) : std::string_view{};
}

array const& content_of(object const& node) {
  static array const none;
  auto const* v = node.if_contains("content");
  auto const* all = v ? v->if_array() : nullptr;
  return all ? *all : none;
}

object text_node(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

object with_content(std::string_view type, array content) {
  object node{{"type", type}};
  if (!content.empty()) node["content"] = std::move(content);
  return node;
}

object paragraph(array content) { return with_content("paragraph", std::move(content)); }

object cell(std::string_view type, std::string_view text) {
  array inside;
  if (!text.empty()) inside.push_back(text_node(text));
  array one;
  one.push_back(paragraph(std::move(inside)));
  return with_content(type, std::move(one));
}

bool is_web_address(std::string_view url) {
  return (url.starts_with("https://") || url.starts_with("http://")) &&
         std::none_of(url.begin(), url.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>';
         });
}

/// Nodes that stand in a line and show a text of their own.
std::string_view shown_inline(object const& node, std::string_view type) {
  if (type == "text") return text_at(node, "text");
  if (type == "mention" || type == "status") return attribute(node, "text");
  if (type == "inlineCard") return attribute(node, "url");
  if (type == "date") return attribute(node, "timestamp");
  if (type == "emoji") {
    auto const text = attribute(node, "text");
    return text.empty() ? attribute(node, "shortName") : text;
  }
  return {};
}

bool is_inline(std::string_view type) {
  return type == "text" || type == "mention" || type == "status" || type == "inlineCard" ||
         type == "date" || type == "emoji" || type == "hardBreak";
}

array fixed_marks(object const& node) {
  std::vector<object> marks;
  auto const* v = node.if_contains("marks");
  auto const* all = v ? v->if_array() : nullptr;
  for (auto const& item : all ? *all : array{}) {
    auto const* mark = item.if_object();
    if (!mark || text_at(*mark, "type").empty()) continue;
    object one{{"type", text_at(*mark, "type")}};
    if (auto const href = attribute(*mark, "href"); !href.empty()) {
      one["attrs"] = object{{"href", href}};
    }
    marks.push_back(std::move(one));
  }
  std::sort(marks.begin(), marks.end(), [](object const& a, object const& b) {
    return text_at(a, "type") < text_at(b, "type");
  });
  return array(marks.begin(), marks.end());
}

void add_inline(array& to, object const& node, std::string_view type) {
  if (type == "hardBreak") {
    to.push_back(object{{"type", "hardBreak"}});
    return;
  }
  auto const text = shown_inline(node, type);
  if (text.empty()) return;
  auto one = text_node(text);
  if (auto marks = fixed_marks(node); !marks.empty()) one["marks"] = std::move(marks);
  auto* before = to.empty() ? nullptr : to.back().if_object();
  auto const same_marks = [](object const& a, object const& b) {
    auto const* x = a.if_contains("marks");
    auto const* y = b.if_contains("marks");
    return x && y ? *x == *y : x == y;
  };
  if (before && text_at(*before, "type") == "text" && same_marks(*before, one)) {
    auto& joined = before->at("text").as_string();
    joined.append(text);
  } else {
    to.push_back(std::move(one));
  }
}

array fixed(array const& content, int depth) {
  array out;
  if (depth > depth_max) return out;
  for (auto const& item : content) {
    auto const* node = item.if_object();
    if (!node) continue;
    auto const type = text_at(*node, "type");
    if (is_inline(type)) {
      add_inline(out, *node, type);
      continue;
    }
    if (type.empty()) continue;
    auto inside = fixed(content_of(*node), depth + 1);
    auto const is_empty = inside.empty();
    auto made = object{{"type", type}};
    if (auto const* attrs = node->if_contains("attrs"); attrs && type == "heading") {
      auto const* level = attrs->is_object() ? attrs->get_object().if_contains("level") : nullptr;
      made["attrs"] = object{{"level", level && level->is_int64() ? *level : core::value(1)}};
    }
    if (is_empty && type == "paragraph" && depth == 0) continue;
    if (!is_empty) made["content"] = std::move(inside);
    out.push_back(std::move(made));
  }
  return out;
}

core::value document_of(array content) {
  if (content.empty()) return nullptr;
  object doc{{"type", "doc"}, {"version", 1}};
  doc["content"] = std::move(content);
  return doc;
}

void read_inline(array const& content, std::string& out) {
  for (auto const& item : content) {
    auto const* node = item.if_object();
    if (!node) continue;
    auto const type = text_at(*node, "type");
    if (type == "hardBreak") {
      out += '\n';
    } else {
      out += shown_inline(*node, type);
    }
  }
}

void read_blocks(array const& content, std::string_view between, std::string& out, int depth) {
  if (depth > depth_max) return;
  auto first = true;
  for (auto const& item : content) {
    auto const* node = item.if_object();
    if (!node) continue;
    auto const type = text_at(*node, "type");
    if (!first && !is_inline(type)) out += between;
    first = false;
    auto const& inside = content_of(*node);
    if (type == "tableRow") {
      read_blocks(inside, " | ", out, depth + 1);
    } else if (type == "table" || type == "bulletList" || type == "orderedList" ||
               type == "tableCell" || type == "tableHeader" || type == "listItem") {
      read_blocks(inside, "\n", out, depth + 1);
    } else if (is_inline(type)) {
      array one;
      one.push_back(item);
      read_inline(one, out);
    } else {
      read_blocks(inside, "\n\n", out, depth + 1);
    }
  }
}

}  // namespace

void adf_writer::end_paragraph() {
  breaks_ = 0;
  if (!inline_.empty()) content_.push_back(paragraph(std::exchange(inline_, {})));
}

void adf_writer::line(std::string_view text) {
  if (text.empty()) return;
  if (breaks_ > 1) end_paragraph();
  if (breaks_ == 1 && !inline_.empty()) inline_.push_back(object{{"type", "hardBreak"}});
  breaks_ = 0;
  add_inline(inline_, text_node(text), "text");
}

void adf_writer::text(std::string_view text) {
  while (true) {
    auto const end = text.find('\n');
    auto one = text.substr(0, end);
    if (end == std::string_view::npos) {
      line(one);
      return;
    }
    // Space before a line end is seen by nobody and kept by not every editor.
    while (one.ends_with(' ') || one.ends_with('\t') || one.ends_with('\r')) one.remove_suffix(1);
    line(one);
    ++breaks_;
    text.remove_prefix(end + 1);
  }
}

void adf_writer::link(std::string_view url) {
  if (!is_web_address(url)) {
    text(url);
    return;
  }
  if (breaks_ > 1) end_paragraph();
  if (breaks_ == 1 && !inline_.empty()) inline_.push_back(object{{"type", "hardBreak"}});
  breaks_ = 0;
  auto node = text_node(url);
  object mark{{"type", "link"}};
  mark["attrs"] = object{{"href", url}};
  array marks;
  marks.push_back(std::move(mark));
  node["marks"] = std::move(marks);
  add_inline(inline_, node, "text");
}

void adf_writer::blocks(core::value const& nodes) {
  end_paragraph();
  if (auto const* all = nodes.if_array()) content_.insert(content_.end(), all->begin(), all->end());
}

core::value adf_writer::finish() {
  end_paragraph();
  return document_of(std::exchange(content_, {}));
}

core::value adf_table(text_grid const& texts, std::size_t more) {
  array lines;
  for (std::size_t i = 0; i < texts.rows(); ++i) {
    array cells;
    for (auto const text : texts.row(i)) {
      cells.push_back(cell(i == 0 ? "tableHeader" : "tableCell", text));
    }
    lines.push_back(with_content("tableRow", std::move(cells)));
  }
  array out;
  out.push_back(with_content("table", std::move(lines)));
  if (more > 0) {
    array rest;
    rest.push_back(text_node("... and " + std::to_string(more) + " more"));
    out.push_back(paragraph(std::move(rest)));
  }
  return out;
}

core::value adf_document(core::value const& v) {
  if (auto const* s = v.if_string()) {
    adf_writer w;
    w.text(tidied({s->data(), s->size()}));
    return w.finish();
  }
  auto const* doc = v.if_object();
  if (!doc || text_at(*doc, "type") != "doc") return nullptr;
  return document_of(fixed(content_of(*doc), 0));
}

std::string text_of_adf(core::value const& document) {
  std::string out;
  if (auto const* doc = document.if_object()) read_blocks(content_of(*doc), "\n\n", out, 0);
  return tidied(out);
}

}  // namespace connector::mapping
