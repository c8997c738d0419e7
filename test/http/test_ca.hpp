#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace connector::test {

/// A folder that goes with its owner.
class scratch_folder {
 public:
  scratch_folder();
  ~scratch_folder();
  scratch_folder(scratch_folder const&) = delete;
  scratch_folder& operator=(scratch_folder const&) = delete;

  [[nodiscard]] std::string path(std::string const& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct certificate_files {
  std::string certificate;
  std::string key;
};

/// A certificate authority of a test's own, with keys made when it starts.
class test_ca {
 public:
  test_ca(scratch_folder const& in, std::string const& name);
  ~test_ca();

  /// Its own certificate, PEM.
  [[nodiscard]] std::string const& file() const;

  /// A certificate for `names` ("DNS:localhost,IP:127.0.0.1"), valid between these days from now.
  certificate_files issue(
      std::string const& file_name, std::string const& names, int from_days = -1, int to_days = 30
  );

 private:
  struct state;
  std::unique_ptr<state> state_;
};

std::string read_file(std::string const& path);

}  // namespace connector::test
