// Subcommands `edgy run` and `edgy compare`.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// `edgy run MODEL.edgy --input NAME=FILE.npy ... -o DIR`: runs a model on the native build of the
/// runtime.
void add_run_command(CLI::App& app);

/// `edgy compare MODEL.onnx MODEL.edgy --data PATH`: the float reference beside the compressed
/// model.
void add_compare_command(CLI::App& app);

}  // namespace edgy::converter
