#include "converter/compare/model_files.h"

#include "converter/data/files.h"
#include "converter/error.h"
#include "converter/lower/lower.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"
#include "wasm/format/verify.h"

namespace edgy::converter {

format::fb::ModelT read_edgy(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  const auto root = format::verify(bytes);
  if (!root)
    throw Error(path.string() + ": " + root.error().message);
  format::fb::ModelT model;
  (*root)->UnPackTo(&model);
  return model;
}

format::fb::ModelT read_model(const std::filesystem::path& path) {
  if (path.extension() != ".onnx")
    return read_edgy(path);
  graph::Graph graph = onnx_import::import_model(read_bytes(path), path.string());
  passes::run_all(graph);
  return lower::lower_graph(graph);
}

}  // namespace edgy::converter
