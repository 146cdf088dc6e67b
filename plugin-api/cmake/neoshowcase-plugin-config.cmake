# find_package(neoshowcase-plugin 1.0 REQUIRED) gives the target neoshowcase::ns_plugin_sdk (headers of the ABI and of the C++ SDK) and ns_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/neoshowcase-plugin-targets.cmake)
if(NOT TARGET ns_plugin_sdk)
  add_library(ns_plugin_sdk ALIAS neoshowcase::ns_plugin_sdk)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/NeoshowcasePlugin.cmake)
