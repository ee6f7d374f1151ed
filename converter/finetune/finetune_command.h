// Subcommand `edgy finetune`.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// `edgy finetune MODEL.onnx -o MODEL.edgy --data manifest.csv [...]`: lowers the original and
/// hands over to the program edgy-finetune, which has libtorch in it.
void add_finetune_command(CLI::App& app);

}  // namespace edgy::converter
