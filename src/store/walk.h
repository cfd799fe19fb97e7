/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk: all records of a table, in the order of their keys.
 *
 * The error is sticky: store_walk_next gives false at the end and after any error, the visitor's
 * too, and store_walk_end tells which it was.
 */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "store/engine.h"

struct store_walk {
	struct store *store; /* borrowed; its trouble says what went wrong */
	const struct store_table *table;
	void *cursor; /* owned; the engine's */
	struct store_row row;
	union store_record record;
	int error;
};

/* `of_one`: only the rows of one key, given by store_walk_of. */
void store_walk_begin(struct store_walk *walk, struct store *store, enum store_table_name name,
                      bool of_one);
/* Starts over with the rows whose first key is that of `record`. */
void store_walk_of(struct store_walk *walk, const void *record);
/* Reads the next row into walk->record, whose octets live until the next call. */
bool store_walk_next(struct store_walk *walk);
/* 0, or the error; wipes the record. */
int store_walk_end(struct store_walk *walk);

#endif
