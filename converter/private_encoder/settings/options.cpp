#include "converter/private_encoder/settings/options.h"

#include "converter/config/object_reader.h"
#include "converter/config/settings_writer.h"
#include "converter/data/files.h"
#include "converter/error.h"

namespace edgy::converter::private_encoder {
namespace {

constexpr double kLargestWeight = 1e4;

template <typename Visitor>
void describe(Visitor& v, EncoderOptions& o) {
  v.number("cepstra", o.cepstra, {2, 80}, "Coefficients of the DCT over bands that are kept.");
  v.number("channels", o.channels, {1, 4096}, "Of the convolutions.");
  v.number("context", o.context, {1, 63}, "Taps of the last two convolutions, odd.");
  v.number("code_channels", o.code_channels, {1, 4096}, "Of the vectors that codes stand for.");
  v.number("codes", o.codes, {2, 4096}, "Where frames have no labels; else one a label.");
}

template <typename Visitor>
void describe(Visitor& v, AugmentationOptions& o) {
  v.number("stretch", o.stretch, {0, 1}, "Speed changes by a factor of up to 1 + x.");
  v.number("warp", o.warp, {0, 1}, "Deviation of the logarithm of a factor of frequencies.");
  v.number("equalization", o.equalization, {0, 10}, "Times 6 dB, smooth over frequencies.");
  v.number("low_pass", o.low_pass, {0, 1}, "Share of recordings whose high bands fall off.");
  v.number("least_noise", o.least_noise, {0, 2}, "Below the loudest band, in 80 dB, at least.");
  v.number("most_noise", o.most_noise, {0, 2}, "The same, at most.");
  v.number("noise_grain", o.noise_grain, {0, 1}, "Deviation from value to value, in 80 dB.");
}

template <typename Visitor>
void describe(Visitor& v, BatchOptions& o) {
  v.number("crop_seconds", o.crop_seconds, {0.1, 60}, "Stretches of longer recordings.");
  v.number("crops", o.crops, {1, 4096}, "Of each corpus in a step.");
  v.number("recordings", o.recordings, {1, 4096}, "Shorter ones of each corpus, at most.");
}

template <typename Visitor>
void describe(Visitor& v, OptimizerOptions& o) {
  v.number("learning_rate", o.learning_rate, {0, 1}, "After warm-up; falls along a cosine.");
  v.number("weight_decay", o.weight_decay, {0, 1}, "A share of rate times weight a step.");
  v.number("gradient_clip", o.gradient_clip, {0, 1e6}, "Norm of all gradients; 0: none.");
  v.number("warmup", o.warmup, {0, 1e6}, "Steps.");
  v.number("adversary_rate", o.adversary_rate, {0, 1}, "Learning rate of the adversary.");
  v.number("adversary_steps", o.adversary_steps, {1, 100}, "Of it in a step of the encoder.");
}

template <typename Visitor>
void describe(Visitor& v, StageOptions& o) {
  const Limits weight = {0, kLargestWeight};
  v.number("steps", o.steps, {0, 1e7}, "Of the encoder.");
  v.number("phone", o.phone, weight, "Cross-entropy of the label of each frame.");
  v.number("label", o.label, weight, "Cross-entropy of the recording's label.");
  v.number("commitment", o.commitment, weight, "Distance of a vector from its code's.");
  v.number("count_matching", o.count_matching, weight, "Code counts of a speaker less those said.");
  v.number("adversary", o.adversary, weight, "What a classifier of speakers finds in codes.");
}

template <typename Visitor>
void describe(Visitor& v, MergeStage& o) {
  v.number("classes", o.classes, {0, 4096}, "That codes are merged into; 0: none are.");
  v.number("label_weight", o.label_weight, {0, kLargestWeight}, "Of what labels lose by it.");
  v.boolean("nested", o.nested, "Codes stay, and classes are sets of them.");
}

template <typename Visitor>
void describe(Visitor& v, Options& o) {
  v.number("seed", o.seed, {0, 1e15}, "Of weights, choices and changes of recordings.");
  v.number("adversary_recordings", o.adversary_recordings, {1, 1e6},
           "Speakers with fewer are known to the adversary by their sex.");
  v.object("encoder", "The network.", [&](auto& child) { describe(child, o.encoder); });
  v.object("augmentation", "How recordings are changed.",
           [&](auto& child) { describe(child, o.augmentation); });
  v.object("batch", "What a step sees.", [&](auto& child) { describe(child, o.batch); });
  v.object("optimizer", "Adam with decoupled weight decay.",
           [&](auto& child) { describe(child, o.optimizer); });
  v.object("first", "Losses of the first stage: codes that say phones.",
           [&](auto& child) { describe(child, o.first); });
  v.object("merge", "By least loss of what is said.",
           [&](auto& child) { describe(child, o.merge); });
  v.object("second", "Losses of the second stage: classes that say alike.",
           [&](auto& child) { describe(child, o.second); });
}

}  // namespace

Options parse_options(std::string_view json, const std::string& origin) {
  const JsonDocument document = JsonDocument::parse(json, origin);
  Findings findings;
  ObjectReader reader(document, {}, findings);
  Options options;
  describe(reader, options);
  reader.text("silence", options.silence, "Label of frames in which nothing is said: code 0.");
  reader.finish();
  if (options.encoder.context % 2 == 0) {
    findings.errors.push_back(
        {document.position("encoder.context"), "encoder.context: an odd number is expected"});
  }
  if (options.augmentation.most_noise < options.augmentation.least_noise) {
    findings.errors.push_back({document.position("augmentation.most_noise"),
                               "augmentation.most_noise: is less than least_noise"});
  }
  throw_errors(findings, origin);
  return options;
}

Options read_options(const std::filesystem::path& path) {
  const std::vector<uint8_t> bytes = read_bytes(path);
  return parse_options({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

nlohmann::ordered_json to_json(const Options& options) {
  Options copy = options;
  SettingsWriter writer;
  describe(writer, copy);
  nlohmann::ordered_json json = writer.json();
  json["silence"] = options.silence;
  return json;
}

}  // namespace edgy::converter::private_encoder
