# ns_add_plugin(<name> SOURCES a.cc ... MANIFEST <name>.nsplugin.json [LINK lib...])
#
# Makes `<name>.so` with exactly one exported symbol, `ns_plugin_entry_v1`, and the manifest twice: in the ELF
# section `.ns_manifest` and beside the library as `<name>.nsplugin.json`. The SDK target is linked; the host never is.
enable_language(ASM) # of the whole project: inside a function its rules would be lost
set(NS_PLUGIN_VERSION_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/plugin.map)
set(NS_PLUGIN_MANIFEST_SOURCE ${CMAKE_CURRENT_LIST_DIR}/manifest.S.in)

function(ns_add_plugin name)
  cmake_parse_arguments(arg "" "MANIFEST" "SOURCES;LINK" ${ARGN})
  set(manifest ${CMAKE_CURRENT_SOURCE_DIR}/${arg_MANIFEST})
  set(manifest_asm ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest.S)
  configure_file(${NS_PLUGIN_MANIFEST_SOURCE} ${manifest_asm} @ONLY)
  set_source_files_properties(${manifest_asm} PROPERTIES OBJECT_DEPENDS ${manifest})

  add_library(${name} MODULE ${arg_SOURCES} ${manifest_asm})
  target_link_libraries(${name} PRIVATE ns_plugin_sdk ${arg_LINK})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fvisibility=hidden -fvisibility-inlines-hidden>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${NS_PLUGIN_VERSION_SCRIPT} -Wl,--exclude-libs,ALL
                      -Wl,-z,defs -Wl,-z,now)
  set_target_properties(${name} PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${NS_PLUGIN_OUTPUT_DIRECTORY}
                        LINK_DEPENDS ${NS_PLUGIN_VERSION_SCRIPT})
  add_custom_command(TARGET ${name} POST_BUILD
                     COMMAND ${CMAKE_COMMAND} -E copy ${manifest} $<TARGET_FILE_DIR:${name}>/${name}.nsplugin.json)
endfunction()
