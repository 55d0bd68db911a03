#!/usr/bin/env bash
# Does whatever strangers can write into a URL, a name, a redirect or a header end where it may?
. "$(dirname "$0")/rig.sh"
rig_canary 80 443 8080 8443

# CLASS EXPECTED URL: URL as in a JSON string.  EXPECTED: what is said of it, see say(); "ok": it comes, from a public
# address; "A/B": A for what a document names, B for what a person typed; "A|B": one of them.
cases() {
	cat <<'END'
control ok http://pub.test/ok
control ok http://PUB.test./ok
control ok http://v6.test/ok
control ok http://93.184.215.14:8080/ok
control ok http://[2606:4700:4700::1111]/ok
control ok http://bücher.test/ok
control ok http://ⓟⓤⓑ.ⓣⓔⓢⓣ/ok
control ok http://many.test/ok
control ok http://cnamepub.test/ok
control ok http://tcppub.test/ok
literal ip http://127.0.0.1/
literal ip http://10.0.0.5/
literal ip http://172.16.0.1/
literal ip http://192.168.1.1/
literal ip http://169.254.169.254/latest/meta-data/
literal ip http://168.63.129.16/
literal ip http://100.100.100.200/
literal ip http://0.0.0.0/
literal ip http://255.255.255.255/
literal ip http://224.0.0.1/
literal ip http://198.18.0.1/
literal ip http://203.0.113.1/
own ip http://93.184.215.99/
own dns http://own.test/
own ip http://pub.test/r302?to=http%3A%2F%2F93.184.215.99%2F
form ip http://2130706433/
form ip http://0x7f000001/
form ip http://017700000001/
form ip http://0177.0.0.1/
form ip http://0x7f.1/
form ip http://127.1/
form ip http://127.0.1/
form ip http://127.0.0.1./
form ip http://127%2e0%2e0%2e1/
form ip http://%31%32%37.0.0.1/
form ip http://①②⑦.⓪.⓪.①/
form ip http://１２７.０.０.１/
form ip http://127。0｡0．1/
form host|dns http://127.0.0.1../
form host|dns http://256.256.256.256/
form host|dns http://0x17f000001/
form host http://127.0.0.1%00/
form host http://127.0.0.1%20/
v6 ip http://[::1]/
v6 ip http://[::]/
v6 ip http://[fe80::1]/
v6 ip http://[fd00:ec2::254]/
v6 ip http://[fec0::1]/
v6 ip http://[ff02::1]/
v6 ip http://[2001:db8::1]/
v6 ip http://[100::1]/
v6 ip http://[3fff::1]/
embedded ip http://[::ffff:10.0.0.5]/
embedded ip http://[::ffff:7f00:1]/
embedded ip http://[::10.0.0.5]/
embedded ip http://[::ffff:0:10.0.0.5]/
embedded ip http://[64:ff9b::10.0.0.5]/
embedded ip http://[64:ff9b:1:a00:0:500::]/
embedded ip http://[64:ff9b:1::a00:5]/
embedded ip http://[2002:a00:5::1]/
embedded ip http://[2001:0:4136:e378:8000:63bf:f5ff:fffa]/
embedded ip http://[2001:0:a00:5:8000:63bf:3fff:fdd2]/
embedded ip http://[2600:1f00:1::5efe:a00:5]/
embedded ip http://[fe80::5efe:a00:5]/
zone host http://[fe80::1%25lo]/
zone host http://[fe80::1%lo]/
zone host http://[::1%251]/
zone host http://[2606:4700:4700::1111%25lo]/
localhost dns http://localhost/
localhost dns http://LOCALHOST./
localhost dns http://foo.localhost/
localhost dns http://ip6-localhost/
localhost dns http://ｌｏｃａｌｈｏｓｔ/
localhost dns http://localhost.corp/
localhost dns http://printer.local/
localhost dns http://hosts.test/
name dns http://priv.test/
name dns http://privpub.test/
name dns http://pubpriv.test/
name dns http://mixv6.test/
name dns http://hidden.test/
name dns http://mixv4.test/
name dns http://mapped.test/
name dns http://compat.test/
name dns http://nat64.test/
name dns http://nat64l.test/
name dns http://sixto4.test/
name dns http://teredo.test/
name dns http://isatap.test/
name dns http://ula.test/
name dns http://ll6.test/
name dns http://zero.test/
name dns http://meta.test/
name dns http://azure.test/
name dns http://multicast.test/
name dns http://10.0.0.5.nip.test/
name dns http://0x7f000001.test/
name dns http://nobody.knows.it/
cname dns http://cname.test/
cname dns http://cname2.test/
cname dns http://cnamelocal.test/
cname dns http://cnameloop.test/
lookup dns http://nx.test/
lookup dns http://hang.test/
lookup dns http://servfail.test/
lookup dns http://junk.test/
lookup dns http://nothing.test/
lookup dns http://tcp.test/
search dns http://intranet/
search dns http://alias/
search dns http://deep.nx.test/
search dns http://metadata/
authority ip http://pub.test@127.0.0.1/
authority user/ok http://user:pw@pub.test/
authority user/ok http://127.0.0.1%2f@pub.test/
authority ok http://pub.test\\@127.0.0.1/
authority ok http://pub.test#@127.0.0.1/
authority ok http://pub.test?@127.0.0.1/
authority ip http:\\\\127.0.0.1\\
authority ip http:/127.0.0.1/
authority ip http:127.0.0.1/
authority ip http://127.0.0.1\t/
authority ip  http://127.0.0.1/
authority host http://pub.test 127.0.0.1/
authority host http://pub.test%40127.0.0.1/
authority host http://pub.test%0d%0aHost:%20127.0.0.1/
authority host http://localhost%00.pub.test/
authority host http://[::1]pub.test/
authority badport http://127.0.0.1:80:80/
authority badport http://pub.test:0x50/
authority badport http://pub.test:99999/
authority nohost http:///
port port http://pub.test:22/
port port http://pub.test:25/
port port http://pub.test:6379/
port port http://pub.test:11211/
port port http://pub.test:0/
port port https://pub.test:6667/
scheme scheme file:///etc/passwd
scheme scheme gopher://127.0.0.1:6379/_x
scheme scheme dict://127.0.0.1:11211/stat
scheme scheme ftp://pub.test/
scheme scheme ldap://127.0.0.1/
scheme scheme javascript:alert(1)
scheme scheme http+unix://%2frun%2fdocker.sock/
redirect ip http://pub.test/r301?to=http%3A%2F%2F127.0.0.1%2F
redirect ip http://pub.test/r302?to=http%3A%2F%2F2130706433%2F
redirect ip http://pub.test/r303?to=http%3A%2F%2F%5B%3A%3Affff%3A10.0.0.5%5D%2F
redirect ip http://pub.test/r307?to=%2F%2F169.254.169.254%2F
redirect ip http://pub.test/r308?to=https%3A%2F%2F10.0.0.5%2F
redirect ip http://pub.test/r302?to=http%3A%2F%2Fother.test%2Fr302%3Fto%3Dhttp%253A%252F%252F127.1%252F
redirect ip http://pub.test/dup?to=http%3A%2F%2F127.0.0.1%2F
redirect dns http://pub.test/r302?to=http%3A%2F%2Fpriv.test%2F
redirect dns http://pub.test/r302?to=http%3A%2F%2Flocalhost%2F
redirect dns http://pub.test/r302?to=http%3A%2F%2Fcname2.test%2F
redirect scheme http://pub.test/r302?to=file%3A%2F%2F%2Fetc%2Fpasswd
redirect scheme http://pub.test/r302?to=gopher%3A%2F%2F127.0.0.1%3A6379%2F_x
redirect scheme http://pub.test/r302?to=ftp%3A%2F%2Fpub.test%2F
redirect redirect http://pub.test/r302?to=data%3Atext%2Fhtml%2Cx
redirect user http://pub.test/r302?to=http%3A%2F%2Fuser%3Apw%40pub.test%2F
redirect ip http://pub.test/r302?to=http%3A%2F%2Fpub.test%40127.0.0.1%2F
redirect port http://pub.test/r302?to=http%3A%2F%2Fpub.test%3A22%2F
redirect ok|ip http://pub.test/rdup?to=http%3A%2F%2F127.0.0.1%2F
redirect ok http://pub.test/r302?to=http%3A%2F%2Fother.test%3A8080%2Fok
redirect redirect http://pub.test/r302?to=%2F%5C127.0.0.1%2F
ignored ok http://pub.test/r200?to=http%3A%2F%2F127.0.0.1%2F
ignored ok http://pub.test/r103?to=http%3A%2F%2F127.0.0.1%2F
ignored ok http://pub.test/refresh?to=http%3A%2F%2F127.0.0.1%2F
ignored ok http://pub.test/xloc?to=http%3A%2F%2F127.0.0.1%2F
ignored ok http://pub.test/altsvc?to=127.0.0.1
ignored ok http://pub.test/hsts?to=x
ignored ok http://pub.test/after-hsts
END
}

say() { # say EXPECTED: in the words of the error table
	case $1 in
	ip) echo 'IP address blocked' ;;
	dns) echo 'DNS resolution failure during URL preview generation' ;;
	port) echo 'port blocked' ;;
	scheme) echo 'URL scheme is not http or https' ;;
	user) echo 'URL with user name or password refused' ;;
	redirect) echo 'Failed to download content: bad redirect' ;;
	host) echo 'URL has a bad host' ;;
	badport) echo 'URL has a bad port' ;;
	nohost) echo 'not an absolute URL' ;;
	ok) echo ok ;;
	esac
}
check() { # check EXPECTED GOT NAME
	local want='' one
	for one in ${1//|/ }; do want="$want|$(say "$one")"; done
	case "$want|" in *"|$2|"*) ok 0 "$3" ;; *) is "$2" "${want#|}" "$3" ;; esac
}

# ---- every case twice through one process: as what a person typed, and as what a document names ---------------------

cases | jq -Rc 'capture("^(?<c>\\S+) (?<e>\\S+) (?<u>.*)$") | (.u | "\"" + . + "\"" | fromjson) as $u |
	{id: "\(.c) \(.e)", p: true, url: $u},
	{id: "\(.c) \(.e)", url: "http://x/", docs: [{rel: "page"}], want: [{rel: "oembed", url: $u}]}' >"$TMP/questions"
printf 'connect_timeout = 2500\n' >"$TMP/conf"
mxpreview-fetch -q -c "$TMP/conf" -d "$TMP/store" -j 64 <"$TMP/questions" >"$TMP/answers"
is "$(wc -l <"$TMP/answers")" "$(wc -l <"$TMP/questions")" 'every question is answered'
while IFS=$'\t' read -r id how url said; do
	expected=${id#* }
	[ "$how" = typed ] && expected=${expected#*/} || expected=${expected%/*}
	check "$expected" "$said" "${id%% *}, $how: $url"
done < <(jq -r 'if .p then [.id, "typed", .url, .error.error // "ok"]
	else [.id, "named", .docs[1].url // .warnings[0].url, .warnings[0].error // "ok"] end | @tsv' "$TMP/answers")
is "$(rig_forbidden)" '' 'nobody inside was reached'
is "$(rig_unusual)" '' 'no credentials, no cookies, no referrer'

# ---- names are absolute, each of many that one process looks up ---------------------------------------------------------

fetch() { mxpreview-fetch -c "$TMP/conf" -d "$TMP/store" "$@"; }
for i in {1..9}; do printf 'http://a%d.nx.test/\nhttp://b%d/\nhttp://alias/\n' "$i" "$i"; done >"$TMP/urls"
was=$(grep -c '^priv\.test ' "$RIG_NAMES")
for jobs in 1 16; do fetch -q -j "$jobs" <"$TMP/urls" >/dev/null; done
is "$(grep -c '^a[1-9].nx.test A$' "$RIG_NAMES")" 18 'they are looked up'
is "$(grep '\.corp ' "$RIG_NAMES" | grep -v '^localhost\.' | sort -u)" '' 'no search domain completes them'
is "$(grep -c '^priv\.test ' "$RIG_NAMES")" "$was" 'no alias replaces them'

# ---- a refused name is no oracle (spec A.5): it looks like one that does not exist -----------------------------------------

same() { # same URL-OF-WHAT-DOES-NOT-EXIST URL-OF-WHAT-IS-REFUSED NAME
	is "$(outcome "$2")" "$(outcome "$1")" "$3"
}
outcome() { # all that is said of a URL, as a page and as a picture
	local said
	said=$(fetch -v "$1" 2>&1
		echo $?
		image "$1" | fetch)
	echo "${said//"$1"/URL}"
}
image() { printf '{"v":1,"url":"http://x/","docs":[{"rel":"page"}],"want":[{"rel":"image","url":"%s"}]}\n' "$1"; }
for name in priv privpub cname2 ula compat zero nobody.knows; do
	same http://nx.test/ "http://$name.test/" "$name.test looks like a name that does not exist"
done
same http://nx.test/ http://localhost/ 'so does localhost'
same https://nx.test:8443/ https://priv.test:8443/ 'and by https, where something listens'
same https://nx.test:9999/ https://priv.test:9999/ 'and where nothing does'
same http://nx.test:22/ http://priv.test:22/ 'a bad port is told before the name is looked at'
to='http://pub.test/r302?to=http%3A%2F%2F'
same "${to}nx.test%2F" "${to}priv.test%2F" 'the end of a redirect, too'

# ---- names that change their minds --------------------------------------------------------------------------------------------

said() { fetch "$@" | json '.error.error // "ok"' | paste -sd'|'; }
is "$(said http://rebind0.test/)" ok 'a name that is public'
check dns "$(said http://rebind0.test/)" 'and then is not'
check dns "$(said http://bind0.test/)" 'a name that is not'
is "$(said http://bind0.test/)" ok 'and then is'
is "$(said http://rebindx0.test/)" ok 'a name that is public'
check dns "$(said http://rebindx0.test/)" 'and then both'
# Within one process: by a redirect to another port, and by connections that were kept and that were not.
url='http://rebindr0.test/r302?to=http%3A%2F%2Frebindr0.test'
like "$(said "$url:8080%2F" "$url%2F" "$url:8443%2F" "$url:443%2F?h=Connection:%20close" -j 1)" \
	'^((ok|DNS resolution failure[^|]*)(\||$)){4}$' 'and between two hops'
is "$(rig_forbidden)" '' 'nobody inside was reached'

# ---- what is given away ---------------------------------------------------------------------------------------------------------

is "$(rig_unusual)" '' 'no credentials, no cookies, no referrer so far'
like "$(said 'http://pub.test/cookie?to=/ok')" '^ok$' 'a cookie'
is "$(rig_unusual)" '93.184.215.14 Cookie: biscuit=warm' 'goes back to its host in the chain that set it'
for to in 'http%3A%2F%2Fother.test%2Fok' 'http%3A%2F%2Fother.test%2Fok&domain=test' 'http%3A%2F%2F93.184.215.15%2Fok&domain=other.test' \
	'http%3A%2F%2Fother.test%2Fok&domain=.'; do
	like "$(said "http://pub.test/cookie?to=$to" "http://pub.test/ok" -j 1)" '^ok.ok$' "a cookie for $to"
done
is "$(rig_unusual)" '93.184.215.14 Cookie: biscuit=warm' 'goes nowhere else'
is "$(grep -c ' Cookie:' "$RIG_LOG")" 1 'and never again'
like "$(said 'http://user:pw@pub.test/' 'http://user:pw@pub.test/r302?to=http%3A%2F%2Fother.test%2F')" '^ok.ok$' \
	'what a person typed before the host'
is "$(grep -ci 'authorization' "$RIG_LOG")" 0 'is not sent'

is "$(rig_forbidden)" '' 'nobody inside was reached, all in all'

# ---- what the owner opens ------------------------------------------------------------------------------------------------------

opened() { # opened WHERE LINES EXPECTED URL NAME: nothing but WHERE is reached beside what is public
	local was
	printf 'connect_timeout = 2500\n%b\n' "$2" >"$TMP/opened"
	was=$(rig_forbidden)
	check "$3" "$(mxpreview-fetch -q -c "$TMP/opened" -d "$TMP/store" "$4" | json '.error.error // "ok"')" "$5"
	is "$(rig_forbidden | grep -vxF "$was")" "${1:+syn $1}" "$5: ${1:-nobody inside} is reached"
}
opened '' 'nat64_prefix = 64:ff9b::/96' ip 'http://[64:ff9b::10.0.0.5]/' 'a translator is no way inside'
opened '64:ff9b::5db8:d70e 80' 'nat64_prefix = 64:ff9b::/96' ok 'http://[64:ff9b::93.184.215.14]/' 'but one to what is public'
opened '93.184.215.99 80' 'deny_own_addresses = false' ok http://own.test/ 'addresses of this machine'
opened '10.0.0.5 80' 'allow_ip = 10.0.0.5' ok http://priv.test/ 'an address that is allowed'
opened '' 'allow_ip = 10.0.0.5' dns http://ula.test/ 'opens no other'
opened '' 'allow_ip = 10.0.0.5' ip 'http://[64:ff9b:1::a00:5]/' 'nor its disguises'
opened '' 'deny_ip = 93.184.215.14' dns http://pub.test/ 'an address that is denied'
opened '' 'deny_ip = 93.184.215.15' ip 'http://pub.test/r302?to=http%3A%2F%2F93.184.215.15%2F' 'on every hop'
opened '' 'allow_port = 443' port http://pub.test/ 'only some ports'
opened '' 'deny_port = 8080' port 'http://pub.test/r302?to=http%3A%2F%2Fpub.test:8080%2F' 'not that port'

rig_close
finish
