# A world where every address is this machine: source it instead of lib.sh from tests/ssrf*.t (bash).
# shellcheck shell=bash disable=SC2034
#
# The test runs again in network and mount namespaces of its own, in which all of IPv4 and IPv6 is local and a canary
# sees every packet (and 93.184.215.99 stands on an interface), names are looked up with a hostile server, and everything in the environment that a fetcher could
# obey leads inside.  Skips with a word where namespaces are not allowed.

if [ -z "${MX_RIG-}" ]; then
	PATH=$PATH:/usr/sbin:/sbin # where ip(8) is
	enter='ip link set lo up && ip addr add 93.184.215.99/32 dev lo && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo'
	for how in '-n -m' '-r -n -m'; do
		# shellcheck disable=SC2086
		why=$(unshare $how sh -c "$enter && mount --bind /etc/resolv.conf /etc/resolv.conf" 2>&1) || continue
		# shellcheck disable=SC2086
		MX_RIG=1 exec unshare $how sh -c "$enter && exec bash \"\$0\"" "$0"
	done
	printf '1..0 # SKIP no namespaces here: %s\n' "$(tail -n 1 <<<"$why")"
	exit 0
fi
unset MX_RIG
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RIG_DNS=10.53.53.53
RIG_PUBLIC='93.184.215.14 93.184.215.15 2606:4700:4700::1111' # nothing but these may be reached
RIG_LOG=$TMP/canary.log RIG_NAMES=$TMP/dns.log

# What the names of the tests stand for.  A name nobody knows leads inside: a lookup too many is seen.
rig_names() {
	cat <<-END
		pub.test A 93.184.215.14
		other.test A 93.184.215.15
		v6.test AAAA 2606:4700:4700::1111
		xn--bcher-kva.test A 93.184.215.14
		many.test A $(printf '93.184.215.14,%.0s' {1..12})93.184.215.14
		own.test A 93.184.215.99
		priv.test A 10.0.0.5
		pubpriv.test A 93.184.215.14,10.0.0.5
		privpub.test A 10.0.0.5,93.184.215.14
		mixv6.test A 93.184.215.14
		mixv6.test AAAA fd00::5
		mixv4.test A 10.0.0.5
		mixv4.test AAAA 2606:4700:4700::1111
		hidden.test A $(printf '93.184.215.14,%.0s' {1..12})169.254.169.254
		cname.test CNAME priv.test
		cname2.test CNAME cname.test
		cnamepub.test CNAME pub.test
		cnameloop.test CNAME cnameloop.test
		cnamelocal.test CNAME localhost
		mapped.test AAAA ::ffff:10.0.0.5
		compat.test AAAA ::10.0.0.5
		nat64.test AAAA 64:ff9b::10.0.0.5
		nat64l.test AAAA 64:ff9b:1::10.0.0.5
		sixto4.test AAAA 2002:a00:5::1
		teredo.test AAAA 2001:0:4136:e378:8000:63bf:f5ff:fffa
		isatap.test AAAA 2606:4700::5efe:a00:5
		ula.test AAAA fd00::5
		ll6.test AAAA fe80::5
		zero.test A 0.0.0.0
		meta.test A 169.254.169.254
		azure.test A 168.63.129.16
		multicast.test A 224.0.0.1
		nx.test NX
		*.nx.test NX
		hang.test SILENT
		servfail.test SERVFAIL
		junk.test JUNK
		nothing.test TXT
		tcp.test TRUNCATED
		tcp.test A 10.0.0.5
		tcppub.test TRUNCATED
		tcppub.test A 93.184.215.14
		*.nip.test A 127.0.0.1
		$(printf 'rebind%d.test A 93.184.215.14 127.0.0.1\n' {0..11})
		$(printf 'bind%d.test A 127.0.0.1 93.184.215.14\n' {0..3})
		$(printf 'rebindr%d.test A 93.184.215.14 127.0.0.1\n' {0..3})
		$(printf 'rebindx%d.test A 93.184.215.14 10.0.0.5,93.184.215.14\n' {0..3})
		* A 10.66.66.66
		* AAAA fd66::66
	END
}

rig_mount() { # rig_mount FILE: standard input in its place
	[ -e "$1" ] || return 0
	cat >"$TMP/mount.${1##*/}"
	mount --bind "$TMP/mount.${1##*/}" "$1" || skip_all "cannot replace $1"
}

rig_server() { # rig_server PROGRAM [ARG...]: waits until it is ready
	local line fifo=$TMP/rig.$1
	mkfifo "$fifo"
	"$BIN/tests/$1" "${@:2}" >"$fifo" 2>"$TMP/$1.err" &
	PIDS="$PIDS $!"
	read -r line <"$fifo"
	[ "$line" = ready ] && return
	grep -q 'packet socket' "$TMP/$1.err" && skip_all "$(cat "$TMP/$1.err")"
	ok 1 "$1 starts: $(cat "$TMP/$1.err")"
	finish
}

rig_canary() { # rig_canary PORT...
	mkdir -p "$TMP/root"
	rig_server canary --root "$TMP/root" --log "$RIG_LOG" "$@"
	RIG_CANARY=$!
}

# What a fetcher might obey, though nobody asked it to.
rig_temptations() {
	local inside=http://10.77.77.77:3128
	export http_proxy=$inside https_proxy=$inside HTTPS_PROXY=$inside all_proxy=$inside ALL_PROXY=$inside no_proxy=
	export SSLKEYLOGFILE=$TMP/keys.log HOSTALIASES=$TMP/aliases LOCALDOMAIN=corp CURL_HOME=$HOME
	printf 'alias priv.test\n' >"$HOSTALIASES"
	printf 'machine pub.test login l password secret\ndefault login l password secret\n' >"$HOME/.netrc"
	printf 'proxy = "%s"\nuser = "l:secret"\nlocation-trusted\ninsecure\n' "$inside" >"$HOME/.curlrc"
	chmod 600 "$HOME/.netrc"
}

# Nobody below may be reached: prints who was.
rig_forbidden() {
	awk -v public="$RIG_PUBLIC" -v dns="$RIG_DNS" '
		BEGIN { n = split(public, p); for (i = 1; i <= n; i++) ok[p[i]] = 1 }
		($1 == "syn" || $1 == "udp" || $1 == "other") && !($2 in ok) && !($2 == dns && $3 == 53)
		$1 == "udp" && $2 in ok' "$RIG_LOG" | sort -u
}
rig_unusual() { sed -n 's/^header //p' "$RIG_LOG" | sort -u; } # headers that give something away
rig_close() {                                                 # the canary's last word
	kill "$RIG_CANARY"
	wait "$RIG_CANARY" 2>/dev/null
	is "$(grep '^lost ' "$RIG_LOG")" 'lost 0' 'the canary saw every packet'
	is "$(cat "$SSLKEYLOGFILE" 2>/dev/null)" '' 'no TLS keys were written down'
}

rig_names >"$TMP/names"
rig_mount /etc/resolv.conf <<<"nameserver $RIG_DNS"$'\nsearch corp\noptions timeout:1 attempts:1'
rig_mount /etc/nsswitch.conf <<<'hosts: files dns'
rig_mount /etc/hosts <<<$'127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.9.8.7 hosts.test hosts'
rig_server dns --rules "$TMP/names" --log "$RIG_NAMES" "$RIG_DNS"
rig_temptations
