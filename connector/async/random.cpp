#include "connector/async/random.hpp"

#include <array>
#include <cstdio>
#include <openssl/rand.h>
#include <random>
#include <stdexcept>

namespace connector::async {
namespace {

class system_random final : public random {
 public:
  std::uint64_t next() override {
    std::uint64_t out = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&out), sizeof out) != 1) {
      throw std::runtime_error{"the operating system gives no random numbers"};
    }
    return out;
  }
};

class seeded_random final : public random {
 public:
  explicit seeded_random(std::uint64_t seed) : engine_{seed} {}
  std::uint64_t next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace

std::unique_ptr<random> make_system_random() { return std::make_unique<system_random>(); }

std::unique_ptr<random> make_seeded_random(std::uint64_t seed) {
  return std::make_unique<seeded_random>(seed);
}

std::string make_uuid(random& source) {
  auto const high = source.next();
  auto const low = source.next();
  std::array<char, 40> out{};
  std::snprintf(
      out.data(),
      out.size(),
      "%08x-%04x-4%03x-%04x-%012llx",
      static_cast<unsigned>(high >> 32),
      static_cast<unsigned>(high >> 16 & 0xffff),
      static_cast<unsigned>(high & 0xfff),
      static_cast<unsigned>((low >> 48 & 0x3fff) | 0x8000),
      static_cast<unsigned long long>(low & 0xffff'ffff'ffff)
  );
  return out.data();
}

}  // namespace connector::async
