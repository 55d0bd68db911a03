#!/usr/bin/env bash
# Are thumbnails as near to what Pillow makes as tests/quality demands, before and after encoding, and not larger?
. "$(dirname "$0")/lib.sh"
[ -x "$BIN/tests/mkimage" ] || skip_all "no test pictures"
exec python3 "$(dirname "$0")/quality" --tap
