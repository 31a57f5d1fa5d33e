#!/bin/sh
# shellcheck shell=dash
# A stand-in for OpenWrt's /lib/functions/network.sh: the addresses of a network
# stand in $IPKG_INSTROOT/net/NETWORK and $IPKG_INSTROOT/net/NETWORK.6.

network_flush_cache() {
	flushed=1
}

network_get_ipaddrs() {
	[ -n "$flushed" ] && [ -f "$IPKG_INSTROOT/net/$2" ] || return 1
	eval "$1=\$(cat \"\$IPKG_INSTROOT/net/\$2\")"
}

network_get_ipaddrs6() {
	network_get_ipaddrs "$1" "$2.6"
}
