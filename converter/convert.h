// Conversion as a library: from an ONNX file to the bytes of an .edgy file. `edgy convert` parses
// its arguments into a ConvertRequest and shows what a ConvertListener hears; other programs do
// their own.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "converter/compress/merge_codes.h"
#include "converter/config/config.h"
#include "converter/graph/graph.h"
#include "converter/progress.h"
#include "converter/report/conversion_summary.h"
#include "converter/tokenizer/text_model.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// What to convert, and how.
struct ConvertRequest {
  std::filesystem::path model;  ///< the .onnx file
  ConvertConfig config;
  std::vector<std::string> shapes;     ///< NAME=1,128, as onnx_import::fix_shape takes them
  std::vector<std::string> constants;  ///< NAME=16000, as onnx_import::fix_constant takes them
  /// Real inputs, as open_dataset takes them; empty: none.
  std::filesystem::path calibration;
  std::string split = "train";        ///< of a manifest.csv
  std::vector<std::string> policies;  ///< OUTPUT=LEVEL, as set_privacy takes them
  std::vector<std::string> events;    ///< OUTPUT:SETTING,..., as set_events takes them
  format::fb::PrivacyLevel min_level = format::fb::PrivacyLevel::Low;
  /// Of a model that reads text: its tokenizer, which travels in the file; empty: none does.
  std::optional<TextRequest> text;
  /// A layer with weights that stays float32 although int8 is asked for is an error.
  bool strict = false;
  /// Merges codes by what the labelled recordings of `calibration` say; empty: codes stay.
  std::optional<MergeOptions> merge;
  /// Bytes that computing constants may take; empty: by the size of the file.
  std::optional<int64_t> fold_bytes;
};

/// Hears of a conversion while it goes on. Does nothing of itself.
class ConvertListener {
 public:
  virtual ~ConvertListener() = default;
  /// Where the progress of long work is shown.
  virtual Progress& progress() { return silent_; }
  /// A sentence that the user should read: what was left out or done otherwise.
  virtual void note(const std::string&) {}
  /// What a step did, for those who ask.
  virtual void detail(const std::string&) {}

 private:
  SilentProgress silent_;
};

/// A finished conversion; nothing is written yet.
struct Conversion {
  std::vector<uint8_t> bytes;  ///< of the .edgy file
  ConversionSummary summary;
};

/// Read, rewrite, lower, compress, package: all of the below. Throws Error where one of them does,
/// and with `strict` naming the layers that stayed float32.
Conversion convert(const ConvertRequest& request, ConvertListener& listener);

/// The file as it is. Throws Error naming it.
struct SourceFile {
  std::filesystem::path path;
  std::vector<uint8_t> bytes;
};
SourceFile read_source(const std::filesystem::path& path);

/// Imports `source` and runs all passes over its graph.
graph::Graph rewrite(const SourceFile& source, const ConvertRequest& request,
                     ConvertListener& listener);

/// The graph as the runtime's operators in float32, with the configuration's audio front end.
format::fb::ModelT lower_model(const graph::Graph& graph, const ConvertConfig& config);

/// What compression did.
struct Compression {
  std::vector<FloatLayer> float_layers;     ///< those that quantization looked at and left
  std::vector<FloatLayer> float_operators;  ///< the same of operators without weights
  /// Whether Edgy quantized the model: not one that came quantized, nor one without layers for it.
  bool quantized = false;
};

/// Removes filters, prunes and quantizes as `request` asks. Models that came quantized, and those
/// that have nothing to quantize, need no calibration data. Throws Error where data is missing, or
/// an option does not go with the model.
Compression compress(format::fb::ModelT& model, const ConvertRequest& request,
                     ConvertListener& listener);

/// Throws Error where settings contradict each other, whatever the model.
void check_request(const ConvertRequest& request);

}  // namespace edgy::converter
