// Samples to calibrate, compare and fine-tune on: named input tensors of a model, one set per
// recording or file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "converter/data/tensor.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// The inputs of one run of a model.
struct Sample {
  std::string name;            ///< file it came from, relative to the data set
  std::vector<Tensor> inputs;  ///< one for each input of the model, in the model's order, shapes as
                               ///< the model declares
};

/// A finite, ordered, deterministic list of samples. Samples are made when asked for, so a data set
/// may be larger than memory.
class CalibrationSource {
 public:
  virtual ~CalibrationSource() = default;
  virtual std::size_t size() const = 0;
  /// Sample `index` < size(). Throws Error when its file is unreadable or does not fit the model.
  virtual Sample sample(std::size_t index) = 0;
  /// What this is, for reports: "manifest.csv, split train, 64 of 1590 recordings".
  virtual std::string description() const = 0;
};

/// Which part of a data set to use.
struct DatasetOptions {
  std::string split;  ///< of manifest.csv: only rows of this split; empty: all rows
  std::size_t limit =
      0;  ///< at most so many samples, spread evenly over the list by a seeded choice; 0: all
  uint64_t seed = 1;  ///< of that choice
  /// Audio front end for recordings; empty: the one in the model's metadata, and EDGY's default if
  /// it has none.
  std::optional<format::fb::LogMelT> log_mel;
};

/// `tensor` as the model's input `input`: named so, with a missing batch axis of 1 added, bool
/// values taken for uint8 ones. Throws Error naming `origin`, and types and shapes of both, when it
/// does not fit.
Tensor as_input(Tensor tensor, const format::fb::TensorT& input, const std::string& origin);

/// Opens `path` for `model` (its inputs name and shape what is yielded). Accepted are
///  * a manifest.csv (columns file, speaker, sex, label, split, seconds; only `file` is required)
///  or a folder with one:
///    recordings (WAV, FLAC) that become log-mels for the model's first input, which must be f32
///    [N, mels, T] or [mels, T];
///  * a folder of recordings;
///  * a folder of .npy or .npz files, one sample each: an .npy is the first input; an .npz holds
///  arrays by input name;
///  * a folder of files `K.in.NAME.npy`: sample K has the inputs NAME;
///  * one .npz file: arrays by input name, or `K.NAME` for sample K.
/// Names may be spelled as files can have them: "x_0" for "x:0" (find_name()).
/// Throws Error naming the file and what would be accepted.
std::unique_ptr<CalibrationSource> open_dataset(const std::filesystem::path& path,
                                                const format::fb::ModelT& model,
                                                const DatasetOptions& options = {});

}  // namespace edgy::converter
