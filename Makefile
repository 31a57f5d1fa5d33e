# tiny: one static program that serves TLS.
#
#   make            what is missing is installed, build/tiny is built
#   make small      build/tiny-small, without what a router hardly needs
#                   (core/build.h); STANDIN=0 makes `all` and `install` mean it
#   make MINIMAL=1  build/tiny-minimal, for 4 MB of flash; `install` likewise
#   make cross TARGET=T  build/T/tiny for another processor: aarch64, armhf, arm,
#                   mipsel, mips, riscv64, i386 or x86_64; small, or with FULL=1
#                   all of tiny; with MINIMAL=1 build/T-minimal/tiny. cross-all builds
#                   each; cross-test TARGET=T and cross-test-all test them with qemu
#   make run        ... and serves https://localhost:4433 as tiny.conf says
#   make test       every test, ending in prove's one summary
#   make unit       unit tests only, with gcc and clang, under sanitizers
#   make t-NAME     one of them: tests/unit/test_NAME.c
#   make coverage   which lines of a room (ROOM=tls) tests and corpora reach
#   make check      style, static analysis, rules of the house
#   make fuzz       every harness for FUZZ_SECONDS (60)
#   make bench      measures against other servers
#   make completions  what bash, zsh and fish need to complete the command line
#   make screenshot  doc/status.png anew, with Chromium
#   make install    DESTDIR= PREFIX=/usr/local
#   make dist       build/dist: tarballs of source and programs, SHA-256, SBOM;
#                   DIST_TARGETS="aarch64 mipsel" adds programs
#   make reproducible   builds twice under other circumstances and compares;
#                   TARGET=mipsel: a program for another processor
#   make deb        build/deb: Debian's package
#   make image      build/tiny-image.tar: a container's image, without Docker
#   make apk        build/apk: what Alpine's abuild needs
#   make clean
#
# V=1 shows the commands. BEARSSL_SRC=dir takes the pristine BearSSL source
# from dir and needs no network; MUSL_SRC=dir does the same for cross builds.
# PREPARED=1 installs nothing. All output goes under $(BUILD).

VERSION := 0.1.0
BUILD   ?= build
PREFIX  ?= /usr/local
FUZZ_SECONDS ?= 60
TP      := $(BUILD)/third_party
BEARSSL := $(TP)/bearssl

# As many jobs as processors, unless the command line says otherwise.
NPROC := $(shell nproc 2>/dev/null || echo 2)
ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(NPROC)
endif
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

Q    := $(if $(V),,@)
TELL  = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,printf '  %-6s %s\n')

SRCS  := $(sort $(wildcard src/*/*.c))
UNITS := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ  := $(patsubst fuzz/%.c,%,$(sort $(wildcard fuzz/fuzz_*.c)))
LIBTESTS := $(patsubst tests/bearssl/%.c,%,$(sort $(wildcard tests/bearssl/[0-9]*.c)))
PATCHES := $(sort $(wildcard third_party/patches/*.patch))

# ---- flags ------------------------------------------------------------------

WARN := -std=c11 -Wall -Wextra -Wshadow -Wconversion -Werror
DEFS := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DTINY_VERSION='"$(VERSION)"'
# The library's headers count as the system's (no warnings in them), and -MD,
# unlike -MMD, still makes what includes them depend on them.
INC  := -Isrc -isystem $(BEARSSL)/inc

comma := ,
# The release: musl, static, position independent. musl has no fortified
# string functions, so there is no -D_FORTIFY_SOURCE; the stack protector and
# the sanitizer builds of the same code stand in. Debian's musl-gcc does not
# know -static-pie (it would quietly link dynamically), so the start files and
# the linker's flags are named here; without rcrt1.o it is a plain static one.
# The canary stands in functions with byte arrays; -fstack-protector-strong, in
# many more, takes 8 KB, and the program shall fit in 300.
MUSL_DIR := $(firstword $(wildcard $(subst gnu,musl,/usr/lib/$(shell gcc -dumpmachine 2>/dev/null)) \
                /usr/lib/musl/lib /usr/local/musl/lib))
CRT      := $(wildcard $(MUSL_DIR)/rcrt1.o)
HARDEN   := -fstack-protector -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables \
            -fno-unwind-tables
# Size first; what turns every byte or every handshake is built for speed. Our
# own code is optimized as a whole at the link, except the cryptography and
# core/bytes.c: there the border between two files also keeps the compiler from
# learning too much about a secret and turning arithmetic into branches.
# malloc and division are found too late for that.
APART_musl := src/core/bytes.c src/core/divide.c src/core/heap.c
FAST_musl := x25519 chacha20 gcm_ni p256_field modint
OPT_musl   = $(if $(filter $(FAST_musl),$(basename $(notdir $<))),-O2,-Oz $(SMALLER)) $(OPT_rest) $(if $(LAYOUT),$(OPT_relr))
OPT_rest   = $(if $(filter src/crypto/% $(APART_musl),$<),,-flto) \
             $(if $(filter src/core/heap.c,$<),-DTINY_HEAP -fno-builtin) \
             $(if $(filter src/core/divide.c,$<),-DTINY_DIVIDE)
OPT_relr   = $(if $(filter src/core/relro.c,$<),-DTINY_RELR)
# Of what -Oz does, these make more code than they save here.
SMALLER     := -malign-data=abi -fno-inline-small-functions -fno-tree-dominator-opts
CC_musl     := musl-gcc
AR_musl     := gcc-ar # knows what -flto writes
CFLAGS_musl := $(HARDEN) $(if $(CRT),-fPIE,-fno-pie)
LINK_musl   := -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id=none -s -static -flto -flto-partition=one
# Nothing here has constructors, so of the start files _start is enough.
LINK_musl   += $(if $(CRT),-nostartfiles -Wl$(comma)-pie$(comma)--no-dynamic-linker$(comma)-z$(comma)text $(CRT))
# The linker's script is ours where it was tried.
LAYOUT      := $(if $(CRT),$(if $(filter x86_64-%,$(shell gcc -dumpmachine 2>/dev/null)),src/release.ld))
LINK_relr   := -z,pack-relative-relocs,-u,_init,-T
LINK_musl   += $(LAYOUT:%=-Wl,--hash-style=sysv,$(LINK_relr),%)
LAYOUT_musl := $(LAYOUT)

# The same without what a router hardly needs (core/build.h), and small before fast: for
# speed it has only the arithmetic of handshakes.
CC_small     := $(CC_musl)
AR_small     := $(AR_musl)
SWITCHES_small := -DTINY_STANDIN=0 -DTINY_LEGACY=0 -DTINY_EXTRAS=0
CFLAGS_small := $(CFLAGS_musl) $(SWITCHES_small)
FAST_small   := x25519 p256_field modint
OPT_small     = $(if $(filter $(FAST_small),$(basename $(notdir $<))),-O2,-Oz $(SMALLER)) $(OPT_rest) $(if $(LAYOUT),$(OPT_relr))
LINK_small    = $(LINK_musl)
LAYOUT_small := $(LAYOUT)
BEAROPT_small = -Oz $(SMALLER) $(BEAROPT_rest)

# For 4 MB of flash: small before all else.
CC_minimal     := $(CC_musl)
AR_minimal     := $(AR_musl)
SWITCHES_minimal := $(SWITCHES_small) -DTINY_TLS12=0 -DTINY_CLIENTS=0 -DTINY_COMFORT=0
CFLAGS_minimal := $(CFLAGS_musl) $(SWITCHES_minimal)
OPT_minimal     = -Oz $(SMALLER) $(OPT_rest) $(if $(LAYOUT),$(OPT_relr))
LAYOUT_minimal := $(LAYOUT)
LINK_minimal    = $(LINK_musl)
BEAROPT_minimal = -Oz $(SMALLER) $(BEAROPT_rest)

SAN := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
CC_gcc-san       := gcc
AR_gcc-san       := ar
CFLAGS_gcc-san   := $(SAN)
LINK_gcc-san     := $(SAN)
CC_clang-san     := clang
AR_clang-san     := ar
CFLAGS_clang-san := $(SAN)
LINK_clang-san   := $(SAN)
# What libFuzzer runs. The primitives have tests of their own, and the replay of
# every input has them under sanitizers; here they would take nearly all of the
# time, and their branches would hide the parsers' from libFuzzer.
CC_fuzz      := clang
AR_fuzz      := ar
UNTRACED     := ec hash int kdf mac rand rsa symcipher
CFLAGS_fuzz   = $(if $(filter src/crypto/% $(UNTRACED:%=$(BEARSSL)/src/%/%),$<),-O2 -g,$(SAN) -fsanitize=fuzzer-no-link)
LINK_fuzz    := $(SAN) -fsanitize=fuzzer

# BearSSL: its own flags by file. Hot code is worth more bytes than the rest.
BEARFLAGS := -w -I$(BEARSSL)/inc -I$(BEARSSL)/src
# Measured: -O2 instead of -Oz takes a third off a whole handshake for its
# interpreter (ssl_hs_server), a fifth off AES-CTR; in what else a
# release on this processor runs, it shows in size alone.
HOT_musl := aes_x86ni_ctr ghash_pclmul ssl_hs_server
# The primitives work in arrays of fixed size with loops that the data cannot
# stretch, so they go without the canary, which the rest of the library (the
# engine, certificates, signatures, decoders) keeps: that takes 8 KB less.
PRIMITIVES := hash int mac symcipher ec kdf rand
BEAROPT_musl = $(if $(filter $(HOT_musl),$(basename $(notdir $<))),-O2,-Oz $(SMALLER)) $(BEAROPT_rest)
BEAROPT_rest = $(if $(filter $(PRIMITIVES:%=$(BEARSSL)/src/%/%),$<),-fno-stack-protector)
# It reads unaligned words where the processor allows that.
BEAROPT_gcc-san = -fno-sanitize=alignment
BEAROPT_clang-san = -fno-sanitize=alignment
# Comparisons inside of its interpreters are many and tell libFuzzer nothing.
BEAROPT_fuzz = -fno-sanitize=alignment -fno-sanitize-coverage=trace-cmp

# What counts the lines that tests run.
CC_cov       := gcc
AR_cov       := ar
CFLAGS_cov   := -O0 -g --coverage
LINK_cov     := --coverage
BEAR_cov     := musl

# Another compiler: CC_musl, AR_musl, MUSL_DIR (musl's libc.a and rcrt1.o), LAYOUT= and
# PREPARED=1, as packaging/openwrt/tiny/Makefile has it. SHORT is the shorter of two
# encodings, -mips16 or -mthumb, where there are two: cryptography is not compiled to it.
SHORT        :=
OPT_rest     += $(if $(filter src/crypto/%,$<),,$(SHORT))
BEAROPT_rest += $(if $(filter $(PRIMITIVES:%=$(BEARSSL)/src/%/%),$<),,$(SHORT))
LINK_musl    += $(SHORT)

VARIANTS := musl small minimal gcc-san clang-san fuzz cov

# ---- what is missing, and the BearSSL tree ----------------------------------

SETUP = $(BUILD)/setup
$(SETUP)/%: third_party/setup.sh
	$(Q)$(if $(PREPARED),:,third_party/setup.sh $*)
	$(Q)mkdir -p $(@D) && touch $@
# Browsers, other languages and packagers' tools, which are large: tests of what cannot be had are skipped.
$(SETUP)/interop: third_party/setup.sh | $(SETUP)/test $(SETUP)/check
	$(Q)timeout 1200 third_party/setup.sh interop || echo '  SETUP  not all of it: some tests will be skipped'
	$(Q)mkdir -p $(@D) && touch $@

# sources.mk names the library's files. It is included, so make obtains the
# tree first and then reads itself again: only then are the objects known.
$(BEARSSL)/sources.mk: third_party/bearssl.pin third_party/get-source.sh $(PATCHES) | $(SETUP)/build
	$(TELL) FETCH '$(BEARSSL)$(if $(BEARSSL_SRC), from $(BEARSSL_SRC))'
	$(Q)third_party/get-source.sh bearssl $(abspath $(BEARSSL))
	$(Q)cd $(BEARSSL) && { printf 'BEAR_SRC :='; find src -name '*.c' | LC_ALL=C sort | tr '\n' ' ' | sed 's/^/ /'; echo; } > sources.mk.new \
	    && mv sources.mk.new sources.mk

NEEDS_TREE := $(filter-out clean,$(or $(MAKECMDGOALS),all))
ifneq ($(NEEDS_TREE),)
-include $(BEARSSL)/sources.mk
ifeq ($(wildcard $(BEARSSL)/sources.mk),)
# The first reading of a fresh clone ends here if the tree cannot be had.
endif
endif

include third_party/cross.mk

# ---- variants: objects, archives, programs ----------------------------------

# Written anew only when the flags differ, so that a change of flags, and
# nothing else, builds everything again.
.PHONY: FORCE
FORCE:

define variant
$$(BUILD)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$$(subst ','\'',$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1))$$(OPT_$(1):%= %)$$(FAST_$(1):%= %) $$(INC) -MD)' > $$@.new; \
	    if cmp -s $$@.new $$@; then rm -f $$@.new; else mv $$@.new $$@; fi
$$(TP)/$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$$(CC_$(1)) $$(CFLAGS_$(1)) $$(BEARFLAGS) $$(BEAROPT_$(1))$$(HOT_$(1):%= %)' > $$@.new; \
	    if cmp -s $$@.new $$@; then rm -f $$@.new; else mv $$@.new $$@; fi

BEAR_OBJ_$(1) := $$(BEAR_SRC:src/%.c=$$(TP)/$(1)/%.o)
$$(BEAR_OBJ_$(1)): $$(TP)/$(1)/%.o: $$(BEARSSL)/src/%.c $$(TP)/$(1)/flags
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(CFLAGS_$(1)) $$(BEARFLAGS) $$(BEAROPT_$(1)) -MMD -MP -c $$< -o $$@
$$(TP)/$(1)/libbearssl.a: $$(BEAR_OBJ_$(1)) | $$(BEARSSL)/sources.mk
	$$(TELL) AR $$@
	@rm -f $$@
	$$(Q)$$(AR_$(1)) rcsD $$@ $$(BEAR_OBJ_$(1))

OBJ_$(1) := $$(SRCS:src/%.c=$$(BUILD)/$(1)/%.o)
$$(OBJ_$(1)) $$(BUILD)/$(1)/main.o: $$(BUILD)/$(1)/%.o: src/%.c $$(BUILD)/$(1)/flags | $$(BEARSSL)/sources.mk
	@mkdir -p $$(@D)
	$$(TELL) CC '$$< ($(1))'
	$$(Q)$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(OPT_$(1)) $$(INC) -MD -MP -c $$< -o $$@
$$(BUILD)/$(1)/libtiny.a: $$(OBJ_$(1))
	@rm -f $$@
	$$(Q)$$(AR_$(1)) rcsD $$@ $$^
LIBS_$(1) := $$(BUILD)/$(1)/libtiny.a $$(TP)/$$(or $$(BEAR_$(1)),$(1))/libbearssl.a $$(LIBC_$(1))

$$(UNITS:%=$$(BUILD)/$(1)/unit/%): $$(BUILD)/$(1)/unit/%: tests/unit/%.c $$(LIBS_$(1))
	@mkdir -p $$(@D)
	$$(TELL) LINK $$@
	$$(Q)$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(INC) -Itests/unit -MD -MP -MF $$@.d -MT $$@ \
	    $$< -o $$@ $$(LINK_$(1)) $$(LIBS_$(1)) $$(END_$(1))
$$(FUZZ:%=$$(BUILD)/$(1)/replay/%): $$(BUILD)/$(1)/replay/%: fuzz/%.c $$(BUILD)/$(1)/replay/replay.o $$(LIBS_$(1))
	@mkdir -p $$(@D)
	$$(TELL) LINK $$@
	$$(Q)$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) $$(INC) -Ifuzz -MD -MP -MF $$@.d -MT $$@ \
	    $$(BUILD)/$(1)/replay/replay.o $$< -o $$@ $$(LINK_$(1)) $$(LIBS_$(1)) $$(END_$(1))
$$(BUILD)/$(1)/replay/replay.o: fuzz/replay.c $$(BUILD)/$(1)/flags
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) $$(WARN) $$(DEFS) $$(CFLAGS_$(1)) -c $$< -o $$@
$$(BUILD)/$(1)/tiny: $$(BUILD)/$(1)/main.o $$(LIBS_$(1)) $$(LAYOUT_$(1))
	$$(TELL) LINK $$@
	$$(Q)$$(CC_$(1)) $$(LINK_$(1)) $$(BUILD)/$(1)/main.o -o $$@ $$(LIBS_$(1)) $$(END_$(1))
	$$(Q)$$(AFTER_$(1))

-include $$(OBJ_$(1):.o=.d) $$(BUILD)/$(1)/main.d $$(BEAR_OBJ_$(1):.o=.d) \
    $$(UNITS:%=$$(BUILD)/$(1)/unit/%.d) $$(FUZZ:%=$$(BUILD)/$(1)/replay/%.d)
endef
$(foreach v,$(VARIANTS) $(CROSS_NOW) $(CROSS_NOW:%=%-unit) $(CROSS_NOW:%=%-minimal),$(eval $(call variant,$(v))))

$(BUILD)/tiny: $(BUILD)/musl/tiny
	$(Q)ln -f $< $@
$(BUILD)/tiny-%: $(BUILD)/%/tiny
	$(Q)ln -f $< $@

# ---- main targets -----------------------------------------------------------

.PHONY: all small run clean install completions
PROGRAM := $(BUILD)/tiny$(if $(filter 1,$(MINIMAL)),-minimal,$(if $(filter 0,$(STANDIN)),-small))
all: $(PROGRAM)
small: $(BUILD)/tiny-small

run: $(PROGRAM)
	@exec $(PROGRAM) -c tiny.conf

# A program of this machine, also where tiny itself is for another one. It reads the
# option table; tiny, on which every byte counts, carries none of it.
COMPLETIONS := $(addprefix $(BUILD)/completions/,tiny.bash _tiny tiny.fish)
COMPLETION_SRC := $(wildcard doc/completion/*.c) $(patsubst %,src/%.c,config/options config/spelling config/sslop config/value \
                      core/text core/format core/bytes core/must)
COMPLETION_DEFS := -DTINY_HELP=1 \
    $(filter -D%,$(if $(filter 1,$(MINIMAL)),$(CFLAGS_minimal),$(if $(filter 0,$(STANDIN)),$(CFLAGS_small))))
HOSTCC ?= gcc
completions: $(COMPLETIONS)
$(BUILD)/completions/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(HOSTCC) $(COMPLETION_DEFS)' > $@.new; if cmp -s $@.new $@; then rm -f $@.new; else mv $@.new $@; fi
$(BUILD)/completions/completion: $(COMPLETION_SRC) $(wildcard doc/completion/*.h src/config/*.h src/core/*.h) $(BUILD)/completions/flags
	$(TELL) LINK $@
	$(Q)$(HOSTCC) $(WARN) $(DEFS) $(COMPLETION_DEFS) -Isrc $(COMPLETION_SRC) -o $@
$(BUILD)/completions/tiny.%: $(BUILD)/completions/completion
	$(Q)$< $* > $@
$(BUILD)/completions/_tiny: $(BUILD)/completions/completion
	$(Q)$< zsh > $@

install: $(PROGRAM) $(COMPLETIONS)
	install -d $(DESTDIR)$(PREFIX)/bin $(addprefix $(DESTDIR)$(PREFIX)/share/,man/man1 man/man5 doc/tiny \
	    bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/tiny
	install -m 644 $(wildcard doc/*.1) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(wildcard doc/*.5) $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 644 $(BUILD)/completions/tiny.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/tiny
	install -m 644 $(BUILD)/completions/_tiny $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 $(BUILD)/completions/tiny.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 644 tiny.conf $(wildcard README.md) LICENSE $(DESTDIR)$(PREFIX)/share/doc/tiny
	install -m 755 doc/compress-certificate $(DESTDIR)$(PREFIX)/share/doc/tiny

clean:
	rm -rf $(BUILD)

# ---- releases ---------------------------------------------------------------

# The same source, compiler and libraries give the same bytes, wherever and
# whenever they are built: packaging/dist/reproduce shows it.
.PHONY: dist reproducible
DIST ?= $(BUILD)/dist
HOST := $(firstword $(subst -, ,$(shell gcc -dumpmachine 2>/dev/null)))
DIST_OTHERS := $(filter-out $(HOST),$(DIST_TARGETS))
dist: $(SETUP)/dist $(BUILD)/tiny $(BUILD)/tiny-small $(BUILD)/tiny-minimal $(COMPLETIONS) $(DIST_OTHERS:%=$(BUILD)/%/tiny)
	$(Q)packaging/dist/make-dist $(VERSION) $(DIST) $(HOST)=$(BUILD)/tiny:$(BUILD)/musl/flags \
	    $(HOST)-small=$(BUILD)/tiny-small:$(BUILD)/small/flags \
	    $(HOST)-minimal=$(BUILD)/tiny-minimal:$(BUILD)/minimal/flags \
	    $(foreach t,$(DIST_OTHERS),$t=$(BUILD)/$t/tiny:$(BUILD)/$t/flags)

# The tests make one, too.
test: $(SETUP)/dist
reproducible: $(SETUP)/dist $(BEARSSL)/sources.mk $(if $(TARGET),$(MUSL)/.fetched)
	$(Q)packaging/dist/reproduce $(if $(TARGET),$(TARGET)/tiny,tiny tiny-small tiny-minimal dist)

# For this machine's processor; packaging/docker/image takes those of others, too.
DOCKER_x86_64  := amd64
DOCKER_aarch64 := arm64
.PHONY: image
image: $(BUILD)/tiny
	$(Q)packaging/docker/image $(BUILD)/tiny-image.tar tiny:$(VERSION) $(or $(DOCKER_$(HOST)),$(HOST))=$(BUILD)/tiny

.PHONY: deb
deb: $(SETUP)/deb $(BUILD)/tiny $(COMPLETIONS)
	$(Q)packaging/dist/make-deb $(VERSION) $(BUILD)/deb
.PHONY: apk
apk: dist
	$(Q)packaging/dist/make-apk $(VERSION) $(DIST)/tiny-$(VERSION).tar.gz $(BUILD)/apk

# ---- tests ------------------------------------------------------------------

.PHONY: unit unit-gcc unit-clang test check replay coverage libtests
UNIT_BIN := $(UNITS:%=$(BUILD)/gcc-san/unit/%) $(UNITS:%=$(BUILD)/clang-san/unit/%)
REPLAY_BIN := $(FUZZ:%=$(BUILD)/gcc-san/replay/%) $(FUZZ:%=$(BUILD)/clang-san/replay/%)
INTEGRATION := $(sort $(wildcard tests/integration/*.t))
TORTURE := $(sort $(wildcard tests/torture/*.t))
PROVE = prove -j$(NPROC) --exec ''
export BUILD

unit-gcc: $(UNITS:%=$(BUILD)/gcc-san/unit/%)
unit-clang: $(UNITS:%=$(BUILD)/clang-san/unit/%)
unit: $(UNIT_BIN)
	$(Q)$(PROVE) $(UNIT_BIN)

# One test alone, quickly: make t-NAME runs tests/unit/test_NAME.c with gcc.
t-%: $(BUILD)/gcc-san/unit/test_%
	$(Q)prove -v --exec '' $<

# The library's patches: each test must pass with them and fail without. The
# unpatched program takes the few files that patches touch from the pristine
# tree and everything else from the same archive.
LIBTEST_BIN := $(LIBTESTS:%=$(BUILD)/bearssl/%) $(LIBTESTS:%=$(BUILD)/bearssl/%.pristine)
PRISTINE_SRC := $(sort $(filter src/%.c,$(shell sed -n 's|^+++ b/||p' $(PATCHES) /dev/null)))
PRISTINE_OBJ := $(PRISTINE_SRC:src/%.c=$(TP)/pristine/%.o)
LIBTEST_CC = gcc -std=c11 -Wall -Wextra -Werror -D_GNU_SOURCE $(SAN) $(INC) -I$(BEARSSL)/src -Itests/unit -Itests/bearssl

$(PRISTINE_OBJ): $(TP)/pristine/%.o: $(BEARSSL)/.pristine/src/%.c $(TP)/gcc-san/flags
	@mkdir -p $(@D)
	$(Q)$(CC_gcc-san) $(CFLAGS_gcc-san) $(BEARFLAGS) -MMD -MP -c $< -o $@
-include $(PRISTINE_OBJ:.o=.d)
$(BEARSSL)/.pristine/src/%.c: | $(BEARSSL)/sources.mk ;
$(BUILD)/bearssl/%.pristine: tests/bearssl/%.c $(wildcard tests/bearssl/*.h) $(PRISTINE_OBJ) $(TP)/gcc-san/libbearssl.a
	@mkdir -p $(@D)
	$(TELL) LINK $@
	$(Q)$(LIBTEST_CC) $< $(PRISTINE_OBJ) $(TP)/gcc-san/libbearssl.a -o $@
$(BUILD)/bearssl/%: tests/bearssl/%.c $(wildcard tests/bearssl/*.h) $(TP)/gcc-san/libbearssl.a
	@mkdir -p $(@D)
	$(TELL) LINK $@
	$(Q)$(LIBTEST_CC) $< $(TP)/gcc-san/libbearssl.a -o $@
libtests: $(LIBTEST_BIN)
	$(Q)$(PROVE) tests/bearssl/run.t

# Constant time: what touches secrets, optimised file by file as in the release, with
# the secrets marked as undefined for valgrind's memcheck.
CT_SRCS := $(wildcard src/crypto/*.c) $(addprefix src/,core/bytes.c core/must.c tls/record13.c tls/rsasign.c tls/schedule13.c)
CT_OBJ  := $(CT_SRCS:src/%.c=$(BUILD)/ct/%.o)
CT_CC    = gcc $(WARN) $(DEFS) $(filter-out -flto,$(OPT_musl)) -g -DCRYPTO_CT_CHECK $(INC) -Itests/unit -MD -MP
$(CT_OBJ): $(BUILD)/ct/%.o: src/%.c $(BUILD)/musl/flags
	@mkdir -p $(@D)
	$(Q)$(CT_CC) -c $< -o $@
$(BUILD)/ct/ct: tests/ct/ct.c $(CT_OBJ) $(TP)/musl/libbearssl.a
	$(TELL) LINK $@
	$(Q)$(CT_CC) -MF $@.d $< -o $@ $(CT_OBJ) $(TP)/musl/libbearssl.a
-include $(CT_OBJ:.o=.d) $(BUILD)/ct/ct.d

# A server whose socket layer is full of faults: that one object differs.
$(BUILD)/faults/sock.o: src/core/sock.c $(BUILD)/gcc-san/flags
	@mkdir -p $(@D)
	$(Q)$(CC_gcc-san) $(WARN) $(DEFS) -DTINY_FAULTS $(CFLAGS_gcc-san) $(INC) -MD -MP -c $< -o $@
$(BUILD)/faults/tiny: $(BUILD)/gcc-san/main.o $(BUILD)/faults/sock.o $(LIBS_gcc-san)
	$(TELL) LINK $@
	$(Q)$(CC_gcc-san) $(LINK_gcc-san) $(BUILD)/gcc-san/main.o $(BUILD)/faults/sock.o -o $@ $(LIBS_gcc-san)
-include $(BUILD)/faults/sock.d

# Which lines of a room the unit tests and the inputs for fuzzing reach: make
# coverage, or make coverage ROOM=app.
ROOM ?= tls
COVERAGE_BIN := $(UNITS:%=$(BUILD)/cov/unit/%) $(FUZZ:%=$(BUILD)/cov/replay/%)
coverage: $(COVERAGE_BIN)
	$(Q)tests/check/coverage $(BUILD)/cov $(ROOM) $(COVERAGE_BIN)

replay: $(REPLAY_BIN)
	$(Q)$(PROVE) tests/check/replay.t

check: $(SETUP)/check $(BUILD)/tiny $(BUILD)/tiny-small $(BUILD)/tiny-minimal $(COMPLETIONS)
	$(Q)$(PROVE) $(sort $(wildcard tests/check/check-*.t))

test: $(SETUP)/test $(SETUP)/check $(SETUP)/interop $(BUILD)/tiny $(BUILD)/tiny-small $(BUILD)/tiny-minimal $(BUILD)/mipsel-minimal/tiny $(COMPLETIONS) $(BUILD)/gcc-san/tiny $(BUILD)/faults/tiny $(UNIT_BIN) $(LIBTEST_BIN) $(REPLAY_BIN) $(BUILD)/ct/ct $(CROSS_BIN) $(CROSS_RUN)
	$(Q)CROSS='$(CROSS_NOW)' $(PROVE) $(UNIT_BIN) $(CROSS_UNITS) tests/bearssl/run.t tests/ct/ct.t tests/check/replay.t \
	    $(sort $(wildcard tests/check/check-*.t)) $(INTEGRATION) $(TORTURE)

# clang is needed before its objects; everything of that variant waits for it.
$(BUILD)/clang-san/flags $(TP)/clang-san/flags $(BUILD)/fuzz/flags $(TP)/fuzz/flags: | $(SETUP)/test

# ---- fuzzing and benchmarks -------------------------------------------------

$(FUZZ:%=$(BUILD)/fuzz/%): $(BUILD)/fuzz/%: fuzz/%.c $(LIBS_fuzz)
	@mkdir -p $(@D)
	$(TELL) LINK $@
	$(Q)clang $(WARN) $(DEFS) $(LINK_fuzz) $(INC) -Ifuzz -MD -MP -MF $@.d -MT $@ $< -o $@ $(LIBS_fuzz)
-include $(FUZZ:%=$(BUILD)/fuzz/%.d)

# The primitives beside BearSSL's: make build/bench/crypto, and run it.
$(BUILD)/bench/crypto: tests/bench/crypto.c $(LIBS_musl)
	@mkdir -p $(@D)
	$(TELL) LINK $@
	$(Q)$(CC_musl) $(WARN) $(DEFS) $(CFLAGS_musl) $(INC) $< -o $@ $(LINK_musl) $(LIBS_musl)

# One after the other; new inputs go to a folder under build/, crashes to
# fuzz/regressions/NAME/, where make test replays them from then on.
.PHONY: fuzz bench screenshot $(FUZZ:%=run-%)
fuzz: $(FUZZ:%=$(BUILD)/fuzz/%)
	$(Q)tests/check/fuzz-all $(FUZZ_SECONDS) $(FUZZ)
$(FUZZ:%=run-%): run-%: $(BUILD)/fuzz/%
	$(Q)tests/check/fuzz-all $(FUZZ_SECONDS) $*

screenshot: $(BUILD)/tiny
	$(Q)doc/screenshot doc/status.png

bench: $(SETUP)/bench $(BUILD)/tiny
	$(Q)tests/bench/run
