// The commands that train: they start programs beside this one, which WebAssembly has not.
#pragma once

namespace CLI {
class App;
}

namespace edgy::converter {

/// Adds `edgy finetune` and `edgy private-encoder`, or in WebAssembly commands of these names that
/// throw Error: it says which converter has them.
void add_training_commands(CLI::App& app);

}  // namespace edgy::converter
