// Stands in for the fuzzer in normal builds: gives every file of the folders named on the command
// line to the fuzz target once. A finding ends the process, as it does under the fuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

void replay(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

int main(int argc, char** argv) {
  int replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file()) continue;
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);  // so that the culprit is named when the target ends the process
      replay(read(entry.path()));
      ++replayed;
    }
  }
  std::printf("%d passed, %d failed\n", replayed, replayed == 0 ? 1 : 0);
  return replayed == 0 ? 1 : 0;  // an empty corpus is a mistake, not a success
}
