// NumPy's .npy and .npz files (format versions 1 to 3, little endian).
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "converter/addressable.h"
#include "converter/data/tensor.h"

namespace edgy::converter {

/// Parses one .npy file; float16 and float64 become float32, bool values are 0 or 1.
/// Throws Error naming `origin` for anything else.
Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& origin);
Tensor read_npy(const std::filesystem::path& path);
/// Throws Error when the file can not be written.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// Arrays of an .npz, named without ".npy", in the file's order: those that `wanted` says yes to,
/// asked with each name, or all. Arrays of strings are left out. Throws Error naming the file when
/// it is damaged or when what is unpacked takes more than `limit` bytes.
std::vector<Tensor> read_npz(const std::filesystem::path& path,
                             const std::function<bool(const std::string&)>& wanted = nullptr,
                             std::size_t limit = addressable(uint64_t{1} << 32));
/// Names of all arrays, without reading them.
std::vector<std::string> names_in_npz(const std::filesystem::path& path);

}  // namespace edgy::converter
