# One static library per room of src/, linked only to the rooms its line in layers.txt names,
# and one test program per room from the x_test.cc files beside the sources.

# What a room needs from outside; everything not listed here is not on its include path by link.
set(room_needs_base yaml-cpp fmt::fmt spdlog::spdlog OpenSSL::Crypto PkgConfig::SODIUM Boost::json
    Threads::Threads)
set(room_needs_expr PkgConfig::RE2 date::date-tz PkgConfig::ICU)
set(room_needs_net CURL::libcurl OpenSSL::SSL ZLIB::ZLIB Boost::url)
set(room_needs_store SQLite::SQLite3)
set(room_needs_access SQLite::SQLite3)
set(room_needs_model PkgConfig::PSL)
set(room_needs_learn PkgConfig::RE2 PkgConfig::ICU)
set(room_needs_intake phonenumber)
set(room_needs_connect Boost::url date::date-tz PkgConfig::ICU)
set(room_needs_api Boost::url)

# What a room's tests need beside it (libraries of tests/).
set(room_test_needs_store simulation)
set(room_test_needs_decide world)
set(room_test_needs_flow world)

function(add_rooms layers_file)
  file(STRINGS "${layers_file}" lines REGEX "^[a-z]+:")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "^([a-z]+): ?(.*)$" _ "${line}")
    set(room "${CMAKE_MATCH_1}")
    separate_arguments(below UNIX_COMMAND "${CMAKE_MATCH_2}")
    add_room("${room}" "${below}")
  endforeach()
endfunction()

function(add_room room below)
  set(folder "${CMAKE_SOURCE_DIR}/src/${room}")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${folder}/*.cc")
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  set(kind PUBLIC)
  if(sources)
    add_library(${room} STATIC ${sources})
  else()
    add_library(${room} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_include_directories(${room} ${kind} "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${room} ${kind} ${below} ${room_needs_${room}})
  if(room STREQUAL "api")
    set(openapi "${folder}/openapi.json")
    set_source_files_properties("${folder}/openapi.cc" PROPERTIES OBJECT_DEPENDS "${openapi}")
    set(pages "${folder}/live/page")
    set_source_files_properties("${folder}/routes/live.cc" PROPERTIES OBJECT_DEPENDS
        "${pages}.html;${pages}.css;${pages}.js")
    target_compile_definitions(api PRIVATE RAPPORT_OPENAPI_FILE="${openapi}"
        RAPPORT_LIVE_PAGE="${pages}")
  endif()
  if(room STREQUAL "main")
    target_compile_definitions(main PRIVATE
        RAPPORT_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        RAPPORT_SHARE_DIR="${CMAKE_INSTALL_PREFIX}/share/rapport")
  endif()
  if(room STREQUAL "main" AND EXISTS "${folder}/main.cc")
    add_executable(rapport "${folder}/main.cc")
    target_link_libraries(rapport PRIVATE main)
    if(NOT RAPPORT_SANITIZE)  # takes the place of malloc by being there
      target_link_libraries(rapport PRIVATE -Wl,--no-as-needed "${JEMALLOC}" -Wl,--as-needed)
    endif()
    set_target_properties(rapport PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
  endif()
  if(tests AND BUILD_TESTING)
    add_executable(${room}_test ${tests})
    target_link_libraries(${room}_test PRIVATE ${room} ${room_test_needs_${room}} testing
                          GTest::gtest GTest::gtest_main)
    target_compile_definitions(${room}_test PRIVATE RAPPORT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    quicken_test(${room}_test)
    add_test(NAME ${room} COMMAND ${room}_test)
  endif()
endfunction()
