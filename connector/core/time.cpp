#include "connector/core/time.hpp"

#include <cstdint>

namespace connector::core {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes exactly `width` digits off the front of `text`.
bool take_number(std::string_view& text, std::size_t width, int& out) {
  if (text.size() < width) return false;
  out = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool take_character(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& text, ticks& out) {
  out = ticks{0};
  if (text.empty() || text.front() != '.') return true;
  text.remove_prefix(1);
  std::int64_t unit = ticks::period::den / 10;
  std::size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    out += ticks{unit * (text.front() - '0')};
    unit /= 10;
    text.remove_prefix(1);
    ++digits;
  }
  return digits > 0 && digits <= 9;
}

/// "Z", "+02:00", "+0200" or nothing, which means UTC.
bool take_offset(std::string_view& text, minutes& out) {
  out = minutes{0};
  if (text.empty()) return true;
  if (text == "Z" || text == "z") {
    text.remove_prefix(1);
    return true;
  }
  auto const sign = text.front();
  if (sign != '+' && sign != '-') return false;
  text.remove_prefix(1);
  int h = 0;
  int m = 0;
  if (!take_number(text, 2, h)) return false;
  take_character(text, ':');
  if (!take_number(text, 2, m) || h > 23 || m > 59) return false;
  out = hours{h} + minutes{m};
  if (sign == '-') out = -out;
  return true;
}

struct civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<ticks> time;
};

civil split(time_point at) {
  auto const day = std::chrono::floor<days>(at);
  return {std::chrono::year_month_day{day}, std::chrono::hh_mm_ss<ticks>{at - day}};
}

void append_number(std::string& out, std::int64_t number, int width) {
  auto const from = out.size();
  out.append(static_cast<std::size_t>(width), '0');
  for (auto at = out.size(); at > from && number > 0; number /= 10) {
    out[--at] = static_cast<char>('0' + number % 10);
  }
}

std::string print(civil const& when, char separator) {
  std::string out;
  out.reserve(32);
  auto const year = int{when.date.year()};
  if (year < 0 || year > 9999) {
    out += std::to_string(year);
  } else {
    append_number(out, year, 4);
  }
  out += '-';
  append_number(out, unsigned{when.date.month()}, 2);
  out += '-';
  append_number(out, unsigned{when.date.day()}, 2);
  out += separator;
  append_number(out, when.time.hours().count(), 2);
  out += ':';
  append_number(out, when.time.minutes().count(), 2);
  out += ':';
  append_number(out, when.time.seconds().count(), 2);
  return out;
}

}  // namespace

std::optional<time_point> parse_time(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take_number(text, 4, year) || !take_character(text, '-') || !take_number(text, 2, month) ||
      !take_character(text, '-') || !take_number(text, 2, day)) {
    return std::nullopt;
  }
  if (!take_character(text, 'T') && !take_character(text, ' ')) return std::nullopt;
  if (!take_number(text, 2, hour) || !take_character(text, ':') || !take_number(text, 2, minute) ||
      !take_character(text, ':') || !take_number(text, 2, second)) {
    return std::nullopt;
  }
  ticks fraction{};
  minutes offset{};
  if (!take_fraction(text, fraction) || !take_offset(text, offset) || !text.empty()) {
    return std::nullopt;
  }
  auto const date = std::chrono::year_month_day{
      std::chrono::year{year},
      std::chrono::month{static_cast<unsigned>(month)},
      std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return time_point{std::chrono::sys_days{date}} + hours{hour} + minutes{minute} + seconds{second} +
         fraction - offset;
}

std::string format_time(time_point at) {
  auto const when = split(at);
  auto text = print(when, 'T');
  auto fraction = when.time.subseconds().count();
  if (fraction != 0) {
    text += '.';
    append_number(text, fraction, 7);
    while (text.back() == '0') text.pop_back();
  }
  return text + 'Z';
}

std::string format_time_seconds(time_point at) { return print(split(at), ' '); }

}  // namespace connector::core
