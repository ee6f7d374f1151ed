// Small helpers to read files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace edgy::converter {

/// The whole file. Throws Error naming it when it can not be read.
std::vector<uint8_t> read_bytes(const std::filesystem::path& path);

/// A table with a header line; values may be quoted. Throws Error naming the file and line when a
/// line has another number of columns than the header.
struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  /// Index of a column, or -1.
  int column(const std::string& name) const;
};
CsvTable read_csv(const std::filesystem::path& path);

}  // namespace edgy::converter
