# Run by cpack on the files of a binary package before it is closed: what Debian wants beside what is installed. Manuals are
# compressed, without a stamp, so that the same tree gives the same package; the licence is named in a file
# copyright.
file(GLOB roots ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*)
foreach(root IN LISTS roots)
  set(share ${root}${CPACK_PACKAGING_INSTALL_PREFIX}/share)
  if(NOT IS_DIRECTORY ${share}) # the source package
    continue()
  endif()
  file(GLOB manuals ${share}/man/man*/*.[1-9])
  foreach(manual IN LISTS manuals)
    execute_process(COMMAND gzip -9n ${manual} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()

  set(package beamtap)
  if(root MATCHES "/Development$")
    set(package libbeamtap-dev)
  endif()
  file(REMOVE ${share}/doc/beamtap/LICENSE)
  file(WRITE ${share}/doc/${package}/copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: beamtap

Files: *
Copyright: the beamtap authors
License: Apache-2.0
 The text is in /usr/share/common-licenses/Apache-2.0.
")
endforeach()
