#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/mapping/finding.hpp"
#include "connector/mapping/map.hpp"
#include "connector/mapping/model.hpp"

namespace connector::mapping {

struct program;

/// Reads a file beside the map (look-up tables, test files). A port, so that compiling is pure.
using file_reader = std::function<core::result<std::string>(std::string const& path)>;

/// Reads from the disk, at most a little more than the 1 MiB a file may have.
file_reader disk_files();

struct compiled {
  std::shared_ptr<field_map const> map;    ///< null if there is any error
  std::shared_ptr<program const> as_data;  ///< what `map` runs on; null with it
  std::vector<finding> findings;           ///< by place in the file
};

/// Compiles the mapping file at `path`. Never throws; whatever is wrong with the file is a finding.
/// Look-up files are read through `files`, relative to the map and never outside its folder.
/// A map with a `base` is compiled as the base with its changes; findings point into the file that
/// says what they are about.
compiled compile(std::string path, model_catalogue const& models, file_reader const& files);

/// The map at `path` as it counts, base and overlay in one, with a comment above each rule that
/// says where it stands. Empty, with findings, where it cannot be read.
std::string merged_text(
    std::string const& path,
    model_catalogue const& models,
    file_reader const& files,
    std::vector<finding>& findings
);

}  // namespace connector::mapping
