#pragma once

#include <memory>

#include "connector/adapter/adapter.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/config/section.hpp"

namespace adapters::defender {

/// A connection to the incidents of Microsoft Defender XDR through Microsoft Graph. Null after a
/// complaint about its settings, which README.md lists.
std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
);

}  // namespace adapters::defender
