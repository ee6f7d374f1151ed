#include "converter/cli/training_commands.h"

#include "converter/finetune/finetune_command.h"
#include "converter/private_encoder/private_encoder_command.h"

namespace edgy::converter {

void add_training_commands(CLI::App& app) {
  add_finetune_command(app);
  add_private_encoder_command(app);
}

}  // namespace edgy::converter
