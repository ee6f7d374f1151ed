# shellcheck shell=bash
# Packages of the machine's own release, installed by its own apt. Never an upgrade.

host_missing() {
  local installed
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${HOST_PACKAGES[@]}" 2>/dev/null |
    awk '$2 == "installed" { print $1 }') || true
  local package
  for package in "${HOST_PACKAGES[@]}"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package"$'\n'* ]] || printf '%s\n' "$package"
  done
}

setup_host() {
  local missing start=$SECONDS sudo=() install
  mapfile -t missing < <(host_missing)
  ((${#missing[@]})) || return 0
  install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    sudo=(sudo -n)
    sudo -n true 2>/dev/null || die "these packages are missing and this user may not install them" \
      "Run: sudo apt-get update && sudo ${install[*]}"
  fi
  say host "installing ${#missing[@]} packages: ${missing[*]}"
  mkdir -p "$CACHE_DIR/logs"
  LOG=$CACHE_DIR/logs/host.log
  # A source that fails is no reason to stop: the packages may come from the others.
  "${sudo[@]}" apt-get -q update >"$LOG" 2>&1 || say host "some package sources could not be read; going on"
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
  say host "ready: ${#missing[@]} packages installed, $((SECONDS - start)) s"
}

print_host() {
  local package
  for package in "${HOST_PACKAGES[@]}"; do
    say host "$package $(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo '(missing)')"
  done
}
