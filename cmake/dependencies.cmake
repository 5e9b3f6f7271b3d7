# Every library comes from Debian 12; docs/design/dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(PSL REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_library(JEMALLOC NAMES jemalloc REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)

# libphonenumber-dev depends on an older Boost than ours; tools/install_packages.sh unpacks its
# headers under build/third_party instead of installing it.
find_path(PHONENUMBER_INCLUDE phonenumbers/phonenumberutil.h
          HINTS "${CMAKE_SOURCE_DIR}/build/third_party/phonenumber/usr/include" NO_CACHE)
find_library(PHONENUMBER_LIBRARY NAMES libphonenumber.so.8 NO_CACHE)
if(NOT PHONENUMBER_INCLUDE OR NOT PHONENUMBER_LIBRARY)
  message(FATAL_ERROR "libphonenumber not found: run tools/install_packages.sh")
endif()
add_library(phonenumber INTERFACE)
target_include_directories(phonenumber SYSTEM INTERFACE "${PHONENUMBER_INCLUDE}")
target_link_libraries(phonenumber INTERFACE "${PHONENUMBER_LIBRARY}" protobuf)
