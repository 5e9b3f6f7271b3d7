# Language, warnings, linker and cache: the same for every target of ours.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(BUILD_TESTING "Build the tests" ON)
option(RAPPORT_BENCH "Build bench/" OFF)
option(RAPPORT_FUZZ "Build the fuzz targets (clang)" OFF)
set(RAPPORT_SANITIZE "" CACHE STRING "address,undefined or thread")

# Decisions must be the same on every machine: no fused multiply-add.
add_compile_options(-Wall -Wextra -Werror=unused-result -Werror=return-type -ffp-contract=off
                    -fstack-protector-strong)
if(NOT RAPPORT_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(RAPPORT_SANITIZE)
  add_compile_options(-fsanitize=${RAPPORT_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RAPPORT_SANITIZE})
  if(RAPPORT_SANITIZE MATCHES undefined)
    # A null pointer faults under asan all the same; these two double the time of a build.
    add_compile_options(-fno-sanitize=null,vptr)
  endif()
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,-z,relro,-z,now)
if(RAPPORT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
