#include "connector/command/load_map.hpp"

namespace connector::command {

loaded_map load_map(std::string file, mapping::model_catalogue const& models) {
  loaded_map out;
  out.file = std::move(file);
  auto compiled = mapping::compile(out.file, models, mapping::disk_files());
  out.findings = std::move(compiled.findings);
  if (!compiled.as_data) return out;
  out.as_data = std::move(compiled.as_data);
  out.proof = mapping::prove(out.as_data);
  auto const& more = out.proof->findings;
  out.findings.insert(out.findings.end(), more.begin(), more.end());
  if (!has_errors(out.findings)) out.to_run = std::move(compiled.map);
  return out;
}

}  // namespace connector::command
