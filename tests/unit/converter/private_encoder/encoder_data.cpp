#include "tests/unit/converter/private_encoder/encoder_data.h"

#include "converter/models/model_files.h"

namespace edgy::converter {

std::filesystem::path test_data() {
  return EDGY_TEST_DATA;
}

const format::fb::ModelT& encoder() {
  static const format::fb::ModelT model = read_model(test_data() / "models/edgy-256.onnx");
  return model;
}

std::unique_ptr<CalibrationSource> recordings(const std::string& split, std::size_t limit) {
  DatasetOptions options;
  options.split = split;
  options.limit = limit;
  return open_dataset(test_data() / "speech/manifest.csv", encoder(), options);
}

}  // namespace edgy::converter
