/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve: what must be true of a grammar, and the model completed with it.
 *
 * In this order, since each pass needs the one before:
 *   check.c      the head, AVPs, enums and commands alone: nothing twice, flags and codes sound
 *   resolve.c    blocks to commands and AVPs, lines to AVPs, with the errata
 *   occurrence.c the occurrence tables against the lines; then every erratum must have been used
 * Each pass reports all it finds and gives false when that was anything.
 */
#ifndef DICTC_RESOLVE_H
#define DICTC_RESOLVE_H

#include "context.h"

bool dictc_check_head(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_avps(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_clashes(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_commands(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_resolve_blocks(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_circles(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_pairs(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_apply_tables(struct dictc *dictc, struct dictc_grammar *grammar);
bool dictc_check_errata(struct dictc *dictc, struct dictc_grammar *grammar);

/* The AVP of this name in the grammar or in what it inherits; NULL when there is none. */
const struct dictc_avp *dictc_find_avp(const struct dictc_grammar *grammar, const char *name);
/* The same, with a diagnostic and a guess. */
const struct dictc_avp *dictc_need_avp(struct dictc *dictc, const struct dictc_grammar *grammar,
                                       struct dictc_name name);
/* The command of the grammar that has this name or abbreviation. */
struct dictc_command *dictc_find_command(const struct dictc_grammar *grammar, const char *name);

/* The erratum of `kind` that speaks of this block and these printed words, marked as used. */
const struct dictc_erratum *dictc_use_erratum(struct dictc_grammar *grammar,
                                              const struct dictc_block *block,
                                              enum dictc_erratum_kind kind, const char *printed);

#endif
