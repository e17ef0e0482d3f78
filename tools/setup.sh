#!/bin/sh
# Builds the virtual environment named in $1 from nothing: system libraries, Python, PyTorch, the rest.
#
# PYTHON       the interpreter to use; otherwise the first of python3, python3.12, python3.11 that fits
# TORCH_INDEX  address of another package index for PyTorch alone
set -eu

venv=${1:-.venv}

say() { printf '%s\n' "$@" >&2; }
fail() { say "$@"; exit 1; }

# --- system libraries -----------------------------------------------------------------------------

# What the wheels of OpenCV, MediaPipe, Qt and sounddevice load: library, Debian package.
libraries='
libGL.so.1 libgl1
libEGL.so.1 libegl1
libglib-2.0.so.0 libglib2.0-0
libfontconfig.so.1 libfontconfig1
libdbus-1.so.3 libdbus-1-3
libxkbcommon.so.0 libxkbcommon0
libgssapi_krb5.so.2 libgssapi-krb5-2
libportaudio.so.2 libportaudio2
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
'

has_library() {
    # ldconfig lies in /sbin, which is not on every user's path
    PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null | grep -q "^[[:space:]]*$1 "
}

missing_libraries() {
    echo "$libraries" | while read -r library package; do
        [ -z "$library" ] || has_library "$library" || printf '%s ' "$package"
    done
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-python3 python3.12 python3.11}; do
        if fits "$name"; then echo "$name"; return; fi
    done
}

can_make_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

missing_python() {
    python=$(find_python)
    if [ -z "$python" ]; then
        [ -n "${PYTHON:-}" ] || printf 'python3 python3-venv '
    elif ! can_make_venv "$python"; then
        # an interpreter of Debian's without its venv module
        printf '%s-venv ' "$(basename "$python")"
    fi
}

install_system() {
    packages="$(missing_python)$(missing_libraries)"
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        fail "These Debian packages, or what your system calls them, are missing: $packages" \
             "Install them with your package manager, then run make again."
    fi
    if [ "$(id -u)" -ne 0 ]; then
        fail "System packages are missing. Install them, then run make again:
  sudo apt-get update && sudo apt-get install --no-install-recommends -y $packages"
    fi
    say "Installing $packages"
    apt_install "$packages"
}

apt_install() {
    apt-get update -qq
    # shellcheck disable=SC2086 - a list of package names
    DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -y $1 >/dev/null
}

# An X server without a screen and what moves its mouse, for one test of the window, which is skipped without them.
install_x_server() {
    command -v Xvfb >/dev/null 2>&1 && return
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ]; then
        say "Installing xvfb"
        apt_install "xvfb libxtst6" 2>/dev/null || say "xvfb could not be installed; the test that needs it will be skipped."
    fi
}

# --- Python ---------------------------------------------------------------------------------------

make_venv() {
    python=$(find_python)
    if [ -z "$python" ]; then
        fail "Python 3.11 or 3.12 is needed; ${PYTHON:-python3} is $("${PYTHON:-python3}" --version 2>&1 | head -n 1)." \
             "Install one of them and name it: make test PYTHON=/path/to/python3.12"
    fi
    if [ -x "$venv/bin/python" ] && fits "$venv/bin/python" && [ "$(cat "$venv/.place" 2>/dev/null)" = "$PWD" ]; then
        return  # one that is here already is brought up to date; a moved one is made again
    fi
    rm -rf "$venv"
    say "Making $venv with $("$python" --version)"
    "$python" -m venv "$venv"
    echo "$PWD" > "$venv/.place"
}

install_wheels() {
    # --no-compile: of all that comes with PyTorch a third is ever imported, and Python compiles that then
    pip="$venv/bin/python -m pip --disable-pip-version-check install --no-compile --quiet --quiet"
    # PyTorch first and alone: what comes after finds it there and takes no other build.
    say "Installing PyTorch"
    $pip ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} 'torch>=2.13,<2.14'
    say "Installing DanceTransfer and what it needs"
    $pip --editable '.[dev]'
}

case $(uname -s) in
    Linux) install_system; install_x_server ;;
    Darwin) ;;  # everything is in the wheels
    *) say "This set-up was written for Linux and macOS; on Windows see the README." ;;
esac
make_venv
install_wheels
