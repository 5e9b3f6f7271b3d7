# Test programs: the headers that all their sources begin with are read once, and their own sources
# are optimised less than what they test. Both together halve the time that tests take to build.
# GNU only: clang builds nothing but the fuzz targets here.
set(TEST_HEADERS <gtest/gtest.h> <algorithm> <functional> <map> <memory> <optional> <string>
    <vector>)

function(quicken_test target)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1> -fpch-preprocess -pthread)
  if(CCACHE)  # which must be told that precompiled headers are meant
    set_target_properties(${target} PROPERTIES CXX_COMPILER_LAUNCHER
        "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE}")
  endif()
  if(target STREQUAL "test_headers")
    target_precompile_headers(test_headers PRIVATE ${TEST_HEADERS})
  else()
    target_precompile_headers(${target} REUSE_FROM test_headers)
  endif()
endfunction()

# A program, as the tests are: a precompiled header fits only what is compiled with the same flags.
if(BUILD_TESTING)
  add_executable(test_headers "${CMAKE_SOURCE_DIR}/tests/testing/headers.cc")
  target_link_libraries(test_headers PRIVATE GTest::gtest)
  quicken_test(test_headers)
endif()
