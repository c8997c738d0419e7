#pragma once

#include <span>
#include <string>
#include <string_view>

#include "connector/store/store.hpp"

/// The journal is a hash chain: each entry's `chain` covers the one before, so that no entry can be
/// changed, dropped or put in between without every later one giving it away. It cannot show that
/// the newest entries were cut off; keep a copy of the head elsewhere if that matters.
namespace connector::store {

/// SHA-256, in hexadecimal digits, of the JSON array
/// [previous chain, seq, at in ticks, link, kind, data]. The first entry's previous chain is "".
std::string chain_of(std::string_view previous, journal_entry const& entry);

/// Where a journal begins after entries were dropped. Stores keep it under the setting
/// `journal_start`; while that is missing, nothing was ever dropped.
struct journal_anchor {
  std::int64_t seq = 0;  ///< of the last entry dropped
  std::string chain;     ///< of the same
};
inline constexpr std::string_view journal_anchor_setting = "journal_start";
std::string text_of(journal_anchor const& anchor);
core::result<journal_anchor> journal_anchor_from(std::string_view text);

/// `oldest_first` must follow the anchor without a gap and each entry must carry the right chain.
/// Errors: errc::storage, naming the first entry that does not fit.
core::result<void> verify_chain(
    journal_anchor const& start, std::span<journal_entry const> oldest_first
);

/// Reads a store's whole journal, page by page, and verifies it from its anchor to its head.
/// Gives the number of entries verified. Nothing should write meanwhile but appends.
boost::asio::awaitable<core::result<std::size_t>> verify_journal(store& in);

}  // namespace connector::store
