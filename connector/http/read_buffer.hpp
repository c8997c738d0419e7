#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace connector::http {

/// Bytes received and not yet understood, in one piece. Starts small, since most connections idle
/// most of the time, and grows as long as reads fill it or a header does not fit.
class read_buffer {
 public:
  static constexpr std::size_t first_size = 8u << 10;
  static constexpr std::size_t size_max = 256u << 10;

  [[nodiscard]] std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Room for the next read; empty if the buffer is full at its largest.
  boost::asio::mutable_buffer prepare() {
    if (begin_ > 0) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    bool const full = end_ == size_ || filled_;
    if (full && size_ < size_max) {
      auto const larger = std::max(first_size, std::min(size_ * 2, size_max));
      auto bigger = std::make_unique<char[]>(larger);
      if (end_ > 0) std::memcpy(bigger.get(), data_.get(), end_);
      data_ = std::move(bigger);
      size_ = larger;
    }
    return {data_.get() + end_, size_ - end_};
  }

  void commit(std::size_t n) {
    filled_ = n == size_ - end_;
    end_ += n;
  }

  /// Gives memory back that only a large answer needed.
  void shrink() {
    if (empty() && size_ > first_size) *this = read_buffer{};
  }

 private:
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_ = false;
};

}  // namespace connector::http
