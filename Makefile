# tiny: one static program. `make run`, `make test`; see README.md.

VERSION   := 0.1.0
BUILD     ?= build
TP        ?= $(BUILD)/third_party
BEARSSL   := $(TP)/bearssl

WARN  := -std=c11 -Wall -Wextra -Wshadow -Wconversion -Werror
DEFS  := -D_GNU_SOURCE -DTINY_VERSION='"$(VERSION)"'
INC   := -Isrc -isystem $(BEARSSL)/inc
SRCS  := $(sort $(wildcard src/*/*.c))
UNITS := $(sort $(wildcard tests/unit/test_*.c))
FUZZ  := $(sort $(wildcard fuzz/fuzz_*.c))

# ---- variants: compiler, flags for our code, flags for BearSSL --------------
CC_musl      := musl-gcc
CFLAGS_musl  := -O2 -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong \
                -fno-asynchronous-unwind-tables
LDFLAGS_musl := -static-pie -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -s

SAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CC_gcc-san      := gcc
CFLAGS_gcc-san  := $(SAN)
LDFLAGS_gcc-san := $(SAN)
CC_clang-san      := clang
CFLAGS_clang-san  := $(SAN) -fsanitize=fuzzer-no-link
LDFLAGS_clang-san := $(SAN)

.DEFAULT_GOAL := all
.PHONY: all clean unit unit-gcc unit-clang fuzz-replay
all: $(BUILD)/tiny

$(BEARSSL)/.stamp: third_party/bearssl.pin third_party/get-bearssl.sh $(wildcard third_party/patches/*)
	@mkdir -p $(TP)
	third_party/get-bearssl.sh $(abspath $(BEARSSL))
	@touch $@

# Objects and archive of one variant: $(call variant,NAME)
define variant
BEAR_OBJ_$(1) = $$(patsubst $$(BEARSSL)/src/%.c,$$(TP)/$(1)/%.o,$$(shell find $$(BEARSSL)/src -name '*.c' 2>/dev/null))
$$(TP)/$(1)/libbearssl.a: $$(BEARSSL)/.stamp
	$$(MAKE) --no-print-directory BUILD=$$(BUILD) TP=$$(TP) bear-$(1)
.PHONY: bear-$(1)
bear-$(1): $$(BEAR_OBJ_$(1))
	@rm -f $$(TP)/$(1)/libbearssl.a
	$$(if $$(BEAR_OBJ_$(1)),ar rcs $$(TP)/$(1)/libbearssl.a $$(BEAR_OBJ_$(1)))
$$(TP)/$(1)/%.o: $$(BEARSSL)/src/%.c
	@mkdir -p $$(@D)
	@$$(CC_$(1)) $$(CFLAGS_$(1)) -w -I$$(BEARSSL)/inc -I$$(BEARSSL)/src -DBR_USE_GETENTROPY=1 -c $$< -o $$@

OBJ_$(1) := $$(SRCS:src/%.c=$$(BUILD)/$(1)/%.o)
$$(BUILD)/$(1)/libtiny.a: $$(OBJ_$(1))
	@rm -f $$@; ar rcs $$@ $$^
$$(BUILD)/$(1)/%.o: src/%.c | $$(TP)/$(1)/libbearssl.a
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(INC) -MMD -MP -c $$< -o $$@
$$(BUILD)/$(1)/unit/%: tests/unit/%.c $$(BUILD)/$(1)/libtiny.a | $$(TP)/$(1)/libbearssl.a
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(INC) -Itests/unit -MMD -MP $$< -o $$@ $$(LDFLAGS_$(1)) $$(BUILD)/$(1)/libtiny.a $$(TP)/$(1)/libbearssl.a
$$(BUILD)/$(1)/replay/%: fuzz/%.c fuzz/replay.c $$(BUILD)/$(1)/libtiny.a | $$(TP)/$(1)/libbearssl.a
	@mkdir -p $$(@D)
	$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(INC) -Ifuzz fuzz/replay.c $$< -o $$@ $$(LDFLAGS_$(1)) $$(BUILD)/$(1)/libtiny.a $$(TP)/$(1)/libbearssl.a
-include $$(OBJ_$(1):.o=.d) $$(UNITS:tests/unit/%.c=$$(BUILD)/$(1)/unit/%.d)
endef
$(foreach v,musl gcc-san clang-san,$(eval $(call variant,$(v))))

$(BUILD)/tiny: src/main.c $(BUILD)/musl/libtiny.a $(TP)/musl/libbearssl.a
	$(CC_musl) $(WARN) $(DEFS) $(CFLAGS_musl) $(INC) src/main.c -o $@ $(LDFLAGS_musl) $(BUILD)/musl/libtiny.a $(TP)/musl/libbearssl.a

unit-gcc: $(UNITS:tests/unit/%.c=$(BUILD)/gcc-san/unit/%)
unit-clang: $(UNITS:tests/unit/%.c=$(BUILD)/clang-san/unit/%)
unit: unit-gcc unit-clang
	prove -j2 --exec '' $(UNITS:tests/unit/%.c=$(BUILD)/gcc-san/unit/%) $(UNITS:tests/unit/%.c=$(BUILD)/clang-san/unit/%)

# One test alone, quickly: make t-NAME runs tests/unit/test_NAME.c with gcc.
t-%: $(BUILD)/gcc-san/unit/test_%
	prove -v --exec '' $<

# libFuzzer binaries: make $(BUILD)/fuzz/fuzz_NAME
$(BUILD)/fuzz/%: fuzz/%.c $(BUILD)/clang-san/libtiny.a $(TP)/clang-san/libbearssl.a
	@mkdir -p $(@D)
	clang $(WARN) $(DEFS) $(SAN) -fsanitize=fuzzer $(INC) -Ifuzz $< -o $@ $(BUILD)/clang-san/libtiny.a $(TP)/clang-san/libbearssl.a

clean:
	rm -rf $(BUILD)
