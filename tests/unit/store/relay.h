/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay: stands between a store and its database, and breaks the connection at a chosen moment:
 * what was asked arrived or did not, and the one who asked does not learn which.
 */
#ifndef TESTS_UNIT_STORE_RELAY_H
#define TESTS_UNIT_STORE_RELAY_H

#include "tests/unit/store/cluster.h"

enum relay_cut {
	RELAY_PASS,
	RELAY_CUT_BEFORE, /* at the next request that commits: it does not arrive */
	RELAY_CUT_AFTER,  /* it arrives, is answered, and the answer does not arrive */
};

/* Listens in the cluster's directory; its port is in place of 5432 in the connection string. */
#define RELAY_PORT "5433"

struct relay;

struct relay *relay_start(const struct cluster *cluster);
void relay_cut(struct relay *relay, enum relay_cut cut);
int relay_cuts(struct relay *relay); /* how many there were */
void relay_stop(struct relay *relay);

#endif
