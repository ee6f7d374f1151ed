// What data sets say about files that they cannot use, and what they make of those that they can.
#include "converter/data/dataset.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>

#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/data/recording.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "tests/unit/converter/data/temporary_folder.h"

namespace edgy::converter {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

/// A model with inputs of these names, each float32 [1, 2].
format::fb::ModelT model_with(const std::vector<std::string>& names) {
  format::fb::ModelT model;
  for (const std::string& name : names) {
    auto tensor = std::make_unique<format::fb::TensorT>();
    tensor->name = name;
    tensor->shape = {1, 2};
    tensor->type = DataType::F32;
    model.inputs.push_back(static_cast<int32_t>(model.tensors.size()));
    model.tensors.push_back(std::move(tensor));
  }
  return model;
}

const Tensor kPair{"", DataType::F32, {1, 2}, std::vector<uint8_t>(8)};

TEST_CASE("files for other inputs: their names and those that are wanted", "[data]") {
  const TemporaryFolder folder;
  write_npy(folder / "0.in.audio.npy", kPair);
  write_npy(folder / "0.in.length.npy", kPair);
  CHECK_THROWS_WITH(open_dataset(folder.path(), model_with({"mel", "mask"})),
                    ContainsSubstring("its .npy files are for 'audio', 'length'") &&
                        ContainsSubstring("the model's inputs are 'mel', 'mask'") &&
                        ContainsSubstring("K.in.mel.npy"));
}

TEST_CASE("files without a name and a model of several inputs", "[data]") {
  const TemporaryFolder folder;
  write_npy(folder / "0.npy", kPair);
  CHECK(open_dataset(folder.path(), model_with({"mel"}))->size() == 1);
  CHECK_THROWS_WITH(open_dataset(folder.path(), model_with({"a", "b"})),
                    ContainsSubstring("do not say which input") && ContainsSubstring("'a', 'b'"));
  CHECK_THROWS_WITH(open_dataset(folder / "0.npy", model_with({"a", "b"})),
                    ContainsSubstring("one .npy is one input"));
}

TEST_CASE("names that files cannot have", "[data]") {
  const TemporaryFolder folder;
  CHECK(file_safe_name("serving/x:0\n") == "serving_x_0_n");
  write_npy(folder / "0.in.serving_x_0.npy", kPair);
  const auto data = open_dataset(folder.path(), model_with({"serving/x:0"}));
  REQUIRE(data->size() == 1);
  CHECK(data->sample(0).inputs[0].name == "serving/x:0");
}

TEST_CASE("names spelled as files have them: each way, and none that may mean two", "[data]") {
  CHECK(find_name({"x:0", "x_0"}, "x_0") == 1);
  CHECK(find_name({"x:0", "y"}, "x_0") == 0);
  CHECK(find_name({"a/x:0", "y"}, "a_x:0") == 0);
  CHECK(find_name({"x:0", "y"}, "x") == std::nullopt);
  CHECK_THROWS_WITH(find_name({"x:0", "x/0"}, "x_0"),
                    ContainsSubstring("'x_0' may be 'x:0' or 'x/0'"));
  const TemporaryFolder folder;
  write_npy(folder / "0.in.a_x:0.npy", kPair);
  write_npy(folder / "0.in.b_0.npy", kPair);
  write_npy(folder / "1.in.b:0.npy", kPair);
  const auto open = [&] { return open_dataset(folder.path(), model_with({"a/x:0", "b:0"})); };
  CHECK_THROWS_WITH(open(), ContainsSubstring("1.in.a_x_0.npy: is missing"));
  write_npy(folder / "1.in.a_x_0.npy", kPair);
  const auto data = open();
  REQUIRE(data->size() == 2);
  CHECK(data->sample(1).inputs[0].name == "a/x:0");
  CHECK(data->sample(1).inputs[1].name == "b:0");
  write_npy(folder / "1.in.b_0.npy", kPair);
  CHECK_THROWS_WITH(open(), ContainsSubstring("are both for input 'b:0'"));
}

TEST_CASE("archives: arrays that there are and that are wanted; what they may take", "[data]") {
  const fs::path archive = fs::path(EDGY_TEST_DATA) / "models/edgy-256-reference.npz";
  CHECK_THROWS_WITH(open_dataset(archive, model_with({"tokens"})),
                    ContainsSubstring("'tokens'") && ContainsSubstring("the file has '") &&
                        ContainsSubstring("'0.mel'"));
  CHECK_THROWS_WITH(read_npz(archive, nullptr, 1000),
                    ContainsSubstring("take more than 1000 bytes"));
  CHECK(read_npz(archive, [](const std::string& name) { return name == "0.mel"; }).size() == 1);
}

TEST_CASE("manifests: columns that there are, byte order marks, quotes left open", "[data]") {
  const TemporaryFolder folder;
  write_file(folder / "manifest.csv", std::string_view("path,split\na.flac,train\n"));
  CHECK_THROWS_WITH(open_dataset(folder / "manifest.csv", model_with({"mel"})),
                    ContainsSubstring("no column 'file'; it has 'path', 'split'"));
  write_file(folder / "marked.csv", std::string_view("\xEF\xBB\xBF"
                                                     "file\na.flac\n"));
  CHECK(read_csv(folder / "marked.csv").column("file") == 0);
  write_file(folder / "open.csv", std::string_view("file\n\"a.flac\n"));
  CHECK_THROWS_WITH(read_csv(folder / "open.csv"),
                    ContainsSubstring(":2: ") && ContainsSubstring("not closed"));
}

TEST_CASE("bool arrays: their own type, zeros and ones, and what they stand for", "[data]") {
  const TemporaryFolder folder;
  write_npy(folder / "mask.npy", {"", DataType::Bool, {3}, {0, 1, 7}});
  const Tensor mask = read_npy(folder / "mask.npy");
  CHECK(mask.type == DataType::Bool);
  CHECK(mask.data == std::vector<uint8_t>{0, 1, 1});
  format::fb::TensorT input;
  input.name = "mask";
  input.shape = {3};
  input.type = DataType::Bool;
  CHECK(as_input(mask, input, "mask.npy").type == DataType::Bool);
  input.type = DataType::U8;
  CHECK(as_input(mask, input, "mask.npy").type == DataType::U8);
  input.type = DataType::I64;
  CHECK_THROWS_WITH(as_input(mask, input, "mask.npy"),
                    ContainsSubstring("Bool [3] does not fit input 'mask', I64 [3]"));
}

/// A FLAC file of the test data whose header says `samples` of itself (36 bits), 0: unknown.
fs::path relabelled(const TemporaryFolder& folder, uint64_t samples) {
  std::vector<uint8_t> bytes =
      read_bytes(fs::path(EDGY_TEST_DATA) / "speech/fsdd/0_george_15.flac");
  // "fLaC", a block's header of 4 bytes; the number is 4 bits and 4 bytes from byte 13 of the
  // block.
  constexpr std::size_t kAt = 8 + 13;
  bytes[kAt] = static_cast<uint8_t>((bytes[kAt] & 0xf0) | (samples >> 32 & 0x0f));
  for (std::size_t i = 0; i < 4; ++i)
    bytes[kAt + 1 + i] = static_cast<uint8_t>(samples >> (24 - 8 * i));
  write_file(folder / "relabelled.flac", bytes);
  return folder / "relabelled.flac";
}

TEST_CASE("a recording is as long as it is, not as its header says", "[data]") {
  const TemporaryFolder folder;
  const std::vector<float> streamed = read_recording(relabelled(folder, 0), 16000);
  REQUIRE(streamed.size() == 8372);
  CHECK(read_recording(relabelled(folder, streamed.size()), 16000) == streamed);
  CHECK_THROWS_WITH(read_recording(relabelled(folder, (uint64_t{1} << 36) - 1), 16000),
                    ContainsSubstring("cut off") && ContainsSubstring("68719476735") &&
                        ContainsSubstring(std::to_string(streamed.size())));
}

TEST_CASE("a recording that is missing, or none", "[data]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_recording(folder / "missing.flac", 16000),
                    ContainsSubstring("missing.flac: can not be read: No such file or directory"));
  write_file(folder / "text.wav", std::string_view("no sound at all"));
  CHECK_THROWS_WITH(read_recording(folder / "text.wav", 16000),
                    ContainsSubstring("not a readable WAV or FLAC file"));
  CHECK_THROWS_WITH(read_recording(folder.path(), 16000),
                    ContainsSubstring(folder.path().string()));
}

TEST_CASE("files that cannot be read, or never end", "[data]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(read_bytes(folder / "missing"), ContainsSubstring("No such file or directory"));
  CHECK_THROWS_WITH(read_bytes(folder.path()), ContainsSubstring("Is a directory"));
  CHECK_THROWS_WITH(read_bytes("/dev/zero", 1 << 20), ContainsSubstring("does not end after"));
  write_file(folder / "large", std::string(1001, 'x'));
  CHECK_THROWS_WITH(read_bytes(folder / "large", 1000), ContainsSubstring("1001 bytes"));
  CHECK(read_bytes(folder / "large", 1001).size() == 1001);
}

}  // namespace
}  // namespace edgy::converter
