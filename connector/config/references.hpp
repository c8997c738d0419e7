#pragma once

#include <map>
#include <memory>
#include <string>

#include "connector/config/section.hpp"

namespace connector::config {

/// This process's environment and this machine's files. Only regular files are read, and none
/// larger than 1 MiB: a secret or a certificate is neither a device nor a disk image.
std::shared_ptr<reference_source const> make_system_references();

/// What the two maps hold and nothing else.
std::shared_ptr<reference_source const> make_fixed_references(
    std::map<std::string, std::string> environment, std::map<std::string, std::string> files = {}
);

/// The text with its references replaced, once: what comes out is not looked into again. `$${`
/// stands for `${`. A file is looked for beside `at.file`, and one newline at its end is cut. None
/// after a complaint; it names the variable or the file and quotes nothing else.
std::optional<std::string> expand(
    std::string_view text, position const& at, reference_source const& from, complaints& to
);

/// A path as written in `file`: relative to that file's folder.
std::string path_beside(std::string const& file, std::string_view path);

}  // namespace connector::config
