#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace connector::core {

/// A text that must not be seen. It prints as "<secret>"; only `reveal()` gives it away, so that
/// every use is easy to find.
class secret {
 public:
  secret() = default;
  explicit secret(std::string text) : text_{std::move(text)} {}

  [[nodiscard]] std::string const& reveal() const { return text_; }
  [[nodiscard]] bool empty() const { return text_.empty(); }

  friend std::ostream& operator<<(std::ostream& out, secret const&) { return out << "<secret>"; }

 private:
  std::string text_;
};

/// `text`, perhaps a server's words, with "<secret>" in place of each of `secrets`. One of fewer
/// than four characters stays: it would match innocent words, and keeps nobody out.
std::string conceal(std::string text, std::vector<secret> const& secrets);

}  // namespace connector::core
