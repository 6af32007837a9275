# SPDX-License-Identifier: BSD-2-Clause
# The fault bench: the target with bench.c where its scenarios are.
BENCH_ELF := $(BUILD)/target_bench.elf
BENCH_OBJ := $(filter-out $(TARGET_OUT)/scenario/%,$(TARGET_OBJ)) $(TARGET_OUT)/bench/bench.c.o

$(BENCH_ELF): $(BENCH_OBJ) $(TARGET_OUT)/target.ld $(CRYPTO_LIBS)
	$(call link_target,$(BENCH_OBJ))
bench-faults: $(BENCH_ELF) $(BUILD)/run_target
	@target_pager/bench/report $(BUILD)
-include $(TARGET_OUT)/bench/bench.c.o.d
bench: bench-faults
.PHONY: bench bench-faults
