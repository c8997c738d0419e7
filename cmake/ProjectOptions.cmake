# One target carries every flag; nothing else sets any.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
# Full debug information of coroutine code is many times the size of the code; line tables are what
# a stack trace needs.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")
# -O3 makes the executable a quarter larger and nothing faster.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,--gc-sections")
# Two thirds of -O1's time to compile under the sanitizers, and tests as fast.
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g1")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(project_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  # Plain new is enough for handlers and frames, and several times as fast.
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
  SPDLOG_FMT_EXTERNAL)
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  # False alarms of GCC 12 at -O2: on awaitable frames, and on string concatenation (PR 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CONNECTOR_WERROR)
  target_compile_options(project_options INTERFACE -Werror)
endif()
if(CONNECTOR_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${CONNECTOR_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(project_options INTERFACE -fsanitize=${CONNECTOR_SANITIZE})
  if(CONNECTOR_SANITIZE MATCHES "undefined")
    # Clang 14 marks functions where it splits coroutines, and cannot assemble the result.
    target_compile_options(project_options INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fno-sanitize=function>)
  endif()
  if(CONNECTOR_SANITIZE MATCHES "address")
    # A null pointer stops the program here anyway, and nothing reads memory as another type; without
    # these two checks the tree compiles in half the time.
    target_compile_options(project_options INTERFACE -fno-sanitize=null,alignment)
    # False alarms of GCC 12 once the sanitizer has outlined the destructors of a moved variant.
    target_compile_options(project_options INTERFACE
      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  endif()
  if(CONNECTOR_SANITIZE MATCHES "thread")
    # Asio uses fences, which the thread sanitizer does not model.
    target_compile_options(project_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
endif()
find_program(MOLD mold)
if(MOLD)
  target_link_options(project_options INTERFACE -fuse-ld=mold)
endif()
target_link_libraries(project_options INTERFACE Threads::Threads Boost::json)
