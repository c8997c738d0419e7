#include <cstdio>
#include <memory>

#include "connector/mapping/compile.hpp"

namespace connector::mapping {

// The one function here that touches the world; everything else is given its texts.
file_reader disk_files() {
  return [](std::string const& path) -> core::result<std::string> {
    constexpr std::size_t bytes_max = (1 << 20) + 1;
    auto const close = [](std::FILE* f) { std::fclose(f); };
    std::unique_ptr<std::FILE, decltype(close)> const in{std::fopen(path.c_str(), "rb"), close};
    if (!in) return core::error{core::errc::not_found, "no such file, or no permission to read it"};
    std::string text(bytes_max, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), in.get()));
    if (std::ferror(in.get()))
      return core::error{core::errc::invalid, "it is no file that can be read"};
    return text;
  };
}

}  // namespace connector::mapping
