#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# stand_ins.sh FOLDER: the stand-ins of OP-TEE's releases, for 64 and 32 bit, into FOLDER; their names,
# separated by colons.
set -eu
folder=$1
cd "$(dirname "$0")/../../.."
names=
for form in 1 2 3 4; do
	aarch64-linux-gnu-gcc -g -O1 -DFORM=$form -ffreestanding -nostdlib -static -fno-pic -no-pie \
		-o "$folder/form-$form.elf" fixtures/optee/standin.c
	names=$names$folder/form-$form.elf:
done
for kind in SHORT LPAE; do
	clang --target=armv7a-none-eabi -mthumb -g -O1 -DFORM=1 -D$kind -ffreestanding -nostdlib \
		-static -fno-pic -fuse-ld=lld -o "$folder/arm-$kind.elf" fixtures/optee/standin.c
	names=$names$folder/arm-$kind.elf:
done
echo "${names%:}"
