#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/compile.hpp"
#include "connector/mapping/prove.hpp"

namespace connector::command {

/// A map as every command that uses or judges one has it: compiled and, where that went well,
/// proved.
struct loaded_map {
  std::string file;
  std::vector<mapping::finding> findings;            ///< those of the proof come last
  std::optional<mapping::proof> proof;               ///< none where the map does not compile
  std::shared_ptr<mapping::program const> as_data;   ///< null where the map does not compile
  std::shared_ptr<mapping::field_map const> to_run;  ///< null where a finding is an error
};

loaded_map load_map(std::string file, mapping::model_catalogue const& models);

}  // namespace connector::command
