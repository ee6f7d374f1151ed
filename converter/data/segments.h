// What is said when: labels of stretches of a recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace edgy::converter {

struct Segment {
  double begin = 0;  ///< seconds from the start of the recording
  double end = 0;
  std::string label;
};

/// A file of lines "begin, tab, end, tab, label", seconds, in order of time and without overlap:
/// the label tracks that Audacity writes. Throws Error naming the file and the line that is none.
std::vector<Segment> read_segments(const std::filesystem::path& path);

/// The label of each of `count` frames that a recording of `seconds` was cut into evenly, by the
/// middle of the frame; empty texts where no segment is.
std::vector<std::string> labels_of_frames(const std::vector<Segment>& segments, std::size_t count,
                                          double seconds);

}  // namespace edgy::converter
