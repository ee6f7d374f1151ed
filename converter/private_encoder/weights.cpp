#include "converter/private_encoder/weights.h"

#include "converter/data/files.h"
#include "converter/data/npy.h"
#include "converter/data/write_file.h"
#include "converter/error.h"
#include "converter/program.h"

namespace edgy::converter::private_encoder {
namespace {

namespace fs = std::filesystem;

fs::path file_of(const fs::path& folder, const std::string& name) {
  return folder / (file_safe_name(name) + ".npy");
}

}  // namespace

void write_trained(const fs::path& folder, const TrainedEncoder& encoder) {
  make_folder(folder);
  nlohmann::ordered_json json;
  Options options;
  options.encoder = encoder.shape;
  json["encoder"] = to_json(options).at("encoder");
  json["classes"] = encoder.classes;
  json["phones"] = encoder.phones;
  json["tensors"] = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : encoder.tensors) {
    write_npy(file_of(folder, name), tensor);
    json["tensors"].push_back(name);
  }
  json["about"] = encoder.about;
  write_file(folder / "encoder.json", json_text(json) + "\n");
}

TrainedEncoder read_trained(const fs::path& folder) {
  const fs::path path = folder / "encoder.json";
  const std::vector<uint8_t> bytes = read_bytes(path);
  TrainedEncoder encoder;
  try {
    const auto json = nlohmann::ordered_json::parse(bytes.begin(), bytes.end());
    const nlohmann::ordered_json options = {{"encoder", json.at("encoder")}};
    encoder.shape = parse_options(options.dump(), path.string()).encoder;
    encoder.classes = json.at("classes").get<std::vector<int64_t>>();
    encoder.phones = json.at("phones").get<std::vector<std::string>>();
    encoder.about = json.at("about");
    for (const auto& name : json.at("tensors"))
      encoder.tensors[name.get<std::string>()] = read_npy(file_of(folder, name.get<std::string>()));
  } catch (const nlohmann::json::exception& error) {
    throw Error(path.string() + ": is not what training writes: " + error.what());
  }
  return encoder;
}

}  // namespace edgy::converter::private_encoder
