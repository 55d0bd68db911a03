#!/usr/bin/env bash
# Does the closed door refuse what an intruder would try, and let pass what the filters need?
. "$(dirname "$0")/lib.sh"

PROBE=$BIN/tests/sandbox-probe
[ -x "$PROBE" ] || skip_all "no $PROBE"
chmod 755 "$TMP"

scene() { # scene NAME: a fresh set of directories; sets R, W, O
	R=$TMP/$1/read W=$TMP/$1/write O=$TMP/$1/outside
	mkdir -p "$R" "$W" "$O"
	echo page >"$R/page"
	echo secret >"$O/secret"
	echo old >"$W/old"
	ln -s ../outside/secret "$R/link"
}

# probe NAME [COMMAND...]: the answers go to $TMP/NAME.out, what is missing to $TMP/NAME.err.
probe() {
	local name=$1
	shift
	"$@" >"$TMP/$name.out" 2>"$TMP/$name.err"
}

answer() { sed -n "s/^$2 //p" "$TMP/$1.out"; } # answer RUN PROBE

# refused RUN PROBE...: one test each.  A signal is a refusal too: SIGSYS, or SIGSEGV where int 0x80 does not exist.
refused() {
	local run=$1 p
	shift
	for p in "$@"; do
		like "$(answer "$run" "$p")" '^(REFUSED|KILLED SIG(SYS|SEGV))' "$run: $p is refused"
	done
}
allowed() {
	local run=$1 p
	shift
	for p in "$@"; do
		is "$(answer "$run" "$p")" ALLOWED "$run: $p works"
	done
}

hostile_sockets=(socket_unix socket_unix_dgram socket_audit socket_raw socket_packet socket_mptcp socket_icmp
	socket_alg socket_vsock socketpair_dgram sendto_fastopen sendmsg_fastopen sendmmsg_fastopen option_fastopen
	option_filter bind_tcp listen_tcp accept_tcp)
making_sockets=(socket_tcp4 socket_tcp6 socket_udp4 socket_udp6 socket_route udp_loopback tcp_loopback interfaces)
any_socket=("${making_sockets[@]}" socketpair_stream connect_tcp option_nodelay)
hostile_paths=(open_passwd open_proc open_mem open_root open_tty open_key open_secret open_dotdot open_link
	open_beside open_page_write creat_outside creat_read tmpfile_outside mkdir_outside unlink_outside unlink_read
	rename_out rename_in)
hostile_file_calls=(open_page_trunc symlink_write link_in fifo_write node_write chmod_outside chown_outside
	truncate_outside utime_outside xattr_outside chdir_outside fchdir_outside)
hostile_machine=(exec_true execveat_self fork_child vfork_like clone_process clone3_process ptrace_me ptrace_parent
	vm_read_parent kill_parent tgkill_parent queue_parent pidfd set_owner limit_parent raise_limit nice_self
	setuid_one setgroups_none capset_none chroot_here unshare_user unshare_net setns_none mount_none pivot keyring
	bpf_none perf userfault io_uring module personality_get memfd memfd_exec shm msgq inotify name_handle
	open_handle kernel_log dumpable tiocsti openat2_none mmap_exec mprotect_exec x32 int80)
needed=(open_page open_list stat_page fstat_stdout malloc_64m convert convert_anew clocks random_and_poll signals
	ask_limit)
writing=(creat_write mkdir_write write_whole big_file)

# check RUN KIND: the whole table of a kind.
check() {
	local run=$1 kind=$2
	refused "$run" "${hostile_sockets[@]}" "${hostile_file_calls[@]}" "${hostile_machine[@]}"
	if grep -q Landlock "$TMP/$run.err"; then
		skip "$run: paths" "the kernel has no Landlock"
	else
		refused "$run" "${hostile_paths[@]}"
	fi
	allowed "$run" "${needed[@]}"
	is "$(answer "$run" give_up)" "KILLED SIGABRT" "$run: abort(3) ends the process"
	if grep -q __asan_init "$PROBE"; then
		skip "$run: memory has a limit" "sanitizers map terabytes"
	else
		refused "$run" malloc_too_much
	fi
	case $kind in
	parse) refused "$run" "${any_socket[@]}" thread open_hosts "${writing[@]}" ;;
	decode)
		refused "$run" "${any_socket[@]}" thread open_hosts
		allowed "$run" "${writing[@]}"
		;;
	fetch)
		refused "$run" "${making_sockets[@]}" socketpair_stream pass_descriptor thread open_hosts
		allowed "$run" connect_nothing option_nodelay "${writing[@]}"
		is "$(answer "$run" connect_tcp)" 'REACHED EINPROGRESS' "$run: connect(2) is told to wait"
		;;
	connect)
		refused "$run" option_nodelay socketpair_stream "${writing[@]}"
		allowed "$run" "${making_sockets[@]}" connect_tcp pass_descriptor thread resolve open_hosts
		;;
	esac
}

# The control: a probe that cannot succeed anywhere proves nothing.
scene control
probe control "$PROBE" -r "$R" -w "$W" -o "$O" none
[ "$(id -u)" -ne 0 ] || allowed control option_filter # some kernels keep socket filters for root
allowed control socket_tcp4 socket_unix socketpair_dgram connect_tcp bind_tcp listen_tcp open_passwd \
	open_proc open_root open_secret open_dotdot open_link open_beside open_page_write creat_outside creat_read \
	mkdir_outside unlink_outside unlink_read rename_out symlink_write fifo_write chdir_outside exec_true fork_child \
	clone_process ptrace_me kill_parent pidfd set_owner raise_limit memfd memfd_exec mmap_exec mprotect_exec thread \
	malloc_64m resolve interfaces pass_descriptor

for kind in parse decode fetch connect; do
	scene "$kind"
	probe "$kind" "$PROBE" -r "$R" -w "$W" -o "$O" "$kind"
	check "$kind" "$kind"
done

# The same without root's privileges.
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
if [ "$(id -u)" -eq 0 ] && nobody test -x "$PROBE" 2>/dev/null; then
	for kind in parse decode fetch connect; do
		scene "nobody-$kind"
		chown -R 65534:65534 "$TMP/nobody-$kind"
		probe "nobody-$kind" nobody "$PROBE" -r "$R" -w "$W" -o "$O" "$kind"
		check "nobody-$kind" "$kind"
	done
else
	skip "as another user" "needs root and a build that others may run"
fi

# Nothing to read or write: then nothing can even be looked for.
scene empty
for kind in parse decode; do
	probe "empty-$kind" "$PROBE" -o "$O" "$kind" open_hosts open_root open_secret stat_secret creat_outside fstat_stdout
	refused "empty-$kind" open_hosts open_root open_secret stat_secret creat_outside
	allowed "empty-$kind" fstat_stdout
done

# A file alone may be named.
probe file "$PROBE" -r "$R/page" -o "$O" parse open_secret
if grep -q Landlock "$TMP/file.err"; then
	skip "file: open_secret is refused" "the kernel has no Landlock"
else
	refused file open_secret
fi

# The largest file: an error, not a signal.
probe fsize "$PROBE" -f 1048576 -r "$R" -w "$W" -o "$O" decode big_file
is "$(answer fsize big_file)" "REACHED EFBIG" "fsize: a file over the limit is an error"

# What does not work is told, and nothing goes on.
probe gone "$PROBE" -r "$TMP/gone" parse clocks
like "$(cat "$TMP/gone.out" "$TMP/gone.err")" 'BROKEN 70.*|/gone: No such file' "a directory that is not there is an error"
probe threaded "$PROBE" -T -r "$R" parse clocks
like "$(cat "$TMP/threaded.err")" 'thread was started before' "a running thread is an error"

# Old kernels: one line says what is missing, the other door closes all the same.
scene old-l
probe old-l "$PROBE" -L -r "$R" -w "$W" -o "$O" decode
like "$(cat "$TMP/old-l.err")" 'no Landlock: files are not confined' "without Landlock: it is told"
refused old-l "${hostile_sockets[@]}" "${any_socket[@]}" open_page_trunc "${hostile_machine[@]}"
allowed old-l "${needed[@]}" "write_whole"
scene old-s
probe old-s "$PROBE" -S -r "$R" -w "$W" -o "$O" decode open_page open_secret open_beside creat_outside unlink_outside \
	rename_out write_whole exec_true
like "$(cat "$TMP/old-s.err")" 'no seccomp: system calls are not confined' "without seccomp: it is told"
if grep -q 'no Landlock' "$TMP/old-s.err"; then
	skip "old-s: paths" "the kernel has no Landlock"
else
	refused old-s open_secret open_beside creat_outside unlink_outside rename_out exec_true
fi
allowed old-s open_page write_whole
probe old "$PROBE" -L -S -r "$R" -w "$W" -o "$O" parse open_page clocks
like "$(cat "$TMP/old.err")" 'no Landlock.*no seccomp' "without both: both are told in one line"
allowed old open_page clocks

# Without a filter the fetcher connects by itself, as it judges.
scene alone
probe alone "$PROBE" -S -r "$R" -w "$W" -o "$O" fetch open_secret tcp_loopback bind_tcp
allowed alone tcp_loopback
grep -q 'no Landlock' "$TMP/alone.err" || refused alone open_secret

# The connector beside the fetcher: it has no more than its channels, and standard error.
beside() {
	local child
	read -r child <"/proc/$1/task/$1/children"
	like "$(cat "/proc/${child:-0}/status")" 'Threads:[[:space:]]*[0-9]' 'the connector is there'
	grep -q 'no seccomp' "$TMP/parse.err" ||
		like "$(cat "/proc/${child:-0}/status")" 'Seccomp:[[:space:]]*2' 'the connector is closed in'
	if [ -r "/proc/$child/fd" ]; then
		is "$(find "/proc/$child/fd" -type l -printf "%f\n" | sort -n | tr '\n' ' ')" '0 1 2 3 4 ' 'the connector: descriptors'
		is "$(readlink "/proc/$child/fd/0" "/proc/$child/fd/1" | sort -u)" /dev/null 'the connector: no input, no output'
	else
		skip 'the connector: descriptors' 'only root may look'
	fi
}

# The filters themselves: whoever has answered its first record has shut the door.
for filter in fetch og oembed thumb; do
	[ -x "$BIN/mxpreview-$filter" ] || { skip "mxpreview-$filter is closed in" "not built" && continue; }
	coproc "$BIN/mxpreview-$filter" -d "$TMP/store" 2>"$TMP/filter.err"
	pid=$COPROC_PID
	printf '{"v":1,"url":"http://x.invalid/","error":{"stage":"test","status":500}}\n' >&"${COPROC[1]}"
	IFS= read -r -t 20 line <&"${COPROC[0]}"
	like "${line-}" '"stage":"test"' "mxpreview-$filter passes a failed record on"
	status=$(cat "/proc/$pid/status")
	like "$status" 'NoNewPrivs:[[:space:]]*1' "mxpreview-$filter: no_new_privs"
	if grep -q 'no seccomp' "$TMP/parse.err"; then
		skip "mxpreview-$filter: seccomp" "the kernel has no seccomp"
	else
		like "$status" 'Seccomp:[[:space:]]*2' "mxpreview-$filter: seccomp"
	fi
	[ $filter != fetch ] || beside "$pid"
	like "$status" 'CapEff:[[:space:]]*0+[0-9a-f]$' "mxpreview-$filter: no capability but those over files"
	fd=${COPROC[1]}
	exec {fd}>&-
	wait "$pid"
	is $? 0 "mxpreview-$filter ends well"
done

grep -q __asan_init "$PROBE" || for kind in parse decode fetch connect; do
	printf '# %s: %s\n' "$kind" "$("$PROBE" -r "$R" -w "$W" -o "$O" "$kind" time 2>&1)"
done
finish
