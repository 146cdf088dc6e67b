# ns_add_plugin(<name> SOURCES a.cc ... MANIFEST <name>.nsplugin.json [LINK lib...] [NO_INSTALL])
#
# Makes `<name>.so` with exactly one exported symbol, `ns_plugin_entry_v1`, and the manifest twice: in the ELF
# section `.ns_manifest` and beside the library as `<name>.nsplugin.json`. The SDK target is linked; the host never is.
# Both files go to NS_PLUGIN_OUTPUT_DIRECTORY (default: the build folder), and are installed to <libdir>/neoshowcase/plugins.
#
# This file is also part of the installed package neoshowcase-plugin.
enable_language(ASM) # of the whole project: inside a function its rules would be lost
include(GNUInstallDirs)
set(NS_PLUGIN_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.map)
set(NS_PLUGIN_MANIFEST_SOURCE ${CMAKE_CURRENT_LIST_DIR}/manifest.S.in)

function(ns_add_plugin name)
  cmake_parse_arguments(arg "NO_INSTALL" "MANIFEST" "SOURCES;LINK" ${ARGN})
  if(NOT arg_SOURCES OR NOT arg_MANIFEST)
    message(FATAL_ERROR "ns_add_plugin(${name}) needs SOURCES and MANIFEST")
  endif()
  set(manifest ${CMAKE_CURRENT_SOURCE_DIR}/${arg_MANIFEST})
  set(manifest_asm ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.S)
  configure_file(${NS_PLUGIN_MANIFEST_SOURCE} ${manifest_asm} @ONLY)
  set_source_files_properties(${manifest_asm} PROPERTIES OBJECT_DEPENDS ${manifest})
  set(output ${NS_PLUGIN_OUTPUT_DIRECTORY})
  if(NOT output)
    set(output ${CMAKE_CURRENT_BINARY_DIR})
  endif()

  add_library(${name} MODULE ${arg_SOURCES} ${manifest_asm})
  target_link_libraries(${name} PRIVATE ns_plugin_sdk ${arg_LINK})
  if(CMAKE_CXX_COMPILER_LOADED)
    target_compile_features(${name} PRIVATE cxx_std_20)
  endif()
  target_compile_options(${name} PRIVATE -fvisibility=hidden $<$<COMPILE_LANGUAGE:CXX>:-fvisibility-inlines-hidden>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${NS_PLUGIN_VERSION_SCRIPT} -Wl,--exclude-libs,ALL -Wl,-z,now)
  if(NOT NS_SANITIZE) # the sanitizers' own symbols come from the program
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" POSITION_INDEPENDENT_CODE ON LIBRARY_OUTPUT_DIRECTORY ${output}
                        LINK_DEPENDS ${NS_PLUGIN_VERSION_SCRIPT})
  add_custom_command(TARGET ${name} POST_BUILD
                     COMMAND ${CMAKE_COMMAND} -E copy ${manifest} $<TARGET_FILE_DIR:${name}>/${name}.nsplugin.json)
  if(NOT arg_NO_INSTALL)
    install(TARGETS ${name} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/neoshowcase/plugins COMPONENT plugins)
    install(FILES ${manifest} RENAME ${name}.nsplugin.json DESTINATION ${CMAKE_INSTALL_LIBDIR}/neoshowcase/plugins COMPONENT plugins)
  endif()
endfunction()
