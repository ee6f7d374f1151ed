// Small helpers to read files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "converter/addressable.h"

namespace edgy::converter {

/// A regular file or what comes out of a pipe, whole. Throws Error naming it and the reason when it
/// can not be read to its end, or has more than `limit` bytes.
std::vector<uint8_t> read_bytes(const std::filesystem::path& path,
                                std::size_t limit = addressable(uint64_t{1} << 34));

/// A table with a header line; values may be quoted, and end on their line. Throws Error naming the
/// file and line when a line has another number of columns than the header.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  /// Index of a column, or -1.
  int column(const std::string& name) const;
};
CsvTable read_csv(const std::filesystem::path& path);

/// A tensor's name as part of a file's: escaped (text.h), with "_" for what separates
/// folders.
std::string file_safe_name(std::string_view name);

/// Which of `names` is meant by `spelling`: the one that is just that, else the one that is
/// file_safe_name() of it, or has the same ("x:0", "x_0"). Nothing if there is none; throws Error
/// that tells them when there are several.
std::optional<std::size_t> find_name(const std::vector<std::string>& names,
                                     const std::string& spelling);

}  // namespace edgy::converter
