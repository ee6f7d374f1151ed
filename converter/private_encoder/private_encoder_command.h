// Subcommand `edgy private-encoder`.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// `edgy private-encoder MANIFEST -o ENCODER.onnx [--config FILE] [--run FOLDER] ...`: starts the
/// program edgy-private-encoder, which trains, and writes what it trained as ONNX.
void add_private_encoder_command(CLI::App& app);

}  // namespace edgy::converter
