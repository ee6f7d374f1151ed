// What functions that `edgy bundle` cuts out of a runtime call instead. The linker's own file alone
// has it (edgy_whole): there the import stands for the sake of its number.
extern "C" {

[[clang::import_module("env"), clang::import_name("edgy_missing")]] void edgy_missing(int what);

// Keeps the import; nothing calls it.
[[clang::export_name("edgy_keep_missing")]] void edgy_keep_missing() {
  edgy_missing(0);
}
}
