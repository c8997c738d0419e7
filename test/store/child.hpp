#pragma once

#include <cstdlib>
#include <functional>
#include <gtest/gtest.h>
#include <signal.h>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace connector::store {

class pipe_end {
 public:
  explicit pipe_end(int fd) : fd_{fd} {}

  void say(char c) { say(std::string_view{&c, 1}); }
  void say(std::string_view text) {
    if (::write(fd_, text.data(), text.size()) < 0) std::_Exit(2);
  }

 private:
  int fd_;
};

/// A process that runs `work` and can be killed at any moment. Nothing of the test's own end runs
/// in it. Start it before the test has threads.
class child {
 public:
  explicit child(std::function<void(pipe_end&)> const& work) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      pipe_end to_parent{ends[1]};
      work(to_parent);
      std::_Exit(testing::Test::HasFailure() ? 1 : 0);
    }
    ::close(ends[1]);
    from_ = ends[0];
  }
  ~child() {
    kill();
    ::close(from_);
  }
  child(child const&) = delete;
  child& operator=(child const&) = delete;

  /// The next character said, 0 at the end.
  char next() {
    char c = 0;
    return ::read(from_, &c, 1) == 1 ? c : '\0';
  }
  void wait_for(char wanted) { ASSERT_EQ(next(), wanted); }
  /// Everything said until the child ends.
  std::string hear() {
    std::string all;
    for (char c = next(); c != 0; c = next()) all += c;
    return all;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  int from_ = 0;
};

}  // namespace connector::store
