#pragma once

#include <memory>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "test/simulation/mutation.hpp"

/// The production adapter, looked at from the port: what the sync asks of it and what it learns.
namespace simulation {

namespace adapter = connector::adapter;
namespace core = connector::core;
namespace mapping = connector::mapping;

/// Is told what goes through the port of one connection.
class witness {
 public:
  virtual ~witness() = default;
  /// What the adapter itself declares.
  virtual void on_connect(mapping::side to, adapter::capabilities const& declared) = 0;
  virtual void on_update(mapping::side to, adapter::update const& call) = 0;
  virtual void on_comment(mapping::side to, adapter::new_comment const& call) = 0;
  virtual void on_create(adapter::creation const& call) = 0;
  /// A reading by id, or of a list.
  virtual void on_seen(mapping::side from, adapter::object const& object) = 0;
  virtual void on_answer(
      mapping::side to, adapter::update const& call, core::result<adapter::receipt> const& answer
  ) = 0;
};

/// How a connection is to be watched, and what is taken away from it.
struct watching {
  mapping::side side;
  mutation without = mutation::none;
  std::size_t page_rows = 0;  ///< most rows of a `changes` page; 0: as asked
  std::string own_account;    ///< as `changed_by` names it, for naive_echo_check
};

std::unique_ptr<adapter::system> watch(
    std::unique_ptr<adapter::system> inner, watching how, witness& by
);

}  // namespace simulation
