// The one way in which every command writes files: models, arrays, reports, checkpoints.
//
// Design: docs/decisions/0040-one-writer.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgy::converter {

/// Writes `bytes` to `path`, which afterwards holds all of them or what it held before:
///  * a regular file, or none yet: a temporary file beside it is written, synced to the disk and
///    renamed. Links are followed and stay; mode and owner of the old file are kept; its other hard
///    links keep the old contents;
///  * a pipe, a terminal or another character device, and /dev/stdout, /dev/stderr, /dev/fd/N:
///    written to as they are;
///  * a folder, a block device, a socket: refused.
/// Throws Error naming `path` and the system's reason when not every byte has arrived.
void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes);
void write_file(const std::filesystem::path& path, std::string_view text);
/// The same with the concatenation of `parts`.
void write_file(const std::filesystem::path& path, std::span<const std::span<const uint8_t>> parts);

/// Looks, before hours of work, whether write_file can do its part. Throws Error naming `path` when
/// it is a folder or a device that is not written to, when its folder is missing or not writable,
/// or when it is one of `inputs` under whatever name (link, hard link), which it would overwrite.
void require_writable(const std::filesystem::path& path,
                      std::span<const std::filesystem::path> inputs = {});
/// Throws Error when `path` and one of `inputs` are the same regular file. A folder among `inputs`,
/// or that of a manifest (.csv), stands for the arrays, recordings and manifests in it.
void require_other_file(const std::filesystem::path& path,
                        std::span<const std::filesystem::path> inputs);

/// What is wrong with the name of a file to write, as command lines check it: that it is empty, and
/// would be taken for none.
std::string problem_of_name(const std::string& name);

/// Throws Error when two of `outputs` (empty ones aside) are one regular file, there or not yet, or
/// both standard output.
void require_apart(std::span<const std::string> outputs);

/// Makes a folder, and those that it is in, where there is none. Throws Error naming it.
void make_folder(const std::filesystem::path& path);

/// Whether what is written to `path` goes to this process's standard output: a command must then
/// say nothing there itself.
bool is_standard_output(const std::filesystem::path& path);

}  // namespace edgy::converter
