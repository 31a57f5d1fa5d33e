# A stand-in for what OpenWrt's build system gives a package, for openwrt.t:
# variables of a target, and targets that run the package's recipes.
INCLUDE_DIR := $(TOPDIR)/include
INSTALL_DIR := install -d -m0755
INSTALL_BIN := install -m0755
INSTALL_CONF := install -m0600
TAR := tar
ARCH := x86_64
TARGET_CC := router-openwrt-linux-musl-gcc
TARGET_CROSS := router-openwrt-linux-musl-
TARGET_OPTIMIZATION := -Os -pipe
BUILD_VARIANT ?= small
