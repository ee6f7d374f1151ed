// Codes merged by what they say.
#include "converter/compress/merge_codes.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "converter/calibration/runner.h"
#include "converter/data/segments.h"
#include "converter/error.h"
#include "converter/export/codes.h"
#include "converter/export/privacy.h"
#include "tests/unit/converter/private_encoder/encoder_data.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

MergeOptions into(int classes) {
  MergeOptions options;
  options.classes = classes;
  return options;
}

TEST_CASE("codes that say alike become one", "[merge]") {
  // Codes 0 and 3 say a, 1 and 4 say b, 2 says either as often.
  CodeCounts counts;
  counts.frames.resize(5, 2);
  counts.frames << 90, 10, 10, 90, 50, 50, 80, 20, 20, 80;
  counts.labels.resize(5, 0);
  const std::vector<int64_t> three = merge_codes(counts, into(3));
  CHECK(three == std::vector<int64_t>{0, 1, 2, 0, 1});
  const std::vector<int64_t> two = merge_codes(counts, into(2));
  CHECK(two[0] == two[3]);
  CHECK(two[1] == two[4]);
  CHECK(two[0] != two[1]);
  CHECK(merge_codes(counts, into(1)) == std::vector<int64_t>(5, 0));

  MergeOptions apart = into(3);
  apart.apart = {0};
  const std::vector<int64_t> alone = merge_codes(counts, apart);
  CHECK(std::ranges::count(alone, alone[0]) == 1);
}

TEST_CASE("labels of recordings decide where those of frames do not", "[merge]") {
  CodeCounts counts;
  counts.frames = Eigen::MatrixXd::Constant(4, 2, 10);
  counts.labels.resize(4, 2);
  counts.labels << 9, 1, 1, 9, 1, 9, 9, 1;
  CHECK(merge_codes(counts, into(2)) == std::vector<int64_t>{0, 1, 1, 0});
  // Without weight all merges cost nothing, and the first codes go first.
  MergeOptions blind = into(2);
  blind.label_weight = 0;
  CHECK(merge_codes(counts, blind) != std::vector<int64_t>{0, 1, 1, 0});
}

TEST_CASE("each merge loses the least of all that could be made", "[merge]") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const auto information = [](const Eigen::MatrixXd& counts) {
    const double total = counts.sum();
    double bits = 0;
    for (Eigen::Index i = 0; i < counts.rows(); ++i) {
      for (Eigen::Index j = 0; j < counts.cols(); ++j) {
        if (counts(i, j) > 0) {
          bits += counts(i, j) / total *
                  std::log2(counts(i, j) * total / (counts.row(i).sum() * counts.col(j).sum()));
        }
      }
    }
    return bits;
  };
  const auto merged = [](const Eigen::MatrixXd& counts, const std::vector<int64_t>& classes) {
    Eigen::MatrixXd sums =
        Eigen::MatrixXd::Zero(*std::ranges::max_element(classes) + 1, counts.cols());
    for (std::size_t code = 0; code < classes.size(); ++code)
      sums.row(classes[code]) += counts.row(static_cast<Eigen::Index>(code));
    return sums;
  };
  CodeCounts counts;
  counts.frames.resize(9, 5);
  counts.labels.resize(9, 3);
  for (double& count : counts.frames.reshaped())
    count = static_cast<double>(random() % 50);
  for (double& count : counts.labels.reshaped())
    count = static_cast<double>(random() % 50);
  MergeOptions options = into(8);
  options.label_weight = 0.7;
  const auto kept = [&](const std::vector<int64_t>& classes) {
    return information(merged(counts.frames, classes)) +
           0.7 * information(merged(counts.labels, classes));
  };
  const double chosen = kept(merge_codes(counts, options));
  for (int64_t a = 0; a < 9; ++a) {
    for (int64_t b = a + 1; b < 9; ++b) {
      std::vector<int64_t> classes;
      for (int64_t code = 0; code < 9; ++code)
        classes.push_back(code == b ? a : code > b ? code - 1 : code);
      CHECK(kept(classes) <= chosen + 1e-12);
    }
  }
}

TEST_CASE("merges that cannot be meant are refused in words", "[merge]") {
  CodeCounts counts;
  counts.frames = Eigen::MatrixXd::Constant(4, 2, 10);
  const auto refused = [&](const MergeOptions& options, const std::string& words) {
    CHECK_THROWS_MATCHES(merge_codes(counts, options), Error,
                         MessageMatches(ContainsSubstring(words)));
  };
  refused(into(4), "the codebook has 4 codes");
  refused(into(0), "at least 1");
  MergeOptions apart = into(2);
  apart.apart = {0, 1};
  refused(apart, "fewer than the 2 classes");
  apart.apart = {7};
  refused(apart, "codes of 0 to 3");
  counts.frames.setZero();
  refused(into(2), "no recording has a label");
}

TEST_CASE("a merged model hands out classes, their mean vectors, at level high", "[merge]") {
  std::vector<int64_t> classes;
  for (int64_t code = 0; code < 512; ++code)
    classes.push_back(code * 7 % 5);
  format::fb::ModelT merged = encoder();
  replace_codes(merged, code_output(merged), classes);
  set_privacy(merged, {}, format::fb::PrivacyLevel::Low);
  for (const auto& policy : merged.metadata->policies)
    CHECK((policy->level == format::fb::PrivacyLevel::High) == (policy->output == "indices"));

  const auto origin = trace_codes(merged, code_output(merged));
  REQUIRE(origin);
  CHECK(origin->classes == classes);
  const auto book = codebook_of(merged, *origin);
  REQUIRE(book);
  CHECK(book->codes == 5);

  Runner before(encoder());
  Runner after(merged);
  const Sample sample = recordings("train", 1)->sample(0);
  const auto one = before.run(sample);
  const auto two = after.run(sample);
  REQUIRE(one.size() == two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    CHECK(one[i].name == two[i].name);
    CHECK(one[i].shape == two[i].shape);
    if (one[i].name == "z")
      CHECK(one[i].data == two[i].data);
    if (one[i].name != "indices")
      continue;
    for (std::size_t t = 0; t < one[i].elements(); ++t) {
      const int64_t code = two[i].values<int64_t>()[t];
      CHECK(code == classes[static_cast<std::size_t>(one[i].values<int64_t>()[t])]);
      for (std::size_t other = 0; other < two.size(); ++other) {
        if (two[other].name == "quantized")
          CHECK(two[other].values<float>()[t * 64] ==
                book->vectors[static_cast<std::size_t>(code) * 64]);
      }
    }
  }
}

TEST_CASE("codes are counted with labels of recordings and of frames", "[merge]") {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("edgy-merge-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto speech = std::filesystem::absolute(test_data() / "speech");
  std::ofstream(folder / "said.txt") << "0\t0.2\ta\n0.2\t0.523\tb\n";
  std::ofstream(folder / "manifest.csv")
      << "file,label,split,segments,seconds\n"
      << (speech / "fsdd/0_george_15.flac").string() << ",0,train,said.txt,0.523\n"
      << (speech / "fsdd/0_jackson_15.flac").string() << ",0,train,,0.639\n"
      << (speech / "fsdd/0_nicolas_15.flac").string() << ",0,test,,0.515\n";
  const format::fb::ModelT& model = encoder();
  const CodeCounts counts = count_codes(model, code_output(model), folder, "train");
  CHECK(counts.frames.rows() == 512);
  CHECK(counts.frames.cols() == 2);
  CHECK(counts.labels.cols() == 4);  // one label, four quarters
  CHECK(counts.frames.sum() > 20);
  CHECK(counts.frames.sum() < counts.labels.sum());
  CHECK(std::abs(counts.frames.col(0).sum() / counts.frames.sum() - 0.2 / 0.523) < 0.05);
  std::ofstream(folder / "manifest.csv") << "file,split\nx.flac,train\n";
  CHECK_THROWS_MATCHES(count_codes(model, code_output(model), folder, "train"), Error,
                       MessageMatches(ContainsSubstring("column 'label'")));
  std::filesystem::remove_all(folder);
}

TEST_CASE("segments: labels of frames, and files that are none", "[merge]") {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("edgy-segments-" + std::to_string(::getpid()));
  std::ofstream(file) << "0.0\t0.5\tsil\n0.5\t0.75\tAH\n\n0.8\t1\tT\n";
  const std::vector<Segment> segments = read_segments(file);
  REQUIRE(segments.size() == 3);
  CHECK(labels_of_frames(segments, 10, 1) ==
        std::vector<std::string>{"sil", "sil", "sil", "sil", "sil", "AH", "AH", "", "T", "T"});
  for (const char* wrong : {"0 1 a\n", "0\tx\ta\n", "1\t0\ta\n", "0\t1\ta\n0.5\t2\tb\n"}) {
    CAPTURE(wrong);
    std::ofstream(file) << wrong;
    CHECK_THROWS_AS(read_segments(file), Error);
  }
  std::filesystem::remove(file);
  CHECK_THROWS_AS(read_segments(file), Error);
}

}  // namespace
}  // namespace edgy::converter
