#include "converter/finetune/settings/arguments.h"

#include <map>

namespace edgy::converter::finetune {

void add_options(CLI::App& app, Arguments& arguments) {
  FinetuneOptions& o = arguments.options;
  app.add_option("run", arguments.run, "Folder with reference.edgy")->required();
  app.add_option("-o,--output", arguments.output, "The .edgy file to write")->required();
  app.add_option("--data", arguments.data, "manifest.csv, a folder of recordings, .npy, .npz")
      ->required()
      ->check(CLI::ExistingPath);
  app.add_option("--from", arguments.from, "A compressed .edgy of the model to start from")
      ->check(CLI::ExistingFile);
  app.add_option("--split", arguments.train_split, "Rows of manifest.csv to train on")
      ->capture_default_str();
  app.add_option("--dev-split", arguments.dev_split, "Rows to choose the best weights on")
      ->capture_default_str();
  app.add_option("-c,--config", arguments.config, "An NNCF configuration, JSON")
      ->check(CLI::ExistingFile);
  app.add_option("--precision", arguments.precision, "int8 or f32, without --from")
      ->check(CLI::IsMember({"int8", "f32"}))
      ->capture_default_str();
  app.add_option("--calibration-samples", arguments.calibration_samples,
                 "64, or as many as the configuration says");
  app.add_option_function<int>(
      "--epochs",
      [&arguments](int epochs) {
        arguments.options.epochs = epochs;
        arguments.epochs_given = true;
      },
      "At most; by default 12 after what the configuration's schedules take");
  app.add_option("--epoch-steps", o.epoch_steps, "Steps of an epoch; 0: all crops once")
      ->capture_default_str();
  app.add_option("--amp", o.amp, "Mixed precision: O0, O1, O2 or O3")
      ->transform(CLI::CheckedTransformer(std::map<std::string, AmpLevel>{{"O0", AmpLevel::kO0},
                                                                          {"O1", AmpLevel::kO1},
                                                                          {"O2", AmpLevel::kO2},
                                                                          {"O3", AmpLevel::kO3}}));
  app.add_flag("--amp-half", o.amp_half, "float16 with dynamic loss scaling instead of bfloat16");
  app.add_option("--optimizer", o.optimizer, "adam or sgd")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OptimizerKind>{
          {"adam", OptimizerKind::kAdam}, {"sgd", OptimizerKind::kSgd}}));
  app.add_option("--weight-decay", o.weight_decay)->capture_default_str();
  app.add_option("--crop", o.crop_length, "Frames of a crop")->capture_default_str();
  app.add_option("--batch", o.batch, "Crops a step")->capture_default_str();
  app.add_option("--learning-rate", o.learning_rate)->capture_default_str();
  app.add_option("--code-weight", o.code_weight)->capture_default_str();
  app.add_option("--layer-weight", o.layer_weight)->capture_default_str();
  app.add_option("--output-weight", o.output_weight)->capture_default_str();
  app.add_option("--labels", arguments.labels,
                 "A column of manifest.csv to learn from, too: a linear classifier of the mean "
                 "output trains along");
  app.add_option("--label-weight", o.label_weight, "Of its cross-entropy in the loss")
      ->capture_default_str();
  app.add_option("--label-rate", o.label_rate, "Its learning rate over that of the weights")
      ->capture_default_str();
  app.add_option("--sparsity", o.sparsity, "Share of zero weights to end with")
      ->capture_default_str();
  app.add_option("--sparsity-block", o.sparsity_block)->capture_default_str();
  app.add_option("--sparsity-ramp", o.sparsity_ramp)->capture_default_str();
  app.add_option("--evaluations", o.evaluations_per_epoch)->capture_default_str();
  app.add_option("--patience", o.patience,
                 "Evaluations under the final masks without a better one after which the best "
                 "weights come back and the learning rate falls to a third; 0: never")
      ->capture_default_str();
  app.add_option("--rate-cuts", o.rate_cuts,
                 "How often it falls; when patience ends once more, so does training")
      ->capture_default_str();
  app.add_option(
         "--minutes", o.minutes,
         "At most so long; half of it for the way to the final masks. Such a run depends on "
         "the machine's speed. 0: no limit")
      ->capture_default_str();
  app.add_option("--hessian-crops", arguments.hessian.crops,
                 "hawq: crops to estimate on, at most; 0: as the configuration says")
      ->capture_default_str();
  app.add_option("--hessian-iterations", arguments.hessian.iterations,
                 "hawq: random vectors of the estimate, at most; 0: as the configuration says")
      ->capture_default_str();
  app.add_option("--seed", o.seed)->capture_default_str();
  app.add_option("--threads", o.threads)->capture_default_str();
  app.add_option("--checkpoint-seconds", o.checkpoint_seconds)->capture_default_str();
}

}  // namespace edgy::converter::finetune
