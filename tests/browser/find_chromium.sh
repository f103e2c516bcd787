#!/bin/sh
# Find the browser that tests/browser drives, or try to get one; tests are skipped loudly without it.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests ..."
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } \
    >/dev/null 2>&1 && exit 0
fi
echo "NO CHROMIUM: the browser tests will be skipped. Install it: apt-get install chromium" >&2
exit 0
