#include "converter/nncf/file/config.h"

#include "converter/nncf/file/describe_file.h"

namespace edgy::converter::nncf {
namespace {

constexpr const char* kNames[] = {"magnitude_sparsity", "rb_sparsity",  "const_sparsity",
                                  "filter_pruning",     "quantization", "knowledge_distillation"};
static_assert(std::size(kNames) == std::variant_size_v<Algorithm>);

}  // namespace

const char* name_of(const Algorithm& algorithm) {
  return kNames[algorithm.index()];
}

const std::vector<const char*>& runner_keys() {
  static const std::vector<const char*> kKeys = {
      // the model
      "model", "model_params", "pretrained", "weights", "basenet", "num_classes", "batchnorm",
      "in_channels_override", "ssd_params", "backbone", "resuming_checkpoint_path", "resume",
      // data
      "dataset", "dataset_type", "dataset_dir", "dataset_preprocessing_preset", "preprocessing",
      "augmentations", "train_anno", "train_imgs", "test_anno", "test_imgs", "class_names",
      "weighing", "workers", "batch_size", "batch_size_val", "batch_size_init",
      // training
      "mode", "epochs", "start_epoch", "train_epochs", "max_iter", "iter_size", "steps_per_epoch",
      "optimizer", "lr", "learning_rate", "weight_decay", "momentum", "loss", "schedule_type",
      "mixed_precision", "mixup", "early_stopping", "seed", "test_interval", "test_every_n_epochs",
      "eval_only", "eval_batch_size", "print_freq", "print_step", "save_freq",
      "checkpoint_save_dir", "ckpt_path", "log_dir", "name", "tags", "metrics_dump",
      // machines
      "multiprocessing_distributed", "distributed", "world_size", "rank", "gpu_id", "cpu_only",
      "execution_mode", "dist_url", "dist_backend", "multi_gpu",
      "disable_tensor_float_32_execution",
      // export
      "to_onnx", "to_frozen_graph", "to_h5", "to_saved_model", "export_model_path", "onnx_opset",
      "export_to_ir_via_onnx", "no_strip_on_export"};
  return kKeys;
}

std::vector<std::string> algorithm_names() {
  return {std::begin(kNames), std::end(kNames)};
}

}  // namespace edgy::converter::nncf
