// Embind prints the address of a type that was never bound, which is a defect that its reading of
// the declarations finds while building; the C library's printf behind that is 5 kB of WebAssembly.
// This stands in for it. Nothing else here prints.

/// The name Emscripten gives sprintf where no floating-point numbers are printed. Leaves `out`, of
/// 80 bytes, empty.
extern "C" int siprintf(char* out, const char* /*format*/, ...) {  // NOLINT(cert-dcl50-cpp)
  *out = '\0';
  return 0;
}
