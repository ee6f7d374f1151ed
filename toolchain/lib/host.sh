# shellcheck shell=bash
# Packages of the machine's own release, installed by its own apt. Never an upgrade.

# missing_packages PACKAGE...: those that are not installed, one a line.
missing_packages() {
  local installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null |
    awk '$2 == "installed" { print $1 }') || true
  local package
  for package in "$@"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package"$'\n'* ]] || printf '%s\n' "$package"
  done
}

# install_packages COMPONENT PACKAGE...: by the machine's own apt, those that are missing.
install_packages() {
  local component=$1 missing start=$SECONDS sudo=() install
  shift
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    sudo=(sudo -n)
    sudo -n true 2>/dev/null || die "these packages are missing and this user may not install them" \
      "Run: sudo apt-get update && sudo ${install[*]}"
  fi
  say "$component" "installing ${#missing[@]} packages: ${missing[*]}"
  mkdir -p "$CACHE_DIR/logs"
  LOG=$CACHE_DIR/logs/$component.log
  # A source that fails is no reason to stop: the packages may come from the others.
  "${sudo[@]}" apt-get -q update >"$LOG" 2>&1 || say "$component" "some package sources could not be read; going on"
  local plan changed=() package
  plan=$(apt-get -s "${install[@]:1}" 2>>"$LOG") ||
    die "apt cannot install: ${missing[*]}" "Run this to see why: ${install[*]}"
  for package in "${HOST_COMPILER_PACKAGES[@]}"; do
    grep -qE "^(Inst|Remv) $package \[" <<<"$plan" && changed+=("$package")
  done
  ((${#changed[@]} == 0)) || die "installing would change ${changed[*]}, which setup never does" \
    "Decide yourself, then run: ${install[*]}"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive "${install[@]}" >>"$LOG" 2>&1 ||
    die "apt could not install: ${missing[*]}" "The log is $LOG. Run this to see why: ${install[*]}"
  LOG=''
  say "$component" "ready: ${#missing[@]} packages installed, $((SECONDS - start)) s"
}

print_packages() {
  local component=$1 package
  shift
  for package in "$@"; do
    say "$component" "$package $(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo '(missing)')"
  done
}

setup_host() { install_packages host "${HOST_PACKAGES[@]}"; }
print_host() { print_packages host "${HOST_PACKAGES[@]}"; }

# Only `make coverage` asks for it.
setup_coverage() { install_packages coverage "${COVERAGE_PACKAGES[@]}"; }
print_coverage() { print_packages coverage "${COVERAGE_PACKAGES[@]}"; }

# Only `make docs` asks for it.
setup_docs() {
  install_packages docs "${DOCS_PACKAGES[@]}"
  npm_install docs "$TOOLCHAIN_DIR/docs"
}
print_docs() { print_packages docs "${DOCS_PACKAGES[@]}"; }

# `make test-long` asks for it; without it, tests in WebKit say that it is missing.
setup_webkit() { install_packages webkit "${WEBKIT_PACKAGES[@]}"; }
print_webkit() { print_packages webkit "${WEBKIT_PACKAGES[@]}"; }

# A component of its own: without it everything but `edgy finetune` is built.
setup_torch() { install_packages torch "${TORCH_PACKAGES[@]}"; }
print_torch() { print_packages torch "${TORCH_PACKAGES[@]}"; }

# What the recipes make and listen to speech with; nothing that is built needs it.
setup_speech() { install_packages speech "${SPEECH_PACKAGES[@]}"; }
print_speech() { print_packages speech "${SPEECH_PACKAGES[@]}"; }

# What recipes/sentence-encoder trains with; nothing that is built needs it.
setup_sentence() { install_packages sentence "${SENTENCE_PACKAGES[@]}"; }
print_sentence() { print_packages sentence "${SENTENCE_PACKAGES[@]}"; }
