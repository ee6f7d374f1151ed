#include "converter/finetune/samples/recordings.h"

#include <cstdio>
#include <fstream>

namespace edgy::converter::finetune {

namespace fs = std::filesystem;

namespace {

/// Whether `data` is a manifest with rows of that split.
bool has_rows(const fs::path& data, const std::string& split) {
  if (!has_splits(data))
    return false;
  std::ifstream manifest(data.extension() == ".csv" ? data : data / "manifest.csv");
  for (std::string row; std::getline(manifest, row);) {
    if (("," + row + ",").find("," + split + ",") != std::string::npos)
      return true;
  }
  return false;
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
    std::fprintf(stderr, "there is no split '%s': every %zuth crop is held out to judge on\n",
                 arguments.dev_split.c_str(), kInterval);
    return train.hold_out(kInterval);
  }
  const auto source = open_split(arguments, model, arguments.dev_split);
  return Crops(*source, model, arguments.options.crop_length);
}

}  // namespace edgy::converter::finetune
