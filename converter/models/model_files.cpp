#include "converter/models/model_files.h"

#include "converter/data/files.h"
#include "converter/lower/lower.h"
#include "converter/onnx/import.h"
#include "converter/passes/passes.h"

namespace edgy::converter {

format::fb::ModelT read_model(const std::filesystem::path& path) {
  if (path.extension() != ".onnx")
    return read_edgy(path);
  graph::Graph graph = onnx_import::import_model(read_bytes(path), path.string());
  passes::run_all(graph);
  return lower::lower_graph(graph);
}

}  // namespace edgy::converter
