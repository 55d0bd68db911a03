# mxpreview: link previews and media hygiene.  GNU make, non-recursive.  Start with README.md.
VERSION  = 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
CC      ?= cc
PKG_CONFIG ?= pkg-config
PROVE   ?= prove
JOBS    ?= 2

WARN    = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wformat=2 -Wvla
HARDEN  = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fPIE
HARDLD  = -pie -Wl,-z,relro,-z,now,--as-needed
OPT    ?= -O2 -g
CFLAGS ?= $(OPT) $(HARDEN)
LDFLAGS ?= $(HARDLD)
ifneq ($(CI),)
WARN   += -Werror
endif
ALLCPP  = -D_GNU_SOURCE -Ilib -I. $(CPPFLAGS)
ALLC    = -std=c11 $(WARN) $(ALLCPP) $(CFLAGS) $(SAN)

# Rooms, highest floor first: the order in which archives are linked (dependencies only downwards).
ROOMS   = $(foreach r,preview media conf net page web matrix image store url json base,$(if $(wildcard lib/$(r)/*.c),$(r)))

# A command: its objects beside main, its foreign libraries.  The linker takes from the rooms only what is used; a
# command that reaches a room whose library is not listed here does not link.
COMMANDS = $(sort $(patsubst cmd/%.c,%,$(wildcard cmd/mxpreview*.c cmd/mxmedia-*.c)))
PKG_mxpreview         = sqlite3 libidn2
PKG_mxpreview-fetch   = libcurl libcrypto libidn2
PKG_mxpreview-og      =
PKG_mxpreview-oembed  = libxml-2.0
PKG_mxpreview-thumb   = libjpeg libwebp libwebpdemux libwebpmux libdeflate zlib
PKG_mxpreview-cache   = sqlite3 libidn2

PKG_mxpreview-show    = libjpeg libwebp libwebpdemux libwebpmux libdeflate zlib chafa

PKG_mxpreview-cgi     = sqlite3 libidn2
PKG_mxpreview-whoami  = libcurl libidn2

PKG_mxmedia-put       = sqlite3 libcrypto libidn2

PKG_mxmedia-get       = sqlite3 libcrypto libidn2

PKG_mxmedia-index     = sqlite3

PKG_mxmedia-stat      = sqlite3

PKG_mxmedia-quarantine = sqlite3

PKG_mxmedia-expire    = sqlite3 libidn2

PKG_mxmedia-check     = sqlite3 libcrypto libidn2

PKG_mxmedia-import    = sqlite3 libcrypto

PKG_mxmedia-cgi       = sqlite3 libcrypto libidn2

LIB_mxpreview-og      = -luchardet
LIB_ALL               = -lm
OBJ_WEB               = cgi cgi-fast cgi-socket who who-tokens who-home chain
OBJ_mxpreview-cgi     = policy keep $(OBJ_WEB)
OBJ_mxpreview         = policy terminal keep shape shape-picture chain
OBJ_mxpreview-cache   = cache-look keep when policy
OBJ_mxmedia-expire    = expire-verbs expire-tell expire-orphans flaw when
OBJ_mxmedia-check     = flaw
OBJ_mxmedia-put       = media-open
OBJ_mxmedia-get       = media-open media-out remote remote-child
OBJ_mxmedia-index     = gather
OBJ_mxmedia-import    = import-media import-row import-refs import-tell gather
OBJ_mxmedia-stat      = stat-tell terminal when
OBJ_mxmedia-quarantine = quarantine-names quarantine-change quarantine-look quarantine-hashes quarantine-sheet quarantine-sheet-html when
OBJ_mxmedia-cgi       = media-open remote remote-child media-web-task media-web-pool media-web-serve media-web-fetch media-web-upload media-web-admin \
                        media-web-delete media-web-list media-web-sheet $(OBJ_WEB)
OBJ_FILTER            = sandbox sandbox-landlock sandbox-seccomp sandbox-bpf
$(foreach c,fetch og oembed thumb show,$(eval OBJ_mxpreview-$(c) = close $(OBJ_FILTER)))
OBJ_mxpreview-whoami  = close $(OBJ_FILTER)
OBJ_mxpreview-oembed += oembed-update
OBJ_mxpreview-og     += terminal
OBJ_mxpreview-show   += terminal
OBJ_mxpreview-thumb  += thumb-document thumb-workers
OBJ_mxpreview-fetch  += policy fetch-site fetch-tell connect

# A unit test <room>_<what>.c is linked with its room and the floors below, and nothing else.
BELOW_base    = base
BELOW_json    = json base
BELOW_url     = url base
BELOW_image   = image base
BELOW_store   = store base
BELOW_net     = net url json store base
BELOW_matrix  = matrix url json base
BELOW_web     = web url json base
BELOW_page    = page url json base
BELOW_conf    = conf url json base
BELOW_preview = preview url json store base
BELOW_media   = media matrix json store url base
TLIB_base     = -lcrypto
TLIB_json     = -ljq -lm
TLIB_url      = -lidn2
TLIB_image    = $(shell $(PKG_CONFIG) --libs libjpeg libpng libwebp libwebpdemux libwebpmux libdeflate zlib libcrypto) -lgif -lm
TLIB_store    = $(shell $(PKG_CONFIG) --libs sqlite3 libcrypto)
TLIB_net      = $(shell $(PKG_CONFIG) --libs libcurl libcrypto libidn2) -lm
TLIB_matrix   = -lcrypto -lidn2 -lm
TLIB_web      = -lidn2 -lm
TLIB_media    = $(TLIB_store) -lidn2 -lm
TLIB_page     = $(shell $(PKG_CONFIG) --libs libxml-2.0) -luchardet -lm
TLIB_conf     = -lidn2 -lm

SRC     := $(wildcard lib/*/*.c cmd/*.c)
UNITS   := $(wildcard tests/unit/*_*.c)
BINS    := $(addprefix $(BUILD)/,$(COMMANDS))
TESTBINS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%.t,$(UNITS))
ORIGIN  := $(wildcard tests/helpers/origin/*.c)
HELPERS := $(patsubst tests/helpers/%.c,$(BUILD)/tests/%,$(wildcard tests/helpers/*.c)) $(BUILD)/tests/origin
ROOMLIB  = $(BUILD)/lib$(1).a

all: $(BINS)

# Flags of one file.
CF_tests_unit_page_html = $(shell $(PKG_CONFIG) --cflags libxml-2.0)
CF_cmd_mxpreview-show = $(shell $(PKG_CONFIG) --cflags chafa)
CF_lib_page_oembed_xml = $(shell $(PKG_CONFIG) --cflags libxml-2.0)
CF_lib_image_kernel = -O3
CF_lib_image_axis = -O3
CF_lib_image_pic = -O3
CF_lib_image_icc = -O3
CF_lib_image_encode_png = -O3
CF_lib_image_unfilter = -O3
CF_lib_image_png_rows = -O3
CF_lib_conf_keys = -DMX_VERSION='"$(VERSION)"'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALLC) -MMD -MP $(CF_$(subst /,_,$*)) -c -o $@ $<

define room
$(BUILD)/lib$(1).a: $(patsubst %.c,$(BUILD)/%.o,$(wildcard lib/$(1)/*.c))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

# What is started for each request is linked whole, where the archives for that are there: the dynamic linker would take longer
# than an answer.  STATIC=: never.  SQLite is told that it loads nothing (cmd/no-dl.c).
STATIC ?= mxpreview-cgi
ARCHIVES_mxpreview-cgi = rcrt1.o libc.a libsqlite3.a libidn2.a libunistring.a
whole = $(if $(SAN),,$(if $(filter $(1),$(STATIC)),$(if $(filter-out /%,$(foreach a,$(ARCHIVES_$(1)),$(shell $(CC) -print-file-name=$(a)))),,yes)))
LINK_whole = $(patsubst -pie,-static-pie,$(LDFLAGS)) -Wl,--wrap=dlopen

define command
$(BUILD)/$(1): $(BUILD)/cmd/$(1).o $(BUILD)/cmd/cmd.o $(patsubst %,$(BUILD)/cmd/%.o,$(OBJ_$(1))) $(foreach r,$(ROOMS),$(BUILD)/lib$(r).a)
	$$(CC) $(if $(call whole,$(1)),$$(LINK_whole),$$(LDFLAGS) $$(SAN)) -o $$@ $(BUILD)/cmd/$(1).o $(BUILD)/cmd/cmd.o $(patsubst %,$(BUILD)/cmd/%.o,$(OBJ_$(1))) \
	  $(foreach r,$(ROOMS),$(BUILD)/lib$(r).a) $$(if $(PKG_$(1)),$$(shell $$(PKG_CONFIG) $(if $(call whole,$(1)),--static) --libs $(PKG_$(1)))) $(LIB_$(1)) $$(LIB_ALL)
endef
$(foreach c,$(STATIC),$(if $(call whole,$(c)),$(eval OBJ_$(c) += no-dl)))
$(foreach c,$(COMMANDS),$(eval $(call command,$(c))))

define unit
$(BUILD)/tests/unit/$(1).t: $(BUILD)/tests/unit/$(1).o $(foreach r,$(filter $(ROOMS),$(BELOW_$(firstword $(subst _, ,$(1))))),$(BUILD)/lib$(r).a)
	$$(CC) $$(LDFLAGS) $$(SAN) -o $$@ $$^ $$(TLIB_$(firstword $(subst _, ,$(1)))) $$(LIB_ALL)
endef
$(foreach t,$(patsubst tests/unit/%.c,%,$(UNITS)),$(eval $(call unit,$(t))))

HLIB_mkimage = $(shell $(PKG_CONFIG) --libs libjpeg libpng libwebp) -lgif -lm
HLIB_htmlsax = $(shell $(PKG_CONFIG) --cflags --libs libxml-2.0)
HLIB_multi = $(shell $(PKG_CONFIG) --cflags --libs libcurl)

# Helpers of the tests and benchmarks (the origin server …): plain C programs of one file.
$(BUILD)/tests/%: tests/helpers/%.c
	@mkdir -p $(@D)
	$(CC) $(ALLC) $(LDFLAGS) -o $@ $< $(HLIB_$*)

# The web server of the tests is larger.
$(BUILD)/tests/origin: $(ORIGIN:%.c=$(BUILD)/%.o)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^ -lz

archives: $(foreach r,$(ROOMS),$(BUILD)/lib$(r).a)

# The probe of the sandbox enters the real one, also in sanitizer builds.
SANDBOX_O = $(patsubst %,$(BUILD)/cmd/%.o,$(OBJ_FILTER))
$(BUILD)/tests/sandbox-probe: $(BUILD)/tests/helpers/sandbox-probe.o $(SANDBOX_O) $(BUILD)/libbase.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^

$(BUILD)/tests/cgi-echo: $(patsubst %,$(BUILD)/cmd/%.o,cmd cgi cgi-fast cgi-socket) $(BUILD)/tests/helpers/cgi-echo.o \
  $(foreach r,preview conf web url json base,$(BUILD)/lib$(r).a)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(TLIB_web)

$(BUILD)/tests/conf-keys: $(BUILD)/tests/helpers/conf-keys.o $(BUILD)/libconf.a $(BUILD)/libbase.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^

$(BUILD)/tests/image-floor: $(BUILD)/tests/helpers/image-floor.o $(foreach r,$(BELOW_image),$(BUILD)/lib$(r).a)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^ $(TLIB_image)

$(BUILD)/tests/page-says: $(BUILD)/tests/helpers/page-says.o $(foreach r,$(BELOW_page),$(BUILD)/lib$(r).a)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^ -lm

$(BUILD)/tests/torture $(BUILD)/tests/writers: $(BUILD)/tests/%: $(BUILD)/tests/helpers/%.o $(BUILD)/libstore.a $(BUILD)/libbase.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(SAN) -o $@ $^ $(TLIB_store)

# Preloaded into the commands: fails one of their system calls.
$(BUILD)/tests/faultinj.so: tests/preload/faultinj.c
	@mkdir -p $(@D)
	$(CC) $(ALLC) -fPIC -shared -o $@ $< -ldl

tests: $(TESTBINS) $(HELPERS) $(BUILD)/tests/faultinj.so

check: all tests
	BUILD=$(BUILD) $(PROVE) -j$(JOBS) --exec '' $(TESTBINS) $(sort $(wildcard tests/*.t))

# The long run of tests/torture.t: minutes.
torture: all tests
	MX_KILLS=10000 MX_FAULT_STEP=1 MX_CUTS=20 BUILD=$(BUILD) $(PROVE) -v tests/torture.t

asan:
	$(MAKE) BUILD=build-asan OPT='-O1 -g' HARDEN='-fPIE -fno-omit-frame-pointer' SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined' check

# Parsers of hostile bytes under libFuzzer, FUZZ_TIME seconds each; what was found worth keeping stays in build-fuzz/corpus.
FUZZ_TIME ?= 20
FUZZERS = $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/*_*.c))
define fuzzer
$(BUILD)/tests/fuzz/$(1): $(BUILD)/tests/fuzz/$(1).o $(foreach r,$(filter $(ROOMS),$(BELOW_$(firstword $(subst _, ,$(1))))),$(BUILD)/lib$(r).a)
	$$(CC) $$(LDFLAGS) $$(SAN) -fsanitize=fuzzer -o $$@ $$^ $$(TLIB_$(firstword $(subst _, ,$(1)))) $$(LIB_ALL)
endef
$(foreach f,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_*.c)),$(eval $(call fuzzer,$(f))))

fuzz:
	$(MAKE) CC=clang BUILD=build-fuzz OPT='-O1 -g' HARDEN='-fPIE -fno-omit-frame-pointer' \
	  SAN='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined' fuzzers
	BUILD=build-fuzz tests/fuzz/run $(FUZZ_TIME)
fuzzers: $(FUZZERS)

lint:
	BUILD=$(BUILD) scripts/lint

bench: all tests
	BUILD=$(BUILD) tests/bench/run
	BUILD=$(BUILD) tests/bench/page
	BUILD=$(BUILD) tests/bench/fetch
	BUILD=$(BUILD) tests/bench/thumb
	BUILD=$(BUILD) tests/bench/expire
	BUILD=$(BUILD) tests/bench/index
	BUILD=$(BUILD) tests/bench/store
	BUILD=$(BUILD) tests/bench/quarantine
	BUILD=$(BUILD) tests/bench/web

# Configurations of web servers, filled in by one of them.
WEB = $(addprefix scripts/web/,Caddyfile apache.conf lighttpd-cgi.conf lighttpd-fastcgi.conf nginx.conf) \
  $(wildcard scripts/systemd/*-cgi.*)
# Examples for whoever has a timer.
TIMERS = scripts/mxmedia-expire.cron scripts/systemd/mxmedia-expire.service scripts/systemd/mxmedia-expire.timer

install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	for s in 1 5 7; do install -d $(DESTDIR)$(PREFIX)/share/man/man$$s; \
	  for f in man/*.$$s; do [ -e "$$f" ] && install -m 644 "$$f" $(DESTDIR)$(PREFIX)/share/man/man$$s; done; done; true
	install -d $(DESTDIR)$(PREFIX)/share/mxpreview
	install -m 644 scripts/web/preview.html $(WEB) $(TIMERS) $(DESTDIR)$(PREFIX)/share/mxpreview
	sed 's,/usr/local,$(PREFIX),' scripts/web/fill >$(DESTDIR)$(PREFIX)/share/mxpreview/fill
	chmod 755 $(DESTDIR)$(PREFIX)/share/mxpreview/fill

uninstall:
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/share/mxpreview/,preview.html fill $(notdir $(WEB) $(TIMERS)))
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/bin/,$(COMMANDS))
	for f in man/*.[157]; do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${f##*.}/$${f##*/}; done

dist:
	git archive --format=tar.gz --prefix=mxpreview-$(VERSION)/ -o mxpreview-$(VERSION).tar.gz HEAD

clean:
	rm -rf $(BUILD)

-include $(patsubst %.c,$(BUILD)/%.d,$(SRC) $(UNITS) $(wildcard tests/helpers/*.c tests/fuzz/*.c) $(ORIGIN))

.PHONY: all archives tests check torture asan fuzz fuzzers lint bench install uninstall dist clean
.SECONDARY:
