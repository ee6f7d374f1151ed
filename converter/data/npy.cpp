#include "converter/data/npy.h"

#include <zip.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <memory>
#include <optional>

#include "converter/data/files.h"
#include "converter/data/write_file.h"
#include "converter/error.h"

namespace edgy::converter {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are little endian in memory and in files");

/// The header is a Python dictionary literal; this finds what stands behind 'key':.
std::optional<std::string_view> field(std::string_view header, std::string_view key) {
  const std::string quoted = "'" + std::string(key) + "'";
  const std::size_t at = header.find(quoted);
  if (at == std::string_view::npos)
    return std::nullopt;
  const std::size_t colon = header.find(':', at + quoted.size());
  if (colon == std::string_view::npos)
    return std::nullopt;
  const std::size_t start = header.find_first_not_of(' ', colon + 1);
  return start == std::string_view::npos ? std::nullopt : std::optional(header.substr(start));
}

std::vector<int64_t> parse_shape(std::string_view text, const std::string& origin) {
  std::vector<int64_t> shape;
  const std::size_t close = text.find(')');
  if (text.empty() || text[0] != '(' || close == std::string_view::npos)
    throw Error(origin + ": the .npy header has no shape");
  uint64_t total = 1;
  for (std::size_t i = 1; i < close;) {
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) {
      ++i;
      continue;
    }
    int64_t extent = 0;
    for (; i < close && std::isdigit(static_cast<unsigned char>(text[i])); ++i) {
      extent = extent * 10 + (text[i] - '0');
      if (extent > (int64_t{1} << 31))
        throw Error(origin + ": an extent of the .npy shape is too large");
    }
    total *= static_cast<uint64_t>(extent);
    if (total > (uint64_t{1} << 31))
      throw Error(origin + ": the .npy array is too large");
    shape.push_back(extent);
  }
  return shape;
}

float from_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31;
  const uint32_t fraction = half & 1023;
  if (exponent == 31)
    return std::bit_cast<float>(sign | 0x7f800000 | fraction << 13);
  if (exponent != 0)
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float value = static_cast<float>(fraction) * 0x1p-24F;
  return sign ? -value : value;
}

template <typename From, typename Convert>
std::vector<uint8_t> widen(std::span<const uint8_t> raw, std::size_t count, Convert convert) {
  std::vector<uint8_t> out(count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, raw.data() + i * sizeof(From), sizeof(From));
    const float wide = convert(value);
    std::memcpy(out.data() + i * sizeof(float), &wide, sizeof(float));
  }
  return out;
}

/// A tensor whose first axis runs fastest, with its last axis running fastest.
Tensor to_c_order(const Tensor& fortran) {
  Tensor result = fortran;
  const std::size_t count = fortran.elements();
  const std::size_t width = count == 0 ? 0 : fortran.data.size() / count;
  std::vector<int64_t> index(fortran.shape.size());
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t offset = 0;
    for (std::size_t axis = index.size(); axis-- > 0;) {
      offset = offset * static_cast<std::size_t>(fortran.shape[axis]) +
               static_cast<std::size_t>(index[axis]);
    }
    std::memcpy(&result.data[i * width], &fortran.data[offset * width], width);
    for (std::size_t axis = index.size(); axis-- > 0 && ++index[axis] == fortran.shape[axis];)
      index[axis] = 0;
  }
  return result;
}

struct Kind {
  std::string_view code;
  DataType type;
  std::size_t stored;  ///< bytes in the file
};

constexpr Kind kKinds[] = {{"<f4", DataType::F32, 4}, {"<f2", DataType::F32, 2},
                           {"<f8", DataType::F32, 8}, {"<i8", DataType::I64, 8},
                           {"<i4", DataType::I32, 4}, {"|i1", DataType::I8, 1},
                           {"|u1", DataType::U8, 1},  {"|b1", DataType::Bool, 1}};

std::string_view code_of(DataType type) {
  for (const Kind& kind : kKinds) {
    if (kind.type == type)
      return kind.code;
  }
  throw Error("tensors of this type can not be written as .npy");
}

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

/// Memory that arrays of one .npz may take: it is what reading takes, whatever the archive claims.
class Allowance {
 public:
  Allowance(std::string path, std::size_t most) : path_(std::move(path)), most_(most) {}
  void spend(std::size_t bytes) {
    spent_ += bytes;
    if (spent_ > most_) {
      throw Error(path_ + ": its arrays take more than " + std::to_string(most_) +
                  " bytes, the most that are read from one .npz; write several files");
    }
  }

 private:
  std::string path_;
  std::size_t most_;
  std::size_t spent_ = 0;
};

std::vector<uint8_t> read_entry(zip_t* archive, zip_uint64_t index, const std::string& origin,
                                Allowance& allowance) {
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive, index, 0),
                                                               zip_fclose);
  if (!file)
    throw Error(origin + ": the entry can not be opened: " + zip_strerror(archive));
  std::vector<uint8_t> bytes;
  uint8_t chunk[1 << 16];  // read as it comes: the size in the directory may lie
  for (zip_int64_t count; (count = zip_fread(file.get(), chunk, sizeof chunk)) != 0;) {
    if (count < 0)
      throw Error(origin + ": damaged .npz entry");
    allowance.spend(static_cast<std::size_t>(count));
    bytes.insert(bytes.end(), chunk, chunk + count);
  }
  return bytes;
}

/// Values that are neither 0 nor 1 are true.
void normalize_bools(std::vector<uint8_t>& bytes) {
  for (uint8_t& byte : bytes)
    byte = byte != 0;
}

}  // namespace

Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& origin) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < 12 || text.substr(0, 6) != kMagic)
    throw Error(origin + ": not an .npy file");
  const bool wide = bytes[6] >= 2;
  std::size_t header_size = bytes[8] | static_cast<std::size_t>(bytes[9]) << 8;
  if (wide)
    header_size |= static_cast<std::size_t>(bytes[10]) << 16 | static_cast<std::size_t>(bytes[11])
                                                                   << 24;
  const std::size_t header_start = wide ? 12 : 10;
  if (header_size > text.size() - header_start)
    throw Error(origin + ": the .npy header is cut off");
  const std::string_view header = text.substr(header_start, header_size);
  const auto descr = field(header, "descr");
  const auto order = field(header, "fortran_order");
  const auto shape = field(header, "shape");
  if (!descr || !order || !shape)
    throw Error(origin + ": the .npy header lacks descr, fortran_order or shape");
  const bool fortran = order->starts_with("True");

  const Kind* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const Kind& k) { return descr->substr(1, 3) == k.code; });
  if (kind == std::end(kKinds)) {
    throw Error(origin + ": type " +
                std::string(descr->substr(0, std::min<std::size_t>(descr->size(), 6))) +
                " is not read; float16, float32, float64, int64, int32, int8, uint8 and bool are");
  }
  Tensor tensor;
  tensor.type = kind->type;
  tensor.shape = parse_shape(*shape, origin);
  const std::size_t count = tensor.elements();
  const std::span<const uint8_t> raw = bytes.subspan(header_start + header_size);
  if (raw.size() < count * kind->stored)
    throw Error(origin + ": the .npy data is cut off");
  if (kind->code == "<f2") {
    tensor.data = widen<uint16_t>(raw, count, from_half);
  } else if (kind->code == "<f8") {
    tensor.data = widen<double>(raw, count, [](double value) { return static_cast<float>(value); });
  } else {
    tensor.data.assign(raw.begin(),
                       raw.begin() + static_cast<std::ptrdiff_t>(count * kind->stored));
  }
  if (tensor.type == DataType::Bool)
    normalize_bools(tensor.data);
  if (fortran)
    tensor = to_c_order(tensor);
  return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
  Tensor tensor = parse_npy(read_bytes(path), path.string());
  tensor.name = path.stem().string();
  return tensor;
}

void write_npy(const std::filesystem::path& path, const Tensor& tensor) {
  std::string header =
      "{'descr': '" + std::string(code_of(tensor.type)) + "', 'fortran_order': False, 'shape': (";
  for (const int64_t extent : tensor.shape)
    header += std::to_string(extent) + ",";
  header += "), }";
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string start("\x93NUMPY\x01\x00", 8);
  start += static_cast<char>(header.size() & 255);
  start += static_cast<char>(header.size() >> 8);
  start += header;
  const std::span<const uint8_t> parts[] = {
      {reinterpret_cast<const uint8_t*>(start.data()), start.size()}, tensor.data};
  write_file(path, parts);
}

std::vector<Tensor> read_npz(const std::filesystem::path& path,
                             const std::function<bool(const std::string&)>& wanted,
                             std::size_t limit) {
  int code = 0;
  const std::unique_ptr<zip_t, CloseZip> archive(zip_open(path.c_str(), ZIP_RDONLY, &code));
  if (!archive) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw Error(path.string() + ": not a readable .npz file: " + reason);
  }
  Allowance allowance(path.string(), limit);
  std::vector<Tensor> tensors;
  const auto entries =
      static_cast<zip_uint64_t>(std::max<zip_int64_t>(0, zip_get_num_entries(archive.get(), 0)));
  for (zip_uint64_t i = 0; i < entries; ++i) {
    const char* entry = zip_get_name(archive.get(), i, 0);
    std::string name = entry ? entry : "";
    const std::string origin = path.string() + ": " + name;
    if (name.ends_with(".npy"))
      name.resize(name.size() - 4);
    if (wanted && !wanted(name))
      continue;
    const std::vector<uint8_t> bytes = read_entry(archive.get(), i, origin, allowance);
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                                std::min<std::size_t>(bytes.size(), 128));
    if (head.find("'<U") != std::string_view::npos || head.find("'|S") != std::string_view::npos)
      continue;
    Tensor tensor = parse_npy(bytes, origin);
    tensor.name = name;
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::vector<std::string> names_in_npz(const std::filesystem::path& path) {
  std::vector<std::string> names;
  read_npz(path, [&](const std::string& name) {
    names.push_back(name);
    return false;
  });
  return names;
}

}  // namespace edgy::converter
