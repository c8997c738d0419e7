#include "connector/config/references.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace connector::config {
namespace {

constexpr std::uintmax_t file_bytes_max = 1u << 20;

class system_references : public reference_source {
 public:
  std::optional<std::string> environment(std::string const& name) const override {
    auto const* found = std::getenv(name.c_str());
    if (found == nullptr) return std::nullopt;
    return found;
  }

  std::optional<std::string> file(std::string const& path) const override {
    std::error_code failure;
    if (!std::filesystem::is_regular_file(path, failure)) return std::nullopt;
    auto in = std::ifstream{path, std::ios::binary};
    if (!in) return std::nullopt;
    // One byte more than allowed shows a file that is too large, even one that is growing.
    auto text = std::string(file_bytes_max + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) return std::nullopt;
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > file_bytes_max) return std::nullopt;
    return text;
  }
};

class fixed_references : public reference_source {
 public:
  using table = std::map<std::string, std::string>;

  fixed_references(table environment, table files)
      : environment_{std::move(environment)}, files_{std::move(files)} {}

  std::optional<std::string> environment(std::string const& name) const override {
    return look_up(environment_, name);
  }
  std::optional<std::string> file(std::string const& path) const override {
    return look_up(files_, path);
  }

 private:
  static std::optional<std::string> look_up(table const& in, std::string const& name) {
    auto const found = in.find(name);
    if (found == in.end()) return std::nullopt;
    return found->second;
  }

  table environment_, files_;
};

bool is_variable_name(std::string_view name) {
  auto const is_letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  if (name.empty() || !is_letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
  });
}

/// What stands for one reference, given without its ${ and }.
std::optional<std::string> refer(
    std::string_view reference, position const& at, reference_source const& from, complaints& to
) {
  constexpr auto env = std::string_view{"env:"};
  constexpr auto file = std::string_view{"file:"};
  if (reference.starts_with(env)) {
    auto const name = std::string{reference.substr(env.size())};
    if (!is_variable_name(name)) {
      to.push_back({at, "${env:...} needs the name of a variable: letters, digits and '_'"});
      return std::nullopt;
    }
    auto found = from.environment(name);
    if (!found) to.push_back({at, "the environment variable '" + name + "' is not set"});
    return found;
  }
  if (reference.starts_with(file) && reference.size() > file.size()) {
    auto const path = path_beside(at.file, reference.substr(file.size()));
    auto found = from.file(path);
    if (!found) {
      to.push_back({at, "the file '" + path + "' is missing or cannot be read"});
      return std::nullopt;
    }
    // Editors and `echo` end a file with a newline that is no part of the secret.
    if (found->ends_with('\n')) {
      found->pop_back();
      if (found->ends_with('\r')) found->pop_back();
    }
    return found;
  }
  to.push_back(
      {at, "a reference is ${env:NAME} or ${file:PATH}; for a text that has ${ in it write $${"}
  );
  return std::nullopt;
}

}  // namespace

std::optional<std::string> expand(
    std::string_view text, position const& at, reference_source const& from, complaints& to
) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      auto const end = text.find('}');
      if (end == std::string_view::npos) {
        to.push_back({at, "a reference lacks its closing '}'"});
        return std::nullopt;
      }
      auto const found = refer(text.substr(2, end - 2), at, from, to);
      if (!found) return std::nullopt;
      out += *found;
      text.remove_prefix(end + 1);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string path_beside(std::string const& file, std::string_view path) {
  return (std::filesystem::path{file}.parent_path() / path).lexically_normal().string();
}

std::shared_ptr<reference_source const> make_system_references() {
  return std::make_shared<system_references>();
}

std::shared_ptr<reference_source const> make_fixed_references(
    std::map<std::string, std::string> environment, std::map<std::string, std::string> files
) {
  return std::make_shared<fixed_references>(std::move(environment), std::move(files));
}

}  // namespace connector::config
