# Settings shared by every target, and the two functions a folder under core/ is made of.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(NS_PLUGIN_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/neoshowcase/plugins)

find_program(NS_CCACHE ccache)
if(NS_CCACHE)
  # Other build folders of one tree share objects: paths below the tree are stored relative.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
               CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime ${NS_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

find_program(NS_MOLD mold)
if(NS_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Werror -fstack-protector-strong
                    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -Wshadow)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports both falsely inside std::string at -O2.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict> -Wno-maybe-uninitialized)
else()
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wthread-safety>)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_FORTIFY_SOURCE=3 _GLIBCXX_ASSERTIONS)
endif()
set(NS_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")
if(NS_SANITIZE)
  add_compile_options(-fsanitize=${NS_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${NS_SANITIZE})
endif()

# ns_core_library(<folder> SOURCES a.cc ... [PUBLIC lib...] [PRIVATE lib...])
# One folder, one static library `ns_<folder>`, one namespace. PUBLIC: what its headers name.
function(ns_core_library folder)
  cmake_parse_arguments(arg "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(arg_SOURCES)
    add_library(ns_${folder} STATIC ${arg_SOURCES})
    target_include_directories(ns_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/core)
    target_link_libraries(ns_${folder} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  else()
    add_library(ns_${folder} INTERFACE)
    target_include_directories(ns_${folder} INTERFACE ${CMAKE_SOURCE_DIR}/core)
    target_link_libraries(ns_${folder} INTERFACE ${arg_PUBLIC})
  endif()
endfunction()

# ns_test(<name> SOURCES x_test.cc ... [LINK lib...] [TIMEOUT seconds])
# One GoogleTest executable `<name>_test`, every case of it known to ctest.
function(ns_test name)
  if(NOT NS_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_include_directories(${name}_test PRIVATE ${CMAKE_SOURCE_DIR}/core)
  target_link_libraries(${name}_test PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main)
  set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
