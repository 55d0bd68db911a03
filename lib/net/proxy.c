/* What is said of a proxy? */
#include "net/connector.h"

#include <curl/curl.h>
#include <string.h>

int
net_proxy_parse(const char *proxy, char **host, int *port, struct err *err)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *name = NULL, *number = NULL;
	int64_t n = 0;
	int rc = -1;
	if (url != NULL && curl_url_set(url, CURLUPART_URL, proxy, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK && str_ieq(scheme, "http") &&
	    curl_url_get(url, CURLUPART_HOST, &name, CURLU_PUNYCODE) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_PORT, &number, CURLU_DEFAULT_PORT) == CURLUE_OK && str_int64(number, &n) == 0) {
		size_t brackets = name[0] == '[';
		*host = mem_strndup(name + brackets, strlen(name) - 2 * brackets);
		str_tolower(*host);
		*port = (int)n;
		rc = 0;
	}
	curl_free(scheme);
	curl_free(name);
	curl_free(number);
	curl_url_cleanup(url);
	return rc == 0 ? 0 : err_set(err, ERR_INPUT, "proxy: '%.100s' is not http://host:port", proxy);
}
