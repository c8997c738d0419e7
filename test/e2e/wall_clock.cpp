// For LD_PRELOAD: the wall clock of a process is off by the seconds in the file that
// WALL_CLOCK_OFFSET names, and steps when that file is replaced. The other clocks stay as they are,
// since nobody can set them on a real machine either. (libfaketime, which could do the same, calls
// the allocator before it is ready, and jemalloc asks for the time then.)
#include <cstdlib>
#include <ctime>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

long offset() {
  auto const* path = std::getenv("WALL_CLOCK_OFFSET");
  auto const file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return 0;
  char text[32] = {};
  auto const got = read(file, text, sizeof text - 1);
  close(file);
  return got > 0 ? std::atol(text) : 0;
}

}  // namespace

extern "C" int clock_gettime(clockid_t which, timespec* into) noexcept {
  auto const done = static_cast<int>(syscall(SYS_clock_gettime, which, into));
  if (done == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) {
    into->tv_sec += offset();
  }
  return done;
}

extern "C" int gettimeofday(timeval* __restrict into, void* __restrict) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  into->tv_sec = now.tv_sec;
  into->tv_usec = now.tv_nsec / 1000;
  return 0;
}

extern "C" time_t time(time_t* into) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}
