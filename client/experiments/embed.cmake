# Writes a C++ file with a function that gives a file's bytes: cmake -DFILE=... -DFUNCTION=... -DHEADER=... -DOUT=... -P.
file(READ ${FILE} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR bytes "${digits} / 2")
set(escaped "")
# Lines of 100 bytes, which the compiler joins.
foreach(start RANGE 0 ${digits} 200)
  if(start LESS digits)
    string(SUBSTRING "${hex}" ${start} 200 line)
    string(REGEX REPLACE "(..)" "\\\\x\\1" line "${line}")
    string(APPEND escaped "\n    \"${line}\"")
  endif()
endforeach()
file(WRITE ${OUT} "#include \"${HEADER}\"

namespace modlab::client {

std::string_view ${FUNCTION}() {
  return std::string_view(${escaped},
                          ${bytes});
}

}  // namespace modlab::client
")
