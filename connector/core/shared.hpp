#pragma once

#include <memory>
#include <utility>

namespace connector::core {

/// A value that costs nothing to copy: copies share it, and whoever changes it first gets one of
/// their own. A holder is used by one thread at a time; copies may go to other threads.
template <class T>
class shared {
 public:
  shared() : value_{empty()} {}
  shared(shared const& other) : value_{other.value_} { other.sole_ = false; }
  shared(shared&& other) noexcept
      : value_{std::exchange(other.value_, empty())}, sole_{std::exchange(other.sole_, false)} {}
  shared& operator=(shared other) noexcept {
    std::swap(value_, other.value_);
    std::swap(sole_, other.sole_);
    return *this;
  }
  ~shared() = default;

  T const& operator*() const { return *value_; }
  T const* operator->() const { return value_.get(); }

  T& edit() {
    if (!sole_) {
      value_ = std::make_shared<T>(*value_);
      sole_ = true;
    }
    return *value_;
  }

 private:
  static std::shared_ptr<T> const& empty() {
    static auto const none = std::make_shared<T>();
    return none;
  }

  std::shared_ptr<T> value_;
  mutable bool sole_ = false;  ///< nobody else holds `value_`
};

}  // namespace connector::core
