# SPDX-License-Identifier: Apache-2.0
# One folder = one static library = one layer. Includes are written from daemon/; what a layer links is what it may include.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)

add_library(dosario_settings INTERFACE)
target_compile_options(dosario_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
target_include_directories(dosario_settings INTERFACE ${PROJECT_SOURCE_DIR}/daemon)
target_link_libraries(dosario_settings INTERFACE Boost::headers)
target_compile_definitions(dosario_settings INTERFACE DOSARIO_VERSION="${PROJECT_VERSION}"
  DOSARIO_RELEASED_ON="${DOSARIO_RELEASED_ON}" BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
if(DOSARIO_SANITIZE STREQUAL "thread")
  add_compile_options(-Wno-tsan)  # GCC does not follow Asio's fences; what it warns of is not ours
endif()
if(DOSARIO_SANITIZE)
  add_compile_options(-fsanitize=${DOSARIO_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${DOSARIO_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fno-sanitize=function)  # Clang 14 cannot assemble coroutines with it
  endif()
endif()
option(DOSARIO_LIBFUZZER "Fuzz targets use libFuzzer (clang only)" OFF)
if(DOSARIO_LIBFUZZER)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Asio and Beast are headers, but what need not be is compiled once: who uses them compiles in two thirds of the time.
find_package(OpenSSL REQUIRED)
add_library(asio STATIC cmake/asio/asio.cpp cmake/asio/beast.cpp)
target_link_libraries(asio PUBLIC dosario_settings PRIVATE Threads::Threads)
add_library(asio_ssl STATIC cmake/asio/asio_ssl.cpp)
target_link_libraries(asio_ssl PUBLIC asio PRIVATE OpenSSL::SSL)

# dosario_together(target): its files are compiled some at a time. What templates make of a header is made once for all of them, and a bare
# machine has the tests built in half the time. The files of one such target share what has no name outside of a file; those of the list
# APART (names without .cpp) are compiled alone: chips and families of readers whose particulars bear the same names.
function(dosario_together target)
  cmake_parse_arguments(arg "" "" "APART" ${ARGN})
  list(TRANSFORM arg_APART APPEND .cpp)
  set_source_files_properties(${arg_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)  # it takes what is together for a header
endfunction()

# dosario_layer(name [TOGETHER] [APART files...] LINKS targets...): all .cpp files of the current folder.
function(dosario_layer name)
  cmake_parse_arguments(arg "TOGETHER" "" "APART;LINKS;PRIVATE_LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC dosario_settings ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
  if(arg_TOGETHER)
    dosario_together(${name} APART ${arg_APART})
  endif()
endfunction()
