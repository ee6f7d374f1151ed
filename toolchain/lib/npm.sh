# shellcheck shell=bash
# node_modules of this clone, as package-lock.json has it.

npm_stamp() { (cd "$1" && sha256sum package-lock.json | cut -d' ' -f1; node --version); }

# npm_install COMPONENT FOLDER: FOLDER/node_modules, when FOLDER/package-lock.json changed.
npm_install() {
  local component=$1 folder=$2 stamp=$2/node_modules/.edgy-lock start=$SECONDS lock
  mkdir -p "$CACHE_DIR/logs"
  # Two of them in one folder remove each other's files.
  exec {lock}>"$CACHE_DIR/.lock-npm-$(cd "$folder" && pwd | sha256sum | cut -c1-12)"
  flock "$lock"
  if [[ -f $stamp && $(<"$stamp") == "$(npm_stamp "$folder")" ]]; then
    exec {lock}>&-
    return
  fi
  say "$component" "installing what package-lock.json names"
  LOG=$CACHE_DIR/logs/$component.log
  # The tests drive the system's browsers.
  (cd "$folder" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund) >"$LOG" 2>&1 ||
    die "npm ci failed in $folder" "If package.json and package-lock.json differ, run: npm install"
  npm_stamp "$folder" >"$stamp"
  exec {lock}>&-
  LOG=''
  say "$component" "ready: $(size_of "$folder/node_modules"), $((SECONDS - start)) s"
}

setup_npm() { npm_install npm "$REPO_ROOT"; }

print_npm() {
  if [[ -f $REPO_ROOT/node_modules/.edgy-lock ]]; then
    say npm "as package-lock.json has it, in $REPO_ROOT/node_modules"
  else
    say npm "not installed yet"
  fi
}
