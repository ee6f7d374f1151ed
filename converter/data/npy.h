// NumPy's .npy and .npz files (format versions 1 to 3, little endian).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "converter/data/tensor.h"

namespace edgy::converter {

/// Parses one .npy file; float16 and float64 become float32, bool becomes uint8. Throws Error
/// naming `origin` for anything else.
Tensor parse_npy(std::span<const uint8_t> bytes, const std::string& origin);
Tensor read_npy(const std::filesystem::path& path);
/// Throws Error when the file can not be written.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

/// All arrays of an .npz, named without ".npy", in the file's order. Arrays of strings are left
/// out.
std::vector<Tensor> read_npz(const std::filesystem::path& path);

}  // namespace edgy::converter
