// Fewer codes: those that say alike become one class, so that what they told besides is gone.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "converter/data/dataset.h"
#include "wasm/format/edgy_generated.h"

namespace edgy::converter {

/// How often each code comes together with each thing that is to be kept, [codes, things].
struct CodeCounts {
  Eigen::MatrixXd frames;  ///< labels of frames: phones
  Eigen::MatrixXd labels;  ///< labels of recordings, each in four quarters of the recording
};

struct MergeOptions {
  int classes = 12;
  double label_weight = 1;      ///< of I(code; label) beside I(code; label of the frame)
  std::vector<int32_t> apart;   ///< codes that keep a class of their own: silence
  std::string split = "train";  ///< rows of the manifest to count on
};

/// The class 0..classes-1 of each code. Greedily: again and again the two classes become one whose
/// union loses the least of I(code; frame label) + label_weight I(code; label), the information in
/// bits that a code has about them (the agglomerative information bottleneck; N. Slonim and
/// N. Tishby, 1999). Classes are numbered by their least code. Throws Error when there are no more
/// codes than classes, when nothing was counted, and when more codes are to stay apart than there
/// are classes beside one.
std::vector<int64_t> merge_codes(const CodeCounts& counts, const MergeOptions& options);

/// Runs `model` on the manifest's recordings of that split and counts the codes of its output
/// `output`. Labels of recordings are the column label, those of frames the files (segments.h) that
/// the column segments names, relative to the manifest; they span the column seconds where there is
/// one, else what they end with. Throws Error when the manifest has neither.
CodeCounts count_codes(const format::fb::ModelT& model, int32_t output,
                       const std::filesystem::path& manifest, const std::string& split);

/// The one output that holds codes; throws Error naming the outputs when there is none or several.
int32_t code_output(const format::fb::ModelT& model);

/// Puts classes in the place of codes: the output keeps its name and holds classes, looked up in a
/// constant; what looks code vectors up by it finds the mean of those of a class.
void replace_codes(format::fb::ModelT& model, int32_t output, const std::vector<int64_t>& classes);

}  // namespace edgy::converter
