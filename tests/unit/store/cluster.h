/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster: a private PostgreSQL of the test program's own, on a unix socket in a directory of its
 * own, with all its promises on (fsync). It ends with the program, however that ends.
 */
#ifndef TESTS_UNIT_STORE_CLUSTER_H
#define TESTS_UNIT_STORE_CLUSTER_H

#include <stdbool.h>
#include <sys/types.h>

struct cluster {
	char directory[64]; /* socket and data; "": not made */
	pid_t process;      /* 0: not running */
};

/* Makes a database cluster, or, of `primary`, a streaming replica of it. */
void cluster_make(struct cluster *cluster, const struct cluster *primary);
/* Starts it, and waits until it takes connections. */
void cluster_start(struct cluster *cluster);
/* SIGINT: fast; SIGQUIT: at once, as a crash. */
void cluster_stop(struct cluster *cluster, int signal);
void cluster_promote(struct cluster *cluster);
void cluster_remove(struct cluster *cluster);

/* Runs statements as the administrator. */
void cluster_run(const struct cluster *cluster, const char *sql);
/* The number that a statement gives. */
long cluster_number(const struct cluster *cluster, const char *sql);

#endif
