// Log-mel front end: against golden data, against double precision, and its limits.
#include "kernels/log_mel/log_mel.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <complex>
#include <fstream>
#include <iterator>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "wasm/runtime/audio_front_end.h"

namespace edgy {
namespace {

using kernels::LogMel;
using kernels::LogMelParameters;

/// The values of a version-1 .npy file of the expected element type and count.
template <typename T>
std::vector<T> read_npy(const std::string& name, const std::string& type, std::size_t count) {
  std::ifstream file(std::string(EDGY_TEST_DATA) + "/log_mel/" + name, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  REQUIRE(bytes.size() > 128);
  const std::size_t header =
      static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
  REQUIRE(bytes.find("'" + type + "'") < header);
  REQUIRE(bytes.size() == 10 + header + count * sizeof(T));
  std::vector<T> values(count);
  std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(10 + header), bytes.end(),
            reinterpret_cast<char*>(values.data()));
  return values;
}

std::vector<float> recording() {
  std::vector<float> pcm;
  for (const int16_t value : read_npy<int16_t>("recording.npy", "<i2", 4768)) {
    pcm.push_back(static_cast<float>(value) / 32768.0F);
  }
  return pcm;
}

std::vector<float> compute(const LogMelParameters& parameters, std::span<const float> pcm) {
  const LogMel mel(parameters);
  std::vector<float> out(mel.frames(pcm.size()) * static_cast<std::size_t>(parameters.mels));
  std::vector<float> scratch(mel.scratch_floats());
  mel.compute(pcm, out, scratch);
  return out;
}

/// The definition in edgy.fbs, in double, by a plain Fourier sum over the whole padded frame.
std::vector<double> expected_in_double(const LogMelParameters& p, std::span<const float> pcm) {
  const int64_t n = static_cast<int64_t>(pcm.size());
  double peak = 0;
  for (const float x : pcm) {
    peak = std::max(peak, std::abs(static_cast<double>(x)));
  }
  std::vector<double> y(pcm.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    y[i] =
        (pcm[i] - (i == 0 ? 0.0 : p.preemphasis * static_cast<double>(pcm[i - 1]))) * p.peak / peak;
  }
  const auto filters =
      kernels::make_mel_filters(p.sample_rate, p.fft_size, p.mels, p.f_min, p.sample_rate / 2.0);
  const int64_t frames = 1 + n / p.hop;
  std::vector<double> out(static_cast<std::size_t>(p.mels * frames));
  double top = -1e300;
  for (int64_t t = 0; t < frames; ++t) {
    std::vector<double> magnitude;
    for (int k = 0; k <= p.fft_size / 2; ++k) {
      std::complex<double> sum = 0;
      for (int i = 0; i < p.window; ++i) {
        int64_t at = t * p.hop - p.window / 2 + i;
        while (n > 1 && (at < 0 || at >= n)) {
          at = at < 0 ? -at : 2 * (n - 1) - at;
        }
        const double window =
            p.window_alpha - (1 - p.window_alpha) * std::cos(2 * std::numbers::pi * i / p.window);
        sum += window * y[static_cast<std::size_t>(n == 1 ? 0 : at)] *
               std::polar(1.0, -2 * std::numbers::pi * k * i / p.fft_size);
      }
      magnitude.push_back(p.power == 2 ? std::norm(sum) : std::abs(sum));
    }
    for (std::size_t m = 0; m < static_cast<std::size_t>(p.mels); ++m) {
      double sum = 0;
      for (std::size_t w = filters.start[m]; w < filters.start[m + 1]; ++w) {
        sum += filters.weights[w] * magnitude[filters.first_bin[m] + w - filters.start[m]];
      }
      const double level = 20 * std::log10(std::max<double>(p.amin, sum));
      top = std::max(top, level);
      out[m * static_cast<std::size_t>(frames) + static_cast<std::size_t>(t)] = level;
    }
  }
  for (double& value : out) {
    value = std::max(value, top - p.top_db) / p.divisor + p.offset;
  }
  return out;
}

double largest_difference(std::span<const float> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(static_cast<double>(a[i]) - b[i]);
    largest = difference <= largest ? largest : difference;  // NaN becomes the largest
  }
  return largest;
}

TEST_CASE("log-mel agrees with the encoder's own front end") {
  const std::vector<float> actual = compute({}, recording());
  const std::vector<float> expected = read_npy<float>("expected.npy", "<f4", 80 * 30);
  CHECK(largest_difference(actual, std::vector<double>(expected.begin(), expected.end())) < 5e-4);
}

TEST_CASE("log-mel equals its definition in double precision") {
  const uint32_t seed = 20260101;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> sample(-0.7F, 0.7F);
  struct Case {
    int fft, hop, window, mels;
    float power;
    std::size_t samples;
  };
  for (const Case& c :
       {Case{256, 40, 100, 20, 1, 500}, Case{64, 7, 64, 5, 1, 130}, Case{128, 50, 33, 9, 2, 201},
        Case{16, 3, 2, 1, 1, 17}, Case{256, 160, 200, 12, 1, 5}, Case{64, 16, 40, 4, 2, 1},
        Case{64, 16, 40, 4, 1, 2}}) {
    CAPTURE(c.fft, c.hop, c.window, c.mels, c.power, c.samples);
    LogMelParameters p;
    p.fft_size = c.fft;
    p.hop = c.hop;
    p.window = c.window;
    p.mels = c.mels;
    p.power = c.power;
    std::vector<float> pcm(c.samples);
    for (float& x : pcm) {
      x = sample(random);
    }
    for (const float alpha : {0.5F, 0.54F, 1.0F}) {
      CAPTURE(alpha);
      p.window_alpha = alpha;
      CHECK(largest_difference(compute(p, pcm), expected_in_double(p, pcm)) < 3e-5);
    }
  }
}

TEST_CASE("a frame's numbers depend neither on its lane nor on its neighbours") {
  const LogMel mel{LogMelParameters{}};
  const std::vector<float> pcm = recording();
  std::vector<float> segments(4 * 400);
  std::vector<float> levels(80 * 4);
  std::vector<float> alone(80 * 4);
  std::vector<float> scratch(mel.scratch_floats());
  std::copy_n(pcm.begin() + 1000, segments.size(), segments.begin());
  mel.decibels(segments, levels, scratch);
  for (std::size_t lane = 0; lane < 4; ++lane) {
    std::vector<float> one(4 * 400, 0.25F);
    const std::size_t place = 3 - lane;
    std::copy_n(segments.begin() + static_cast<std::ptrdiff_t>(lane * 400), 400,
                one.begin() + static_cast<std::ptrdiff_t>(place * 400));
    mel.decibels(one, alone, scratch);
    for (std::size_t m = 0; m < 80; ++m) {
      REQUIRE(alone[m * 4 + place] == levels[m * 4 + lane]);
    }
  }
}

TEST_CASE("silence, a single sample and an empty recording") {
  const LogMel mel{LogMelParameters{}};
  CHECK(mel.frames(0) == 0);
  CHECK(mel.frames(1) == 1);
  CHECK(mel.frames(159) == 1);
  CHECK(mel.frames(160) == 2);
  CHECK(compute({}, {}).empty());
  for (const float value : compute({}, std::vector<float>(1000, 0.0F))) {
    CHECK(std::abs(value + 0.25F) < 1e-6F);  // 20 * log10(1e-5) / 80 + 1
  }
  for (const float loud : {1e-38F, 1.0F, std::numeric_limits<float>::max()}) {
    for (const float value : compute({}, std::vector<float>(1, loud))) {
      CHECK(std::isfinite(value));
    }
  }
}

TEST_CASE("parameters out of range are refused before anything is allocated") {
  const auto refused = [](auto change) {
    format::fb::LogMelT table;
    change(table);
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(format::fb::CreateLogMel(builder, &table));
    const auto front_end = runtime::AudioFrontEnd::create(
        *flatbuffers::GetRoot<format::fb::LogMel>(builder.GetBufferPointer()));
    return !front_end.has_value() && front_end.error().code == ErrorCode::kUnsupportedModel;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(refused([](auto&) {}));
  CHECK(refused([](auto& t) { t.hop = 0; }));
  CHECK(refused([](auto& t) { t.hop = -1; }));
  CHECK(refused([](auto& t) { t.fft_size = 2047; }));
  CHECK(refused([](auto& t) { t.fft_size = 1 << 30; }));
  CHECK(refused([](auto& t) { t.fft_size = std::numeric_limits<int32_t>::min(); }));
  CHECK(refused([](auto& t) { t.window = 2049; }));
  CHECK(refused([](auto& t) { t.window = 0; }));
  CHECK(refused([](auto& t) { t.mels = 0; }));
  CHECK(refused([](auto& t) { t.mels = 513; }));
  CHECK(refused([](auto& t) { t.sample_rate = 0; }));
  CHECK(refused([](auto& t) { t.f_min = 9000; }));
  CHECK(refused([](auto& t) { t.f_max = 8001; }));
  CHECK(refused([=](auto& t) { t.f_max = nan; }));
  CHECK(refused([](auto& t) { t.power = 3; }));
  CHECK(refused([=](auto& t) { t.preemphasis = nan; }));
  CHECK(refused([](auto& t) { t.amin = 0; }));
  CHECK(refused([](auto& t) { t.divisor = 0; }));
  CHECK(refused([=](auto& t) { t.window_alpha = nan; }));
  CHECK(refused([=](auto& t) { t.top_db = nan; }));
}

TEST_CASE("the front end says what is wrong with a recording") {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(format::fb::CreateLogMel(builder));
  auto front_end = runtime::AudioFrontEnd::create(
      *flatbuffers::GetRoot<format::fb::LogMel>(builder.GetBufferPointer()));
  REQUIRE(front_end.has_value());
  std::vector<float> pcm = recording();
  std::vector<float> out(80 * front_end->frames(pcm.size()));
  const std::span<uint8_t> bytes(reinterpret_cast<uint8_t*>(out.data()),
                                 out.size() * sizeof(float));
  REQUIRE(front_end->output_bytes(pcm.size()) == std::ssize(bytes));
  REQUIRE(front_end->compute(pcm, bytes).has_value());
  CHECK(out == compute({}, pcm));
  CHECK(front_end->compute({}, bytes).error().message ==
        "the recording is empty; at least one sample is needed");
  CHECK(front_end->compute(pcm, bytes.first(16)).error().code == ErrorCode::kInvalidInput);
  pcm[100] = std::numeric_limits<float>::infinity();
  CHECK(front_end->compute(pcm, bytes).error().message ==
        "the recording holds a sample that is NaN or infinite");
}

TEST_CASE("the file's parameters are the kernel's, with its defaults") {
  const format::fb::LogMelT table;
  const kernels::LogMelParameters parameters;
#define EDGY_LOG_MEL(type, name, ...)                                \
  STATIC_REQUIRE(std::is_same_v<decltype(table.name), const type> || \
                 std::is_same_v<decltype(table.name), type>);        \
  CHECK(table.name == parameters.name);
#include "kernels/log_mel/parameters.inc"
}

}  // namespace
}  // namespace edgy
