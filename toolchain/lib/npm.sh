# shellcheck shell=bash
# node_modules of this clone, as package-lock.json has it.

npm_stamp() { (cd "$REPO_ROOT" && sha256sum package-lock.json | cut -d' ' -f1; node --version); }

setup_npm() {
  local stamp=$REPO_ROOT/node_modules/.edgy-lock start=$SECONDS
  if [[ ! -f $REPO_ROOT/package-lock.json ]]; then
    return 0
  fi
  [[ -f $stamp && $(<"$stamp") == "$(npm_stamp)" ]] && return
  say npm "installing what package-lock.json names"
  mkdir -p "$CACHE_DIR/logs"
  LOG=$CACHE_DIR/logs/npm.log
  # The tests drive the system's browsers.
  (cd "$REPO_ROOT" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund) >"$LOG" 2>&1 ||
    die "npm ci failed" "If package.json and package-lock.json differ, run: npm install"
  npm_stamp >"$stamp"
  LOG=''
  say npm "ready: $(size_of "$REPO_ROOT/node_modules"), $((SECONDS - start)) s"
}

print_npm() {
  if [[ -f $REPO_ROOT/node_modules/.edgy-lock ]]; then
    say npm "as package-lock.json has it, in $REPO_ROOT/node_modules"
  else
    say npm "not installed yet"
  fi
}
