#!/bin/sh
# Install what the program (run) or its tests (test) need from the system. Usage: system_libraries.sh run|test
# Python packages are not meant: the Makefile installs those into a virtual environment.
set -eu

# PortAudio and its way to PulseAudio or PipeWire; Qt warns without libpipewire
sound="libportaudio2 libasound2-plugins libpipewire-0.3-0"
# What PySide6's wheel leaves to the system: QtCore, QtGui, QtWidgets, QtMultimedia, QtDBus, QtSvg and their
# plugins for X11 and Wayland (found with readelf -d; the rest comes along as dependencies)
window="libbrotli1 libbz2-1.0 libdbus-1-3 libdrm2 libegl1 libfontconfig1 libfreetype6 libgl1 libglib2.0-0
    libgssapi-krb5-2 libpulse0 libwayland-client0 libwayland-cursor0 libwayland-egl1 libx11-6 libx11-xcb1
    libxcb-cursor0 libxcb-glx0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-render0 libxcb-shape0 libxcb-shm0 libxcb-sync1 libxcb-util1 libxcb-xfixes0 libxcb-xkb1 libxext6
    libxkbcommon-x11-0 libxkbcommon0 libxrandr2 fonts-dejavu-core"
# The virtual microphone, the virtual display, other programs' opinion of our files, trouble
tests="alsa-utils curl dbus espeak-ng ffmpeg gnome-keyring mount openbox procps pulseaudio pulseaudio-utils sox util-linux
    x11-utils xdotool xvfb"
test_commands="arecord curl dbus-run-session espeak-ng ffmpeg gnome-keyring-daemon mount openbox pactl parec paplay pulseaudio setpriv sox xdotool xprop Xvfb"

case "${1:-}" in
run) wanted="$sound $window" commands="" ;;
test) wanted="$sound $window $tests" commands="$test_commands" ;;
*)
    echo "Usage: $0 run|test" >&2
    exit 2
    ;;
esac

# macOS and Windows: the wheels bring all that the program needs.
if [ "$1" = run ] && [ "$(uname -s)" != Linux ]; then
    exit 0
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    missing=""
    for command in $commands; do
        command -v "$command" >/dev/null || missing="$missing $command"
    done
    if [ -n "$missing" ]; then
        echo "Missing here:$missing. Install them with your system's package manager; tests that need" \
            "them are skipped until then." >&2
    fi
    libraries=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null || true)
    for library in libportaudio.so.2 libxcb-cursor.so.0; do
        case "$libraries" in
        *"$library"*) ;;
        *) echo "No $library was found: install it with your system's package manager, if need be." >&2 ;;
        esac
    done
    exit 0
fi

# Debian keeps a part of Python's venv in a package of its own.
"${PYTHON:-python3}" -c "import ensurepip" 2>/dev/null || wanted="$wanted python3-venv"

missing=""
for package in $wanted; do
    # A later Debian may have renamed it (…t64); what provides it counts.
    for name in "$package" "${package}t64"; do
        if dpkg -s "$name" 2>/dev/null | grep -q '^Status: .* installed$'; then
            continue 2
        fi
    done
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "These packages are missing:$missing. Have them installed, then try again." >&2
        exit 1
    fi
    as_root="sudo"
fi
echo "Installing from the system's package manager:$missing"
$as_root apt-get -qq update
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends \
    -o Dpkg::Use-Pty=0 $missing >/dev/null
