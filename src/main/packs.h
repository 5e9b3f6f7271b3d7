// Folders of packs on the disk.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "decide/pack/read_pack.h"
#include "main/settings.h"

namespace rapport {

// The folder of the shipped packs: as set, else beside the program or in the source tree.
std::string packs_folder(Disk& disk, const Settings& settings);

// Whether there is a pack.yaml in it.
bool is_pack_folder(Disk& disk, const std::string& path);
// All YAML files of it but the cases; named after its pack.yaml (after the folder
// where that cannot be read). kNotFound: it has no pack.yaml.
Result<decide::PackFiles> read_pack_folder(Disk& disk, const std::string& path);
// The pack folders that a name stands for: a folder with a pack.yaml, a folder of such folders, or
// the name of a pack in `shipped`. kNotFound lists those there are.
Result<std::vector<std::string>> find_packs(Disk& disk, const std::string& shipped,
                                            const std::string& name);
// What a pack uses stands before it, as far as it is among these; else by name. kInvalid: packs
// that use each other.
Result<std::vector<decide::PackFiles>> in_order_of_use(std::vector<decide::PackFiles> packs);

}  // namespace rapport
