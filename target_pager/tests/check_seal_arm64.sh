#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# seal.c and Nettle's arm64 library on the target's CPU: tests/arm64/seal_arm64.c.
exec qemu-system-aarch64 -M virt -cpu max -m 64 -icount shift=0 -nic none -display none \
	-monitor none -serial none -semihosting-config enable=on,target=native \
	-kernel "$BUILD/tests/seal_arm64.elf" 2>&1
