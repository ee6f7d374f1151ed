# shellcheck shell=bash
# Messages, the cache, and how a component gets into it.

REPO_ROOT=$(cd "$TOOLCHAIN_DIR/.." && pwd)
LINKS_DIR=$REPO_ROOT/build/toolchain
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/edgy
LOG=''

say() { printf '%-11s %s\n' "$1" "$2"; }

die() {
  printf 'toolchain/setup: %s\n' "$1" >&2
  shift
  (($#)) && printf '  %s\n' "$@" >&2
  exit 1
}

# Registered as an EXIT trap: a command that failed without words of its own still says where to look.
explain_failure() {
  local status=$?
  if ((status != 0)) && [[ -s $LOG ]]; then
    {
      printf 'toolchain/setup: the last lines of %s:\n' "$LOG"
      tail -n 15 "$LOG" | sed 's/^/  | /'
    } >&2
  fi
  exit "$status"
}

# hash_of PREFIX FUNCTION-OR-FILE...: what makes a component is the variables PREFIX* of versions.sh, the functions that
# build it (as the shell sees them: a comment changes nothing) and the files it is made with.
hash_of() {
  local prefix=$1 part
  local -a names
  shift
  mapfile -t names < <(compgen -v "$prefix")
  {
    declare -p "${names[@]}"
    for part in "$@"; do
      if [[ -f $part ]]; then cat "$part"; else declare -f "$part"; fi
    done
  } | sha256sum | cut -c1-12
}

is_ready() { [[ -e $1/.complete ]]; }

# keep_copyrights ROOT: of the documents of unpacked packages, their licences alone. Notices are made from them
# (toolchain/notices.mjs).
keep_copyrights() {
  rm -rf "$1"/usr/share/{man,lintian}
  [[ ! -d $1/usr/share/doc ]] || find "$1/usr/share/doc" -depth -mindepth 1 ! -type d ! -name copyright -delete
  [[ ! -d $1/usr/share/doc ]] || find "$1/usr/share/doc" -mindepth 1 -type d -empty -delete
}

size_of() { du -sh "$1" | cut -f1; }

# link_to TARGET NAME: a symlink build/toolchain/NAME, replaced in one step so that a build that runs never misses it.
link_to() {
  local link=$LINKS_DIR/$2
  [[ $(readlink "$link" 2>/dev/null) == "$1" ]] && return
  mkdir -p "${link%/*}"
  [[ -d $link && ! -L $link ]] && rm -rf "$link"
  ln -sfn "$1" "$link.new.$$"
  mv -T "$link.new.$$" "$link"
}

# provide NAME DIR: builds a component unless it is there. build_NAME fills a temporary folder, which becomes DIR in one
# rename; check_NAME then tries it, and only after that it counts as there. The lock lets two clones run at once.
provide() {
  local name=$1 dir=$2 recipe=${1//-/_} start=$SECONDS lock
  is_ready "$dir" && return
  mkdir -p "$CACHE_DIR/logs"
  exec {lock}>"$CACHE_DIR/.lock-$name"
  if ! flock -n "$lock"; then
    say "$name" "another setup is making it; waiting"
    flock "$lock"
  fi
  if ! is_ready "$dir"; then
    local tool
    for tool in patchelf ninja python3 xz; do
      command -v "$tool" >/dev/null || die "$name needs $tool" "Run: toolchain/setup host"
    done
    LOG=$CACHE_DIR/logs/$name.log
    : >"$LOG"
    rm -rf "$dir" "$CACHE_DIR/.tmp-$name-"*
    local tmp
    tmp=$(mktemp -d "$CACHE_DIR/.tmp-$name-XXXXXX")
    chmod 755 "$tmp"
    "build_$recipe" "$tmp" "$dir"
    mv -T "$tmp" "$dir"
    "check_$recipe" "$dir"
    touch "$dir/.complete"
    LOG=''
    say "$name" "ready: $(size_of "$dir"), $((SECONDS - start)) s"
  fi
  exec {lock}>&-
}

# A node command that may run relaxed SIMD, one word a line. Where it still hides behind a flag, V8's first compiler gets
# its dot product wrong, so that one is left out too.
node_for_wasm() {
  printf '%s\n' node
  if node --v8-options | grep -q -- '--experimental-wasm-relaxed-simd'; then
    printf '%s\n' --experimental-wasm-relaxed-simd --no-liftoff
  fi
}

# Removes what the cache holds of other versions: every component that this clone does not link to.
prune() {
  local folder link kept=$'\n'
  for link in "$LINKS_DIR"/{sysroot,emscripten,xnnpack/*}; do
    kept+=$(readlink "$link" || true)$'\n'
  done
  [[ -L $LINKS_DIR/sysroot ]] || die "this clone uses nothing yet, so all of the cache would go" "Run toolchain/setup first."
  for folder in "$CACHE_DIR"/{sysroot,emscripten,xnnpack}-*; do
    [[ -d $folder && $folder != "$XNNPACK_SOURCE_DIR" && $kept != *$'\n'"$folder"[$'\n'/]* ]] || continue
    say prune "$(size_of "$folder") $folder"
    rm -rf "$folder"
  done
}
