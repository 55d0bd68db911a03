/* What may stand in a configuration?  Its owner's mistakes, at least. */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf conf;
	struct conf_site site;
	struct err err;
	int fd = memfd_create("conf", MFD_CLOEXEC);
	char *path = mem_printf("/proc/self/fd/%d", fd);
	conf_init(&conf);
	if (fd >= 0 && io_write(fd, data, size, &err) == 0 && conf_read(&conf, path, &err) == 0) {
		struct conf_sites *sites = conf_sites_new(&conf, &err);
		if (sites != NULL)
			conf_site(sites, "www.example.org", &site);
		conf_sites_free(sites);
	}
	conf_clear(&conf);
	mem_free(path);
	io_close(&fd);
	return 0;
}
