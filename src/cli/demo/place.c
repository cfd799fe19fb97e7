/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/place.h"

#include "cli/demo/demo.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* "DIRECTORY/NAME" when it is there and can be used so. */
static char *candidate(const char *directory, const char *name, int mode)
{
	char *path = NULL;

	if (!directory || asprintf(&path, "%s/%s", directory, name) < 0)
		return NULL;
	if (access(path, mode) == 0)
		return path;
	free(path);
	return NULL;
}

/* The directory of this program. */
static const char *own_directory(void)
{
	static char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (size < 0)
		return NULL;
	path[size] = '\0';
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return path;
}

static char *in_path(const char *name)
{
	const char *list = getenv("PATH");
	char *copy = list ? strdup(list) : NULL;
	char *found = NULL, *rest = copy;

	for (char *directory; !found && (directory = strsep(&rest, ":"));)
		found = candidate(directory, name, X_OK);
	free(copy);
	return found;
}

char *hw_place_daemon(struct hw_call *call)
{
	static const char *const beside[] = { "../daemon/homewardd", "homewardd",
		                              "../sbin/homewardd", "../libexec/homewardd" };
	const char *own = own_directory();
	char *found = candidate(getenv("HOMEWARD_BIN"), "homewardd", X_OK);

	for (size_t i = 0; !found && i < sizeof(beside) / sizeof(beside[0]); i++)
		found = candidate(own, beside[i], X_OK);
	if (!found)
		found = in_path("homewardd");
	if (!found)
		(void)hw_fail(call, HW_REFUSED,
		              "homewardd is neither beside homeward nor in PATH; HOMEWARD_BIN may "
		              "name its directory");
	return found;
}

char *hw_place_examples(struct hw_call *call)
{
	const char *own = own_directory();
	char *found = candidate(getenv("HOMEWARD_EXAMPLES"), "demo", R_OK | X_OK);

	if (!found)
		found = candidate(own, "demo", R_OK | X_OK);
	if (!found)
		found = candidate(own, "../share/homeward/examples/demo", R_OK | X_OK);
	if (!found)
		(void)hw_fail(call, HW_REFUSED,
		              "the demo's configurations are not there; HOMEWARD_EXAMPLES may name "
		              "the directory of the examples");
	return found;
}

char *hw_place_self(void)
{
	char *own = candidate(own_directory(), "homeward", X_OK);
	char *called = in_path("homeward");
	char *led = called ? realpath(called, NULL) : NULL;
	bool same = own && led && strcmp(own, led) == 0;

	free(called);
	free(led);
	if (!same && own)
		return own;
	free(own);
	return strdup("homeward");
}

char *hw_place_tshark(void)
{
	char *found = candidate(own_directory(), "homeward-tshark", X_OK);

	return found ? found : strdup("tshark");
}

static char *fresh_directory(struct hw_call *call)
{
	const char *temporary = getenv("TMPDIR");
	char *path = NULL;

	if (asprintf(&path, "%s/homeward-demo-XXXXXX",
	             temporary && *temporary ? temporary : "/tmp") < 0)
		return NULL;
	if (mkdtemp(path))
		return path;
	(void)hw_fail(call, HW_REFUSED, "cannot make %s: %s", path, strerror(errno));
	free(path);
	return NULL;
}

/* Absolute, for the nodes' configurations. */
static char *given_directory(struct hw_call *call, const char *given)
{
	char *path = mkdir(given, 0700) == 0 || errno == EEXIST ? realpath(given, NULL) : NULL;
	char *old = path ? candidate(path, hw_demo_names[HW_DEMO_HOME_SERVER], F_OK) : NULL;

	if (!path)
		(void)hw_fail(call, HW_BAD_INPUT, "cannot use %s: %s", given, strerror(errno));
	if (!old)
		return path;
	(void)hw_fail(call, HW_BAD_INPUT, "a demo was run in %s; name another directory", given);
	free(old);
	free(path);
	return NULL;
}

char *hw_place_directory(struct hw_call *call)
{
	const char *given = hw_option(call, "dir");
	char *path = given ? given_directory(call, given) : fresh_directory(call);
	struct sockaddr_un address;

	if (!path || strlen(path) + strlen("/home-server/control") < sizeof(address.sun_path))
		return path;
	(void)hw_fail(call, HW_BAD_INPUT, "%s is too long a name for control sockets in it", path);
	free(path);
	return NULL;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *ftw)
{
	(void)about;
	(void)kind;
	(void)ftw;
	(void)remove(path);
	return 0;
}

void hw_place_tidy(const char *directory)
{
	for (size_t i = 0; i < HW_DEMO_NODES; i++) {
		char *path = candidate(directory, hw_demo_names[i], F_OK);

		if (path)
			(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		free(path);
	}
}
