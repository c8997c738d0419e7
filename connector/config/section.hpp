#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/secret.hpp"

namespace connector::config {

/// A place in a file; lines and columns count from 1.
struct position {
  std::string file;
  int line = 0;
  int column = 0;

  friend bool operator==(position const&, position const&) = default;
};

/// A position whose file name somebody else keeps.
struct position_view {
  std::string_view file;
  int line = 0;
  int column = 0;

  position_view() = default;
  position_view(std::string_view in, int at_line, int at_column)
      : file{in}, line{at_line}, column{at_column} {}
  position_view(position const& whole) : position_view{whole.file, whole.line, whole.column} {}
  operator position() const { return {std::string{file}, line, column}; }
};

/// "file:line:column".
std::string to_string(position const& at);

/// One thing wrong with a file, in words that say what to do.
struct complaint {
  position at;
  std::string text;
};

/// Collects complaints, so that a reader sees all of them and not just the first.
using complaints = std::vector<complaint>;

/// Where ${env:NAME} and ${file:PATH} are looked up. Ports, so that tests need no environment.
class reference_source {
 public:
  virtual ~reference_source() = default;
  virtual std::optional<std::string> environment(std::string const& name) const = 0;
  virtual std::optional<std::string> file(std::string const& path) const = 0;
};

/// A mapping node of a YAML file, read key by key. Each getter notes that its key is known; a value
/// of the wrong type, a missing required key and (in `finish`) an unknown key are complained about
/// with position and, for unknown keys, the nearest known name. Getters return a harmless value
/// after a complaint, so that one pass finds everything.
///
/// Settings may refer to the environment and to files as ${env:NAME} and ${file:PATH}. A secret
/// must: a literal one is an error.
class section {
 public:
  struct node;  // the YAML behind it; hides yaml-cpp

  section(
      std::shared_ptr<node const> from,
      std::shared_ptr<reference_source const> references,
      std::shared_ptr<complaints> to
  );

  [[nodiscard]] position at() const;
  [[nodiscard]] position at(std::string_view key) const;  ///< of the value, or of the section
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> keys() const;

  std::string text(std::string_view key);  ///< required
  std::string text_or(std::string_view key, std::string_view otherwise);
  std::optional<std::string> text_if(std::string_view key);
  core::secret secret(std::string_view key);  ///< required
  std::optional<core::secret> secret_if(std::string_view key);
  std::string url_or(
      std::string_view key, std::string_view otherwise
  );  ///< absolute, no trailing /
  bool flag_or(std::string_view key, bool otherwise);
  std::int64_t number_or(
      std::string_view key, std::int64_t otherwise, std::int64_t least, std::int64_t most
  );
  /// "500ms", "30s", "5m", "2h", "7d".
  std::chrono::milliseconds span_or(std::string_view key, std::chrono::milliseconds otherwise);
  std::string one_of(
      std::string_view key, std::vector<std::string> const& allowed, std::string_view otherwise
  );
  std::vector<std::string> texts(std::string_view key
  );                                                 ///< a list, or a single text; may be absent
  std::optional<section> sub(std::string_view key);  ///< a nested mapping
  std::vector<section> list(std::string_view key);   ///< a list of mappings
  std::vector<std::pair<std::string, section>> named(std::string_view key);  ///< name: {...}

  void complain(position where, std::string text);

  /// Complains about every key that no getter asked for.
  void finish();

  /// Nothing was complained about so far, anywhere in this file.
  [[nodiscard]] bool clean() const;

 private:
  std::shared_ptr<node const> node_;
  std::shared_ptr<reference_source const> references_;
  std::shared_ptr<complaints> complaints_;
  std::vector<std::string> known_;
};

}  // namespace connector::config
