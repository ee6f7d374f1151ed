#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>

#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

using Catch::Matchers::ContainsSubstring;

std::vector<uint8_t> npy(const std::string& header, const std::vector<uint8_t>& data,
                         uint8_t version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += static_cast<char>(version);
  bytes += '\0';
  bytes += static_cast<char>(header.size());
  bytes.append(version >= 2 ? 3 : 1, '\0');
  bytes += header;
  bytes.append(data.begin(), data.end());
  return {bytes.begin(), bytes.end()};
}

template <typename T>
std::vector<uint8_t> bytes_of(const std::vector<T>& values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::filesystem::path scratch(const std::string& name) {
  return std::filesystem::temp_directory_path() / ("edgy-npy-test-" + name);
}

TEST_CASE("npy: what is written is read back", "[data]") {
  for (const DataType type :
       {DataType::F32, DataType::I64, DataType::I32, DataType::I8, DataType::U8}) {
    for (const std::vector<int64_t>& shape : {std::vector<int64_t>{}, {0}, {1}, {3, 1, 5}}) {
      Tensor tensor{"x", type, shape, {}};
      const std::size_t width = type == DataType::I64                          ? 8
                                : type == DataType::I8 || type == DataType::U8 ? 1
                                                                               : 4;
      tensor.data.resize(tensor.elements() * width);
      for (std::size_t i = 0; i < tensor.data.size(); ++i)
        tensor.data[i] = static_cast<uint8_t>(37 * i);
      const auto path = scratch("round.npy");
      write_npy(path, tensor);
      const Tensor read = read_npy(path);
      CHECK(read.type == type);
      CHECK(read.shape == shape);
      CHECK(read.data == tensor.data);
    }
  }
}

TEST_CASE("npy: halves, doubles, Fortran order and version 2", "[data]") {
  const Tensor half = parse_npy(npy("{'descr': '<f2', 'fortran_order': False, 'shape': (5,), }",
                                    bytes_of<uint16_t>({0x3c00, 0xc000, 0x0001, 0x7c00, 0x8000})),
                                "half");
  const std::vector<float> wanted = {1.0F, -2.0F, 0x1p-24F, __builtin_inff(), -0.0F};
  CHECK(std::vector<float>(half.values<float>().begin(), half.values<float>().end()) == wanted);

  const Tensor wide = parse_npy(
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", bytes_of<double>({0.1}), 2),
      "wide");
  CHECK(wide.values<float>()[0] == 0.1F);

  const Tensor fortran = parse_npy(npy("{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }",
                                       bytes_of<int32_t>({0, 3, 1, 4, 2, 5})),
                                   "fortran");
  CHECK(std::vector<int32_t>(fortran.values<int32_t>().begin(), fortran.values<int32_t>().end()) ==
        std::vector<int32_t>{0, 1, 2, 3, 4, 5});
}

TEST_CASE("npy: refusals name the file and what is wrong", "[data]") {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  CHECK_THROWS_WITH(parse_npy({}, "a.npy"),
                    ContainsSubstring("a.npy") && ContainsSubstring("not an .npy"));
  CHECK_THROWS_WITH(parse_npy(npy(good, bytes_of<float>({1})), "b.npy"),
                    ContainsSubstring("cut off"));
  CHECK_THROWS_WITH(
      parse_npy(npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", {}), "c"),
      ContainsSubstring("<c8"));
  CHECK_THROWS_WITH(
      parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }", {}),
                "d"),
      ContainsSubstring("too large"));
  CHECK_THROWS_WITH(parse_npy(npy("{'descr': '<f4'}", {}), "e"), ContainsSubstring("lacks"));
}

TEST_CASE("npy: damaged bytes give an error or a value, never a crash", "[data]") {
  const auto original = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                            bytes_of<float>({1, 2, 3, 4, 5, 6}));
  const unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    auto damaged = original;
    damaged.resize(random() % (original.size() + 1));
    for (unsigned k = 0; k < 3 && !damaged.empty(); ++k)
      damaged[random() % damaged.size()] = static_cast<uint8_t>(random());
    try {
      const Tensor tensor = parse_npy(damaged, "damaged");
      CHECK(tensor.data.size() >= tensor.elements());
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("npz: the reference of the demo's model", "[data]") {
  const auto arrays =
      read_npz(std::filesystem::path(EDGY_TEST_DATA) / "models/edgy-256-reference.npz");
  REQUIRE(arrays.size() >= 12);
  for (const Tensor& tensor : arrays) {
    if (tensor.name == "0.mel")
      CHECK(tensor.shape == std::vector<int64_t>{1, 80, 30});
    if (tensor.name == "0.indices")
      CHECK(tensor.type == DataType::I64);
  }
  CHECK_THROWS_WITH(read_npz("/nonexistent.npz"), ContainsSubstring("/nonexistent.npz"));
}

TEST_CASE("csv: quotes, blank lines, and rows of the wrong length", "[data]") {
  const auto path = scratch("table.csv");
  const auto write = [&](const std::string& text) {
    Tensor ignored;
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
  };
  write("file,label\r\n\"a,b.flac\",\"say \"\"hi\"\"\"\r\n\nc.flac,\n");
  const CsvTable table = read_csv(path);
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0] == std::vector<std::string>{"a,b.flac", "say \"hi\""});
  CHECK(table.rows[1] == std::vector<std::string>{"c.flac", ""});
  CHECK(table.column("label") == 1);
  CHECK(table.column("speaker") == -1);
  write("file,label\nonly-one\n");
  CHECK_THROWS_WITH(read_csv(path), ContainsSubstring(":2:") && ContainsSubstring("1 columns"));
}

}  // namespace
}  // namespace edgy::converter
