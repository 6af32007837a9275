# SPDX-License-Identifier: BSD-2-Clause
# Debian's static arm64 libraries for the target, unpacked below build/arm64 and never installed.
# Nettle does the core's cryptography; BearSSL is the second implementation it is tested against.
#   CRYPTO_CFLAGS  for what includes <nettle/...>
#   CRYPTO_LIBS    for the link, before picolibc's -lc
#   CRYPTO_DEPS    order-only prerequisite of both
ARM64_DIR      := $(BUILD)/arm64
CRYPTO_DEPS    := $(ARM64_DIR)/unpacked
CRYPTO_CFLAGS  := -isystem $(ARM64_DIR)/usr/include
CRYPTO_LIBS    := $(ARM64_DIR)/usr/lib/aarch64-linux-gnu/libnettle.a
BEARSSL_LIBS   := $(ARM64_DIR)/usr/lib/aarch64-linux-gnu/libbearssl.a

$(CRYPTO_DEPS): target_pager/fetch-arm64
	target_pager/fetch-arm64 $(ARM64_DIR) nettle-dev libbearssl-dev
	@touch $@
$(CRYPTO_LIBS) $(BEARSSL_LIBS): $(CRYPTO_DEPS) ;
