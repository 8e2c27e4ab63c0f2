# What `cpack` makes (doc/INTERNALS.md, "Packages"):
#
#   cpack --config BUILD/CPackConfig.cmake -B DIR           beamtap_VERSION_ARCH.deb, the program with its documents, and
#                                                           libbeamtap-dev_VERSION_ARCH.deb, the library, header and manual
#   cpack --config BUILD/CPackSourceConfig.cmake -B DIR     beamtap-VERSION.tar.gz, the tree without builds and git's own files
set(CPACK_PACKAGE_NAME beamtap)
set(CPACK_PACKAGE_VENDOR beamtap)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trace a running Erlang or Elixir node, within limits")
set(CPACK_DEBIAN_UNSPECIFIED_DESCRIPTION "It shows calls, returns, exceptions and messages from outside.
The node needs nothing installed, and is left as it was found.
The limits hold inside the virtual machine: a call that is not to
be shown makes no trace message. Erlang is not needed where
beamtap runs.")
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION "beamtap as a library: header, shared and static library, files for
pkg-config and CMake, manual and examples. A static link needs
erlang-dev, libpcre2-dev and libssl-dev besides.")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

# ---- Debian. What it depends on dpkg-shlibdeps finds out from the program itself; ei and PCRE2 are linked statically.
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL Unspecified Development)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME beamtap)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libbeamtap-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
if(NOT CPACK_DEBIAN_PACKAGE_MAINTAINER)      # whoever publishes a package says -D so
  set(CPACK_DEBIAN_PACKAGE_MAINTAINER "who built it <root@localhost>")
endif()
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_files.cmake)

# ---- source
set(CPACK_SOURCE_GENERATOR TGZ)
set(CPACK_SOURCE_PACKAGE_FILE_NAME beamtap-${PROJECT_VERSION})
set(CPACK_SOURCE_IGNORE_FILES "/\\.git(/|$)" "/build[^/]*/" "\\.beam$" "/erl_crash\\.dump$" "/bench\\.json$" "\\.swp$" "~$")

include(CPack)
