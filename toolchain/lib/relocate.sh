# shellcheck shell=bash
# Programs of a newer suite want that suite's libc. They get it from the folder they were unpacked into; the host's own
# libc stays as it is.

# relocate ROOT FINAL: makes the ELF files below ROOT run once ROOT has been renamed to FINAL.
relocate() {
  local root=$1 final=$2 arch loader file run_path program
  arch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch)
  loader=$(find "$root" -name 'ld-linux*.so*' -path "*/$arch/*" -print -quit)
  [[ -n $loader ]] || die "no dynamic loader among the unpacked packages of $final"
  loader=$final${loader#"$root"}
  run_path=$final/usr/lib/$arch
  for file in "$root"/usr/lib/llvm-*/lib; do
    [[ -d $file ]] && run_path+=":$final${file#"$root"}"
  done
  while IFS= read -r -d '' file; do
    # Only ELF files: the first four bytes.
    [[ $(head -c 4 "$file" | tr -d '\0') == $'\x7fELF' ]] || continue
    program=$(patchelf --print-interpreter "$file" 2>/dev/null || true)
    if [[ -n $program ]]; then
      patchelf --set-interpreter "$loader" --set-rpath "$run_path" "$file"
    elif readelf_is_dynamic "$file"; then
      patchelf --set-rpath "$run_path" "$file"
    fi
  done < <(find "$root" -type f \( -perm /111 -o -name '*.so*' \) ! -name 'ld-linux*' ! -name 'libc.so*' -print0)
}

readelf_is_dynamic() { patchelf --print-rpath "$1" >/dev/null 2>&1; }
