# Builds for other processors: Debian's cross compilers, and musl built for each
# target from its pinned source. The Makefile includes this and makes objects,
# archives and programs for a target as for any other build: build/TARGET/tiny,
# build/TARGET-minimal/tiny with MINIMAL=1, and build/TARGET-unit/ for its unit
# tests. What differs between targets stands here; the machines that are out
# there decide it.

CROSS := aarch64 armhf arm mipsel mips riscv64 i386 x86_64
# What `make test` builds and runs; the others need `make cross-test-all`.
CROSS_TESTED := aarch64 armhf mipsel mips i386
MUSL  := $(TP)/musl-src
# What `make dist` adds to this machine's programs: those that are built already, unless they are named.
DIST_TARGETS ?= $(patsubst $(BUILD)/%/tiny,%,$(wildcard $(CROSS:%=$(BUILD)/%/tiny)))

# Small by default; FULL=1 builds everything, MINIMAL=1 the least, beside the others.
PROFILE := $(if $(FULL),full,small)

# Rules are made for the targets that are asked for, so that the others cost nothing.
CROSS_NOW := $(sort $(if $(filter cross-all cross-test-all,$(MAKECMDGOALS)),$(CROSS)) \
    $(if $(filter cross cross-test,$(MAKECMDGOALS)),$(TARGET)) \
    $(if $(filter test,$(MAKECMDGOALS)),$(CROSS_TESTED)) $(if $(filter check,$(MAKECMDGOALS)),mipsel) $(if $(filter dist,$(MAKECMDGOALS)),$(DIST_TARGETS)) \
    $(foreach t,$(CROSS),$(if $(filter $(BUILD)/$t/% $(BUILD)/$t-unit/% $(BUILD)/$t-minimal/%,$(MAKECMDGOALS)),$t)))
ifneq ($(filter cross cross-test,$(MAKECMDGOALS)),)
ifeq ($(filter $(CROSS),$(TARGET)),)
$(error make cross needs TARGET=, one of: $(CROSS))
endif
endif

# The compiler's name, and musl's for the processor.
TRIPLE_aarch64 := aarch64-linux-gnu
TRIPLE_armhf   := arm-linux-gnueabihf
TRIPLE_arm     := arm-linux-gnueabi
TRIPLE_mipsel  := mipsel-linux-gnu
TRIPLE_mips    := mips-linux-gnu
TRIPLE_riscv64 := riscv64-linux-gnu
TRIPLE_i386    := i686-linux-gnu
TRIPLE_x86_64  := x86_64-linux-gnu
$(foreach t,$(CROSS),$(eval ARCH_$t := $t))
ARCH_armhf     := arm
ARCH_arm       := arm
ARCH_mipsel    := mips

# The least that a machine must have. arm: ARM926 and its like, without an FPU; its
# multiplier is faster for small numbers, so the library's way around that is taken.
# mips: the 24Kc of most routers with it, which has no FPU and MIPS16, the shorter
# encoding. i386: a Pentium Pro, so neither MMX nor SSE.
# aarch64: what is less than a megabyte reaches all of it in one instruction; FAR is for
# what tests are made of, which are larger.
MACHINE_aarch64 := -march=armv8-a -mcmodel=tiny -fomit-frame-pointer
FAR_aarch64     := -mcmodel=small
MACHINE_armhf   := -march=armv7-a+fp -mthumb
MACHINE_arm     := -march=armv5te -msoft-float -DBR_CT_MUL31=1
MACHINE_mips    := -march=mips32r2 -mtune=24kc -msoft-float -minterlink-mips16
MACHINE_mipsel  := $(MACHINE_mips)
MACHINE_riscv64 := -march=rv64gc
MACHINE_i386    := -march=i686 -mno-sse -mno-mmx -mpreferred-stack-boundary=2 -fcf-protection=none
MACHINE_x86_64  := -march=x86-64 -fcf-protection=none

# All but cryptography is compiled to the shorter of two encodings, where there are two. The
# long one multiplies 32 by 32 bits, which ARM's short one (of that age) cannot.
SHORT_arm    := -mthumb
SHORT_mips   := -mips16
SHORT_mipsel := $(SHORT_mips)

# In the minimal build the cryptography, too, where the short encoding multiplies as well, but
# for the arithmetic of handshakes, which is a fifth faster in the long one.
SHORTER_mips   := $(SHORT_mips)
SHORTER_mipsel := $(SHORT_mips)
LONG_mips      := %/ec_p256_m31.c %/ec_c25519_m31.c
LONG_mipsel    := $(LONG_mips)

# Programs lie anywhere, except where that costs too much. On MIPS it takes a third more, and
# MIPS16 has no such code: 460 KB would come of 260. On i386, which cannot address from where
# it stands and has no register to spare, it takes 15 KB, and the program would not fit.
FIXED_mips   := -fno-pie -mno-shared -mplt
FIXED_mipsel := $(FIXED_mips)
FIXED_i386   := -fno-pie

# Where the linker writes .relr.dyn, and where what SMALLER leaves out makes more code.
RELR_x86_64    := 1
SMALLER_x86_64 := $(SMALLER)
SMALLER_i386   := $(SMALLER) -fno-tree-loop-im -fno-move-loop-invariants -fno-tree-sra
SMALLER_aarch64 := -fno-tree-loop-im -fno-move-loop-invariants -fno-inline-small-functions

# How a target's programs run here. The machine is the least one again: what it lacks is an
# illegal instruction there.
RUN_aarch64 := qemu-aarch64 -cpu cortex-a53
RUN_armhf   := qemu-arm -cpu cortex-a7
RUN_arm     := qemu-arm -cpu arm926
RUN_mips    := qemu-mips -cpu 24Kc
RUN_mipsel  := qemu-mipsel -cpu 24Kc
RUN_riscv64 := qemu-riscv64
RUN_i386    := qemu-i386 -cpu pentium2
RUN_x86_64  := $(if $(filter x86_64,$(shell uname -m)),,qemu-x86_64)

# Of musl only what is called; what is written for a processor replaces it.
MUSL_SRCS  := $(if $(CROSS_NOW),$(shell sed '/^\#/d' third_party/musl.files))
MUSL_ARCHS := exit fenv internal ldso linux process setjmp signal string thread unistd
MUSL_FLAGS := -w -pipe -fno-stack-protector -ffunction-sections -fdata-sections -frounding-math \
              -fno-asynchronous-unwind-tables -fno-unwind-tables -fexcess-precision=standard -Wa,--noexecstack

$(MUSL)/.fetched: third_party/musl.pin third_party/get-source.sh | $(SETUP)/build
	$(TELL) FETCH '$(MUSL)$(if $(MUSL_SRC), from $(MUSL_SRC))'
	$(Q)third_party/get-source.sh musl $(abspath $(MUSL))
	$(Q)touch $@

# Compilers; the packages of tests may be under way at the same time.
$(SETUP)/cross-%: third_party/setup.sh | $(SETUP)/build $(if $(filter test cross-all cross-test%,$(MAKECMDGOALS)),$(SETUP)/test)
	$(Q)$(if $(PREPARED),:,third_party/setup.sh cross-$*)
	$(Q)mkdir -p $(@D) && touch $@

LINK_cross := -nostdlib -static -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id=none
LINK_pie   := -Wl,-pie,--no-dynamic-linker,-z,text,--hash-style=sysv
# The compiler's own library is for machines with an FPU; none of it that is used touches one.
LINK_fixed := -no-pie -Wl,--no-warn-mismatch

# usage: $(eval $(call cross,TARGET))
define cross
CC_$(1)     := $$(abspath $$(BUILD))/$(1)/cc
AR_$(1)     := $$(TRIPLE_$(1))-gcc-ar
PLACE_$(1)  := $$(or $$(FIXED_$(1)),-fPIE -include $$(abspath third_party/hidden.h))
CFLAGS_$(1) := $$(HARDEN) -Wcast-align $$(MACHINE_$(1)) $$(PLACE_$(1)) $$(SWITCHES_$(PROFILE))
FAST_$(1)   := $$(FAST_small)
OPT_$(1)     = $$(if $$(filter $$(FAST_$(1)),$$(basename $$(notdir $$<))),-O2,-Oz $$(SMALLER_$(1))) $$(OPT_rest) \
    $$(if $$(RELR_$(1)),$$(OPT_relr)) $$(if $$(filter src/crypto/%,$$<),,$$(SHORT_$(1)))
BEAROPT_$(1) = -Oz $$(SMALLER_$(1)) $$(BEAROPT_rest) \
    $$(if $$(filter $$(PRIMITIVES:%=$$(BEARSSL)/src/%/%),$$<),,$$(SHORT_$(1)))
LAYOUT_$(1) := src/$$(if $$(FIXED_$(1)),fixed,release).ld
LINK_$(1)   := $$(LINK_cross) -flto -flto-partition=one $$(SHORT_$(1)) \
    $$(if $$(FIXED_$(1)),$$(LINK_fixed) $$(BUILD)/$(1)/musl/lib/crt1.o,$$(LINK_pie) $$(BUILD)/$(1)/musl/lib/rcrt1.o) \
    -Wl,$$(if $$(RELR_$(1)),$$(LINK_relr),-T),$$(LAYOUT_$(1))
# The program with its symbols stays beside it, for debuggers and for whoever looks at its code.
AFTER_$(1)   = mv $$@ $$@.sym && $$(TRIPLE_$(1))-strip -o $$@ $$@.sym
LIBC_$(1)   := $$(BUILD)/$(1)/musl/lib/libc.a
END_$(1)    := -lgcc $$(LIBC_$(1))

# The minimal program, on the same musl.
CC_$(1)-minimal      = $$(CC_$(1))
AR_$(1)-minimal      = $$(AR_$(1))
CFLAGS_$(1)-minimal := $$(HARDEN) $$(MACHINE_$(1)) $$(PLACE_$(1)) $$(SWITCHES_minimal)
OPT_$(1)-minimal     = -Oz $$(SMALLER_$(1)) $$(OPT_rest) $$(if $$(RELR_$(1)),$$(OPT_relr)) \
    $$(if $$(filter src/crypto/%,$$<),$$(SHORTER_$(1)),$$(SHORT_$(1)))
BEAROPT_$(1)-minimal = -Oz $$(SMALLER_$(1)) $$(BEAROPT_rest) \
    $$(if $$(filter $$(LONG_$(1)),$$<),,$$(if $$(filter $$(PRIMITIVES:%=$$(BEARSSL)/src/%/%),$$<),$$(SHORTER_$(1)),$$(SHORT_$(1))))
LAYOUT_$(1)-minimal := $$(LAYOUT_$(1))
LINK_$(1)-minimal    = $$(LINK_$(1))
AFTER_$(1)-minimal   = $$(AFTER_$(1))
LIBC_$(1)-minimal   := $$(LIBC_$(1))
END_$(1)-minimal    := $$(END_$(1))

# The unit tests have all that the full build has, object by object, and no sanitizers.
CC_$(1)-unit      = $$(CC_$(1))
AR_$(1)-unit      = $$(AR_$(1))
CFLAGS_$(1)-unit := $$(HARDEN) $$(MACHINE_$(1)) $$(FAR_$(1)) $$(PLACE_$(1)) $$(if $$(RUN_$(1)),-DTAP_EMULATED)
OPT_$(1)-unit     = $$(filter-out -flto -DTINY_HEAP -fno-builtin $$(OPT_relr),$$(OPT_$(1)))
BEAR_$(1)-unit   := $(1)
LINK_$(1)-unit   := $$(LINK_cross) -s \
    $$(if $$(FIXED_$(1)),$$(LINK_fixed) $$(BUILD)/$(1)/musl/lib/crt1.o,$$(LINK_pie) $$(BUILD)/$(1)/musl/lib/rcrt1.o)
LIBC_$(1)-unit   := $$(LIBC_$(1))
END_$(1)-unit    := $$(END_$(1))

# A compiler that knows musl's headers and no other; they lie in four folders as in its source.
$$(BUILD)/$(1)/cc: third_party/cross.mk | $$(MUSL)/.fetched $$(SETUP)/cross-$(1)
	@mkdir -p $$(@D)/musl
	@at=$$(abspath $$(MUSL)); printf '#!/bin/sh\nexec %s "$$$$@"\n' "$$(TRIPLE_$(1))-gcc -nostdinc \
	    -isystem $$(abspath $$(@D))/musl/obj/include -isystem $$$$at/arch/$$(ARCH_$(1)) -isystem $$$$at/arch/generic \
	    -isystem $$$$at/include -isystem $$$$($$(TRIPLE_$(1))-gcc -print-file-name=include)" | tr -s '\t' ' ' > $$@ && chmod +x $$@
$$(BUILD)/$(1)/run: third_party/cross.mk
	@mkdir -p $$(@D)
	@printf '#!/bin/sh\nexec %s "$$$$@"\n' '$$(RUN_$(1))' > $$@ && chmod +x $$@

$$(BUILD)/$(1)/musl/config.mak: FORCE | $$(MUSL)/.fetched
	@mkdir -p $$(@D)
	@{ echo 'srcdir = $$(abspath $$(MUSL))'; echo 'ARCH = $$(ARCH_$(1))'; echo 'CC = $$(TRIPLE_$(1))-gcc'; \
	    echo 'AR = $$(TRIPLE_$(1))-ar'; echo 'RANLIB = $$(TRIPLE_$(1))-ranlib'; \
	    echo 'SRC_DIRS = $$(MUSL_ARCHS:%=$$$$(srcdir)/src/%) $$$$(srcdir)/crt'; \
	    echo 'BASE_SRCS = $$$$(wildcard $$$$(srcdir)/crt/*.c) $$(MUSL_SRCS:%=$$$$(srcdir)/src/%.c)'; \
	    echo 'CFLAGS_AUTO = -Oz $$(SMALLER_$(1)) $$(MACHINE_$(1)) $$(FAR_$(1)) $$(PLACE_$(1)) $$(MUSL_FLAGS)'; \
	    echo 'CFLAGS_MEMOPS = -fno-tree-loop-distribute-patterns'; } > $$@.new; \
	    if cmp -s $$@.new $$@; then rm -f $$@.new; else rm -rf $$(@D)/obj $$(@D)/lib; mv $$@.new $$@; fi
$$(LIBC_$(1)): $$(BUILD)/$(1)/musl/config.mak $$(MUSL)/.fetched $$(BUILD)/$(1)/cc
	$$(TELL) MUSL $$@
	$$(Q)$$(MAKE) -s -C $$(BUILD)/$(1)/musl -f $$(abspath $$(MUSL))/Makefile lib/libc.a lib/crt1.o lib/rcrt1.o
	@touch $$@
# Objects need the compiler and the headers that building musl makes.
$$(BUILD)/$(1)/flags $$(BUILD)/$(1)-unit/flags $$(BUILD)/$(1)-minimal/flags $$(TP)/$(1)/flags $$(TP)/$(1)-minimal/flags: | $$(LIBC_$(1))

# What stands for a test's program where it cannot run by itself.
CROSS_UNITS_$(1) := $$(UNITS:%=$$(BUILD)/$(1)-unit/run/%)
$$(CROSS_UNITS_$(1)): $$(BUILD)/$(1)-unit/run/%: $$(BUILD)/$(1)-unit/unit/% $$(BUILD)/$(1)/run
	@mkdir -p $$(@D)
	@printf '#!/bin/sh\nexec %s %s\n' '$$(BUILD)/$(1)/run' '$$<' > $$@ && chmod +x $$@
endef
$(foreach t,$(CROSS_NOW),$(eval $(call cross,$t)))

CROSS_BIN   := $(foreach t,$(CROSS_NOW),$(BUILD)/$t$(if $(MINIMAL),-minimal)/tiny)
CROSS_UNITS := $(foreach t,$(CROSS_NOW),$(CROSS_UNITS_$t))
CROSS_RUN   := $(CROSS_NOW:%=$(BUILD)/%/run) $(CROSS_UNITS)

.PHONY: cross cross-all cross-test cross-test-all
cross cross-all: $(CROSS_BIN) $(CROSS_NOW:%=$(BUILD)/%/run)
	@for program in $(CROSS_BIN); do printf '%s: %s bytes\n' "$$program" "$$(stat -c %s "$$program")"; done
cross-test cross-test-all: $(SETUP)/test $(CROSS_NOW:%=$(BUILD)/%/tiny) $(CROSS_RUN)
	$(Q)CROSS='$(CROSS_NOW)' $(PROVE) $(CROSS_UNITS) tests/integration/cross.t
