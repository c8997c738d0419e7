#include "connector/store/journal_chain.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "connector/core/digest.hpp"
#include "connector/store/json_text.hpp"

namespace connector::store {
namespace {

constexpr std::size_t page_rows_max = 1000;

core::error broken(std::int64_t seq, std::string_view what) {
  return {
      core::errc::storage,
      "journal entry " + std::to_string(seq) + " " + std::string{what} +
          "; the journal was changed from outside or its file is damaged"};
}

}  // namespace

std::string chain_of(std::string_view previous, journal_entry const& entry) {
  std::string text;
  text.reserve(256);
  text += '[';
  append_json(text, previous);
  text += ',' + std::to_string(entry.seq);
  text += ',' + std::to_string(entry.at.time_since_epoch().count()) + ',';
  append_json(text, entry.link);
  text += ',';
  append_json(text, entry.kind);
  text += ',';
  append_json(text, entry.data);
  text += ']';
  return core::sha256_hex(text);
}

std::string text_of(journal_anchor const& anchor) {
  return std::to_string(anchor.seq) + " " + anchor.chain;
}

core::result<journal_anchor> journal_anchor_from(std::string_view text) {
  journal_anchor anchor;
  auto const [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), anchor.seq);
  if (ec != std::errc{} || rest == text.data() + text.size() || *rest != ' ') {
    return core::error{core::errc::storage, "the setting journal_start is damaged"};
  }
  anchor.chain.assign(rest + 1, text.data() + text.size());
  return anchor;
}

core::result<void> verify_chain(
    journal_anchor const& start, std::span<journal_entry const> oldest_first
) {
  auto seq = start.seq;
  std::string_view previous = start.chain;
  for (auto const& entry : oldest_first) {
    if (entry.seq != ++seq) return broken(seq, "is missing");
    if (entry.chain != chain_of(previous, entry)) return broken(seq, "does not fit its chain");
    previous = entry.chain;
  }
  return {};
}

boost::asio::awaitable<core::result<std::size_t>> verify_journal(store& in) {
  auto before = std::numeric_limits<std::int64_t>::max();
  std::size_t verified = 0;
  // The oldest entry of the page read last; it can be checked only once the page before is known.
  std::vector<journal_entry> open_end;
  std::string const any_link;
  while (true) {
    auto read = co_await in.journal(any_link, before, page_rows_max);
    if (!read) co_return read.error();
    std::vector<journal_entry> page = std::move(*read);
    std::reverse(page.begin(), page.end());
    page.insert(page.end(), open_end.begin(), open_end.end());
    if (page.size() == open_end.size()) break;

    auto const& oldest = page.front();
    journal_anchor const from{oldest.seq, oldest.chain};
    auto const fits = verify_chain(from, std::span{page}.subspan(1));
    if (!fits) co_return fits.error();
    verified += page.size() - open_end.size();
    before = oldest.seq;
    open_end.assign(1, oldest);
  }

  std::string const anchor{journal_anchor_setting};
  auto const kept = co_await in.setting(anchor);
  if (!kept) co_return kept.error();
  journal_anchor start;
  if (*kept) {
    auto const parsed = journal_anchor_from(**kept);
    if (!parsed) co_return parsed.error();
    start = *parsed;
  }
  auto const fits = verify_chain(start, open_end);
  if (!fits) co_return fits.error();
  co_return verified;
}

}  // namespace connector::store
