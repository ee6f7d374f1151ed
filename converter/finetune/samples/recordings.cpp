#include "converter/finetune/samples/recordings.h"

#include <algorithm>
#include <iostream>

#include "converter/data/files.h"

namespace edgy::converter::finetune {

namespace fs = std::filesystem;

namespace {

/// Whether `data` is a manifest with rows of that split.
bool has_rows(const fs::path& data, const std::string& split) {
  if (!has_splits(data))
    return false;
  const CsvTable manifest = read_csv(data.extension() == ".csv" ? data : data / "manifest.csv");
  const int column = manifest.column("split");
  return column >= 0 &&
         std::any_of(manifest.rows.begin(), manifest.rows.end(), [&](const auto& row) {
           return row[static_cast<std::size_t>(column)] == split;
         });
}

}  // namespace

bool has_splits(const fs::path& data) {
  return data.extension() == ".csv" || fs::exists(data / "manifest.csv");
}

std::unique_ptr<CalibrationSource> open_split(const Arguments& arguments,
                                              const format::fb::ModelT& model,
                                              const std::string& split, std::size_t limit) {
  DatasetOptions options;
  options.split = split;
  options.limit = limit;
  return open_dataset(arguments.data, model, options);
}

Crops dev_crops(const Arguments& arguments, const format::fb::ModelT& model, Crops& train) {
  constexpr std::size_t kInterval = 8;
  if (!has_rows(arguments.data, arguments.dev_split)) {
    std::cerr << "there is no split '" << arguments.dev_split << "': every " << kInterval
              << "th crop is held out to judge on\n";
    return train.hold_out(kInterval);
  }
  const auto source = open_split(arguments, model, arguments.dev_split);
  return Crops(*source, model, arguments.options.crop_length);
}

}  // namespace edgy::converter::finetune
