# shellcheck shell=bash
# An apt root of our own: newer suites are read from the machine's own mirror without the host's apt knowing of them.

APT_ROOT=$CACHE_DIR/apt
APT_OPTIONS=(
  -oDir::Etc::sourcelist=/dev/null "-oDir::Etc::sourceparts=$APT_ROOT/sources"
  -oDir::Etc::preferences=/dev/null -oDir::Etc::preferencesparts=/dev/null
  "-oDir::State::Lists=$APT_ROOT/lists" "-oDir::State::status=$APT_ROOT/status" "-oDir::Cache=$APT_ROOT/cache"
  -oAPT::Sandbox::User=root -oAcquire::Retries=3 -oAPT::Install-Recommends=false -oAcquire::Languages=none
)

# The address of Debian's archive as this machine's own sources have it; apt reads both formats of sources for us.
# Where the index files are there, the one that calls itself Debian is taken; on a machine that never ran `apt-get update`,
# the first that serves the installed release.
debian_mirror() {
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  # shellcheck disable=SC2016 # apt fills these in
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
    awk -v codename="$codename" '
      $2 == codename && $3 == "main" && $4 == "Debian" { best = $1; exit }
      $2 == codename && $3 == "main" && !first { first = $1 }
      END { print best ? best : first }'
}

# A recent index of the suites; `refresh` asks the mirror however recent it is.
apt_index() {
  local lock keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror
  mkdir -p "$APT_ROOT"/{sources,lists/partial,cache/archives/partial}
  exec {lock}>"$APT_ROOT/.lock"
  flock "$lock"
  if [[ ${1:-} != refresh && -n $(find "$APT_ROOT/stamp" -mmin "-$APT_INDEX_MAX_AGE_MIN" 2>/dev/null) ]]; then
    exec {lock}>&-
    return
  fi
  mirror=$(debian_mirror)
  [[ -n $mirror ]] || die "no Debian archive found in this machine's apt sources" \
    "Add one for the installed release to /etc/apt/sources.list.d, then run this again."
  [[ -r $keyring ]] || die "$keyring is missing" "Run: apt-get install debian-archive-keyring"
  : >"$APT_ROOT/status"
  cat >"$APT_ROOT/sources/edgy.sources" <<EOF
Types: deb
URIs: $mirror
Suites: ${APT_SUITES[*]}
Components: main
Signed-By: $keyring

Types: deb-src
URIs: $mirror
Suites: ${APT_SOURCE_SUITES[*]}
Components: main
Signed-By: $keyring
EOF
  local log=$APT_ROOT/update.log
  if ! apt-get "${APT_OPTIONS[@]}" -oAPT::Update::Error-Mode=any update >"$log" 2>&1; then
    sed 's/^/  | /' "$log" | grep -E '^  \| [EW]:' >&2 || true
    die "could not read the package index of ${APT_SUITES[*]} from this machine's Debian mirror" \
      "Check the network (does 'apt-get update' work?), then run this again."
  fi
  touch "$APT_ROOT/stamp"
  exec {lock}>&-
}

# apt_fetch FOLDER WORD...: runs `apt-get WORD...` (download or source) in FOLDER. An index that is some hours old may name
# packages that a moving suite has replaced since: then it is read anew and the fetch tried once more.
apt_fetch() {
  local folder=$1 log=$APT_ROOT/fetch.$BASHPID.log try missing
  shift
  for try in 1 2; do
    if (cd "$folder" && apt-get "${APT_OPTIONS[@]}" -q "$@") >"$log" 2>&1; then
      cat "$log" >>"${LOG:-/dev/null}"
      rm -f "$log"
      return
    fi
    ((try == 1)) && apt_index refresh
  done
  # Names of packages and files only: the paths before them say nothing to the reader.
  missing=$(sed -nE '/some archives|Some index/d; s/^E: (Failed to fetch) .*\/([^ ]+) +/\1 \2: /p; t; s/^E: (Unable|Version|Release|Can.t find|No )/\1/p' "$log" |
    sed -E 's/ \[IP:.*//' | sort -u | head -n 5)
  rm -f "$log"
  echo "toolchain/setup: download failed: ${missing:-apt-get $*}" >&2
  echo "  Check the network (does 'apt-get update' work?) and the room on the disk, then run this again." >&2
  return 1
}

# apt_unpack ROOT PACKAGE...: downloads binary packages (NAME, NAME/SUITE or NAME=VERSION) and unpacks them into ROOT.
apt_unpack() {
  local root=$1 debs
  shift
  debs=$(mktemp -d "$CACHE_DIR/.debs-XXXXXX")
  if ! apt_fetch "$debs" download "$@"; then
    rm -rf "$debs"
    return 1
  fi
  local deb
  for deb in "$debs"/*.deb; do
    dpkg-deb -x "$deb" "$root"
    # shellcheck disable=SC2016 # dpkg fills these in
    dpkg-deb -W --showformat '${Package} ${Version}\n' "$deb" >>"$root/packages.txt"
  done
  rm -rf "$debs"
}

# apt_closure SUITE PACKAGE PATTERN: NAME=VERSION of PACKAGE and all that it depends on, not following names that match
# PATTERN. Which alternative of a dependency is taken is apt's own choice (an install into an empty system, simulated).
apt_closure() {
  local suite=$1 package=$2 pattern=$3 chosen
  local options=("${APT_OPTIONS[@]}" "-oAPT::Default-Release=$suite")
  chosen=$(apt-get "${options[@]}" -s install "$package" 2>>"${LOG:-/dev/null}" | awk '$1 == "Inst" { print $2, substr($3, 2) }')
  [[ -n $chosen ]] || return 1
  awk '{ print $1 }' <<<"$chosen" |
    xargs apt-cache "${options[@]}" depends --no-{recommends,suggests,conflicts,breaks,replaces,enhances} |
    awk -v start="$package" -v pattern="$pattern" -v chosen="$chosen" '
      BEGIN { n = split(chosen, lines, "\n"); for (i = 1; i <= n; i++) { split(lines[i], f, " "); version[f[1]] = f[2] } }
      /^[^ ]/ { from = $1; next }
      /Depends:/ { sub(/:any$/, "", $NF); needs[from] = needs[from] " " $NF }
      function visit(name,    list, count, k) {
        if (name in seen || !(name in version) || name ~ pattern) return
        seen[name] = 1
        print name "=" version[name]
        count = split(needs[name], list, " ")
        for (k = 1; k <= count; k++) visit(list[k])
      }
      END { visit(start) }'
}

# apt_source FOLDER PACKAGE SUITE: the unpacked upstream source of a Debian source package (without Debian's patches).
apt_source() {
  local folder=$1 package=$2 suite=$3 fetched archives
  fetched=$(mktemp -d "$CACHE_DIR/.source-XXXXXX")
  if ! apt_fetch "$fetched" source --download-only --tar-only "$package/$suite"; then
    rm -rf "$fetched"
    return 1
  fi
  archives=("$fetched"/*.orig.tar.*z)
  mkdir -p "$folder" "$fetched/unpacked"
  tar -xf "${archives[0]}" -C "$fetched/unpacked"
  # some archives have one folder at their top, some have none
  local top=("$fetched/unpacked"/*)
  if ((${#top[@]} == 1)) && [[ -d ${top[0]} ]]; then
    cp -a "${top[0]}/." "$folder"
  else
    cp -a "$fetched/unpacked/." "$folder"
  fi
  rm -rf "$fetched"
}
