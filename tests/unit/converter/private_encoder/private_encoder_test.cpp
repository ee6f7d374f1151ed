// What is around the training of private encoders: options, recordings and their changes, and the
// ONNX that comes out.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "converter/calibration/runner.h"
#include "converter/convert.h"
#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/export/codes.h"
#include "converter/models/model_files.h"
#include "converter/private_encoder/network/shape.h"
#include "converter/private_encoder/onnx_encoder.h"
#include "converter/private_encoder/samples/augmentation.h"
#include "converter/private_encoder/samples/recordings.h"
#include "converter/private_encoder/settings/options.h"

namespace edgy::converter::private_encoder {
namespace {

namespace fs = std::filesystem;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

fs::path scratch(const std::string& name) {
  fs::path folder =
      fs::temp_directory_path() / ("edgy-private-" + std::to_string(::getpid())) / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

TEST_CASE("options are read back as they were written", "[private_encoder]") {
  Options options;
  options.seed = 7;
  options.silence = "pau";
  options.encoder.cepstra = 20;
  options.second.adversary = 4;
  options.merge.nested = false;
  const std::string text = to_json(options).dump();
  CHECK(to_json(parse_options(text, "options")).dump() == text);
  CHECK(to_json(parse_options("{}", "options")).dump() == to_json(Options()).dump());
}

TEST_CASE("options that cannot be are named", "[private_encoder]") {
  CHECK_THROWS_MATCHES(parse_options(R"({"encoder": {"context": 4}})", "a.json"), Error,
                       MessageMatches(ContainsSubstring("encoder.context: an odd number")));
  CHECK_THROWS_MATCHES(parse_options(R"({"first": {"adversery": 1}})", "a.json"), Error,
                       MessageMatches(ContainsSubstring("adversary")));
  CHECK_THROWS_MATCHES(
      parse_options(R"({"augmentation": {"least_noise": 1, "most_noise": 0.5}})", "a.json"), Error,
      MessageMatches(ContainsSubstring("least_noise")));
}

std::vector<float> ramp(int frames) {
  std::vector<float> mel;
  for (int band = 0; band < kMels; ++band) {
    for (int t = 0; t < frames; ++t)
      mel.push_back(0.3F + 0.005F * static_cast<float>(band) + 0.01F * static_cast<float>(t % 5));
  }
  return mel;
}

AugmentationOptions nothing() {
  AugmentationOptions options;
  options.stretch = options.warp = options.equalization = options.low_pass = 0;
  options.least_noise = options.most_noise = options.noise_grain = 0;
  return options;
}

TEST_CASE("augmentation of no strength changes nothing", "[private_encoder]") {
  Random random(1);
  std::vector<float> mel = ramp(9);
  augment(mel, 9, nothing(), random);
  CHECK(mel == ramp(9));
  const Stretch same = stretched({ramp(9), 9, std::vector<int>(9, 3)}, nothing(), random);
  CHECK(same.frames == 9);
  CHECK(same.mel == ramp(9));
}

TEST_CASE("augmentation is finite, within 80 dB, and the same for the same numbers",
          "[private_encoder]") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    const int frames = 1 + static_cast<int>(seed % 12);
    std::vector<float> mel = ramp(frames);
    std::vector<float> again = mel;
    Random first(seed);
    Random second(seed);
    augment(mel, frames, {}, first);
    augment(again, frames, {}, second);
    CHECK(mel == again);
    CHECK(mel != ramp(frames));
    const auto [low, high] = std::ranges::minmax(mel);
    CHECK(std::isfinite(low));
    CHECK(high - low <= 1.0001F);
  }
}

TEST_CASE("a longer vocal tract moves a peak down, a shorter one up", "[private_encoder]") {
  AugmentationOptions options = nothing();
  options.warp = 0.1;
  int moved = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random probe(seed);
    const double turn = 0.1 * probe.normal();
    Random random(seed);
    std::vector<float> mel(kMels, 0.2F);
    mel[40] = 1;
    augment(mel, 1, options, random);
    const auto peak = std::ranges::max_element(mel) - mel.begin();
    // A band is about 4 % of a frequency there.
    if (std::abs(turn) > 0.06) {
      ++moved;
      CHECK((peak > 40) == (turn > 0));
    }
  }
  CHECK(moved > 5);
}

TEST_CASE("stretching takes labels along", "[private_encoder]") {
  Stretch from{ramp(40), 40, std::vector<int>(40, 0)};
  std::fill(from.phone.begin() + 20, from.phone.end(), 1);
  AugmentationOptions options;
  options.stretch = 0.5;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    const Stretch to = stretched(from, options, random);
    CHECK(to.frames >= 26);
    CHECK(to.frames <= 60);
    const auto ones = std::ranges::count(to.phone, 1);
    CHECK(std::abs(2.0 * static_cast<double>(ones) / to.frames - 1) < 0.1);
    CHECK(std::ranges::is_sorted(to.phone));
  }
  Random random(1);
  CHECK(stretched({ramp(2), 2, {0, 1}}, options, random).frames >= 2);
}

TEST_CASE("a code has the label of the frames around it", "[private_encoder]") {
  CHECK(labels_of_codes({}).empty());
  CHECK(labels_of_codes({1, 2, 3}).empty());
  CHECK(labels_of_codes({1, 2, 3, 4}) == std::vector<int>{3});
  CHECK(labels_of_codes({1, 2, 3, 4, 5, 6, 7}) == std::vector<int>{3, 5});
}

/// Rows of the repository's own recordings, with tracks of two phones for those of split train.
fs::path manifest_with_phones(const std::string& name, const std::string& silence) {
  fs::path folder = scratch(name);
  fs::create_directory_symlink(fs::path(EDGY_TEST_DATA) / "speech" / "fsdd", folder / "fsdd");
  const CsvTable table = read_csv(fs::path(EDGY_TEST_DATA) / "speech" / "manifest.csv");
  std::string text = "file,speaker,sex,label,split,segments\n";
  int number = 0;
  for (const auto& row : table.rows) {
    if (!row[0].starts_with("fsdd/"))
      continue;
    const std::string track = "track" + std::to_string(number++) + ".txt";
    std::ofstream(folder / track) << "0\t0.1\t" + silence + "\n0.1\t0.25\tAH\n";
    text += row[0] + "," + row[1] + "," + row[2] + "," + row[3] + "," + row[4] + "," +
            (number % 2 == 0 ? "" : track) + "\n";
  }
  write_file(folder / "manifest.csv", text);
  return folder;
}

TEST_CASE("recordings come with what is known of them", "[private_encoder]") {
  Options options;
  options.adversary_recordings = 2;
  const Speeches speeches = read_speeches(manifest_with_phones("known", "SIL"), options);
  CHECK(speeches.phones == std::vector<std::string>{"SIL", "AH"});
  CHECK(speeches.labels.size() > 1);
  REQUIRE(speeches.corpora.size() == 1);
  CHECK(speeches.corpora[0].name == "fsdd");
  CHECK_FALSE(speeches.corpora[0].cropped);
  CHECK(std::ranges::is_sorted(speeches.corpora[0].recordings, {}, &Speech::frames));
  bool tracked = false;
  for (const Speech& speech : speeches.corpora[0].recordings) {
    CHECK(speech.mel.size() ==
          static_cast<std::size_t>(kMels) * static_cast<std::size_t>(speech.frames));
    CHECK(speech.voice != kUnknown);
    CHECK(speech.label != kUnknown);
    if (speech.phone[0] == kUnknown)
      continue;
    tracked = true;
    CHECK(speech.phone[9] == 0);
    CHECK(speech.phone[11] == 1);
    CHECK(speech.phone[static_cast<std::size_t>(std::min(speech.frames - 1, 26))] ==
          (speech.frames > 26 ? kUnknown : 1));
  }
  CHECK(tracked);
}

TEST_CASE("a manifest that nothing can be learnt from is refused", "[private_encoder]") {
  CHECK_THROWS_MATCHES(read_speeches(manifest_with_phones("silence", "pau"), {}), Error,
                       MessageMatches(ContainsSubstring("'SIL'")));
  const fs::path folder = scratch("bare");
  write_file(folder / "manifest.csv", "file,split\na.wav,test\n");
  CHECK_THROWS_MATCHES(read_speeches(folder, {}), Error,
                       MessageMatches(ContainsSubstring("'train'")));
  write_file(folder / "manifest.csv", "file\na.wav\n");
  CHECK_THROWS_MATCHES(read_speeches(folder, {}), Error,
                       MessageMatches(ContainsSubstring("'split'")));
}

// ---- ONNX
// ------------------------------------------------------------------------------------------------------------

Tensor drawn(const std::string& name, const std::vector<int64_t>& shape, float low, float high,
             Random& random) {
  Tensor tensor;
  tensor.name = name;
  tensor.shape = shape;
  tensor.data.resize(tensor.elements() * sizeof(float));
  for (float& value : tensor.values<float>())
    value = static_cast<float>(random.uniform(low, high));
  return tensor;
}

TrainedEncoder random_encoder(std::vector<int64_t> classes, uint64_t seed) {
  Random random(seed);
  TrainedEncoder encoder;
  encoder.shape = {.cepstra = 6, .channels = 8, .context = 5, .code_channels = 4, .codes = 3};
  encoder.classes = std::move(classes);
  const auto forms = convolutions(encoder.shape);
  const auto add = [&](const std::string& name, const std::vector<int64_t>& shape, float low,
                       float high) {
    encoder.tensors[name] = drawn(name, shape, low, high, random);
  };
  for (std::size_t i = 0; i < forms.size(); ++i) {
    const std::string name = "conv" + std::to_string(i);
    add(name + ".weight", {forms[i].out, forms[i].in, forms[i].taps}, -0.4F, 0.4F);
    add(name + ".bias", {forms[i].out}, -0.2F, 0.2F);
    if (i + 1 < forms.size()) {
      add(name + ".gain", {forms[i].out}, 0.5F, 1.5F);
      add(name + ".shift", {forms[i].out}, -0.3F, 0.3F);
      add(name + ".mean", {forms[i].out}, -0.3F, 0.3F);
      add(name + ".variance", {forms[i].out}, 0.3F, 2);
    }
  }
  add("codebook", {static_cast<int64_t>(encoder.classes.size()), 4}, -1, 1);
  return encoder;
}

using Rows = std::vector<std::vector<double>>;  // [channels][frames]

/// The encoder's vectors, as its description says them.
Rows vectors_by_definition(const TrainedEncoder& encoder, std::span<const float> mel,
                           std::size_t frames) {
  const auto value = [&](const std::string& name, std::size_t i) {
    return static_cast<double>(encoder.tensors.at(name).values<float>()[i]);
  };
  const auto dct = cepstrum(encoder.shape.cepstra, kMels);
  Rows x(static_cast<std::size_t>(encoder.shape.cepstra), std::vector<double>(frames));
  for (std::size_t k = 0; k < x.size(); ++k) {
    double mean = 0;
    double square = 0;
    for (std::size_t t = 0; t < frames; ++t) {
      for (std::size_t i = 0; i < kMels; ++i)
        x[k][t] +=
            static_cast<double>(dct[k * kMels + i]) * static_cast<double>(mel[i * frames + t]);
      mean += x[k][t] / static_cast<double>(frames);
    }
    for (double& y : x[k]) {
      y -= mean;
      square += y * y / static_cast<double>(frames);
    }
    for (double& y : x[k])
      y /= std::sqrt(square + 1e-3);
  }
  const auto forms = convolutions(encoder.shape);
  for (std::size_t n = 0; n < forms.size(); ++n) {
    const std::string name = "conv" + std::to_string(n);
    const Convolution& form = forms[n];
    const auto length = static_cast<int>(x[0].size());
    const int out = (length + 2 * form.padding - form.taps) / form.stride + 1;
    Rows y(static_cast<std::size_t>(form.out), std::vector<double>(static_cast<std::size_t>(out)));
    for (std::size_t o = 0; o < y.size(); ++o) {
      for (int t = 0; t < out; ++t) {
        double sum = value(name + ".bias", o);
        for (std::size_t c = 0; c < x.size(); ++c) {
          for (int tap = 0; tap < form.taps; ++tap) {
            const int from = t * form.stride + tap - form.padding;
            if (from >= 0 && from < length) {
              sum +=
                  value(name + ".weight", (o * x.size() + c) * static_cast<std::size_t>(form.taps) +
                                              static_cast<std::size_t>(tap)) *
                  x[c][static_cast<std::size_t>(from)];
            }
          }
        }
        if (n + 1 < forms.size()) {
          sum = (sum - value(name + ".mean", o)) / std::sqrt(value(name + ".variance", o) + 1e-5) *
                    value(name + ".gain", o) +
                value(name + ".shift", o);
          sum = std::max(sum, 0.0);
        }
        y[o][static_cast<std::size_t>(t)] = sum;
      }
    }
    x = std::move(y);
  }
  return x;
}

TEST_CASE("the ONNX that is written converts, and computes what the encoder is",
          "[private_encoder]") {
  const std::vector<std::vector<int64_t>> books = {{0, 1, 2, 3, 4}, {0, 1, 1, 2, 0}};
  for (const auto& classes : books) {
    const bool merged = classes[2] == 1;
    const TrainedEncoder encoder = random_encoder(classes, 11);
    const fs::path folder = scratch(merged ? "onnx-merged" : "onnx");
    write_trained(folder / "encoder", encoder);
    const std::string bytes = onnx_encoder(read_trained(folder / "encoder"));
    CHECK(bytes == onnx_encoder(encoder));
    write_file(folder / "encoder.onnx", bytes);
    const format::fb::ModelT model = read_model(folder / "encoder.onnx");
    REQUIRE(model.outputs.size() == (merged ? 3 : 2));
    const auto origin = trace_codes(model, model.outputs.back());
    REQUIRE(origin);
    CHECK(codebook_of(model, *origin)->codes == (merged ? 3 : 5));

    constexpr std::size_t kFrames = 31;
    Random random(5);
    Sample sample;
    sample.name = "drawn";
    sample.inputs.push_back(drawn("mel", {1, kMels, kFrames}, 0, 1, random));
    const auto outputs = Runner(model).run(sample);
    const Rows expected = vectors_by_definition(encoder, sample.inputs[0].values<float>(), kFrames);
    const auto z = outputs[0].values<float>();
    const auto codes = outputs.back().values<int64_t>();
    REQUIRE(codes.size() == static_cast<std::size_t>(codes_of_frames(kFrames)));
    REQUIRE(z.size() == codes.size() * 4);
    const auto book = encoder.tensors.at("codebook").values<float>();
    for (std::size_t t = 0; t < codes.size(); ++t) {
      std::size_t nearest = 0;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t k = 0; k < classes.size(); ++k) {
        double distance = 0;
        for (std::size_t c = 0; c < 4; ++c)
          distance += std::pow(expected[c][t] - static_cast<double>(book[k * 4 + c]), 2);
        if (distance < least) {
          least = distance;
          nearest = k;
        }
      }
      for (std::size_t c = 0; c < 4; ++c)
        CHECK(static_cast<double>(z[t * 4 + c]) == Approx(expected[c][t]).margin(1e-4));
      CHECK(codes[t] == classes[nearest]);
    }
  }
}

TEST_CASE("an encoder that lacks a tensor is not written", "[private_encoder]") {
  TrainedEncoder encoder = random_encoder({0, 1}, 1);
  encoder.tensors.erase("conv2.gain");
  CHECK_THROWS_MATCHES(onnx_encoder(encoder), Error,
                       MessageMatches(ContainsSubstring("conv2.gain")));
  const fs::path folder = scratch("damaged");
  write_file(folder / "encoder.json", "{\"encoder\": {}}");
  CHECK_THROWS_MATCHES(read_trained(folder), Error,
                       MessageMatches(ContainsSubstring("encoder.json")));
}

}  // namespace
}  // namespace edgy::converter::private_encoder
