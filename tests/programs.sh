#!/usr/bin/env bash
# Other people's programs that the tests use to read our output. Installs those that are missing, where it may; a test whose
# program is missing all the same says so on one line and is skipped.
set -u
declare -A package=([sshd]=openssh-server [7z]=7zip [unzip]=unzip [zip]=zip [s3cmd]=s3cmd [bsdtar]=libarchive-tools [chromium-headless-shell]=chromium-headless-shell [zstd]=zstd [pdftotext]=poppler-utils [jq]=jq [jar]=default-jdk-headless [openssl]=openssl [ffprobe]=ffmpeg)
missing=()
for program in "${!package[@]}"; do
  PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("${package[$program]}")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  echo "installing from Debian's packages: ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
else
  echo "not installed, and this user may not install them: ${missing[*]} (sudo apt-get install ${missing[*]})"
fi
exit 0
