#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "adapters/registry.hpp"
#include "connector/command/command.hpp"

int main(int argc, char** argv) {
  try {
    std::vector<std::string> const arguments(argv + 1, argv + argc);
    return connector::command::main(arguments, {adapters::registry(), std::cout, std::cerr});
  } catch (std::exception const& e) {
    std::cerr << "itsm-connector: " << e.what() << "; this is a bug\n";
    return 70;  // EX_SOFTWARE
  }
}
