/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounting_report: records in, mobility sessions out: what NASes and home agent told of one
 * mobile node, joined by Acct-Multi-Session-Id.
 *
 * Records may come in any order. A session without Acct-Multi-Session-Id is a line of its own.
 * Octets and packets are cumulative in a session, so the largest number counts, and of sub-sessions
 * the sum; those of the NASes are added up, those of the home agent stand beside them, for both
 * count the same packets. What is not as it should be is told, not mended: a START or STOP that is
 * missing, numbers that are missing, sessions that fell silent for twice their interval (RFC 6733
 * 8.2: Ts).
 */
#ifndef MIP6_ACCOUNTING_REPORT_H
#define MIP6_ACCOUNTING_REPORT_H

#include "store/store.h"

enum mip6_report_gap {
	MIP6_GAP_NO_START = 1,
	MIP6_GAP_NO_STOP = 2, /* it goes on, or its end was never told */
	MIP6_GAP_MISSING = 4, /* record numbers */
	MIP6_GAP_IDLE = 8,    /* it goes on, and nothing came for twice its interval */
};

/* One accounted session. */
struct mip6_report_part {
	struct dm_bytes session_id, origin_host, origin_realm;
	uint8_t accounted; /* enum store_accounted */
	int64_t begin;
	int64_t end; /* 0: not over */
	int64_t last;
	uint64_t records;
	uint64_t missing; /* numbers */
	uint32_t sub_sessions;
	uint8_t gaps; /* enum mip6_report_gap */
	struct store_usage usage;
};

/* All that belongs to one mobile node's mobility session. */
struct mip6_report_line {
	struct dm_bytes user_name;             /* empty: nobody told */
	struct dm_bytes acct_multi_session_id; /* empty: none */
	struct dm_bytes home_agent;            /* the last one to tell; empty: none did */
	struct store_prefix home_address;      /* length 0: not told */
	int64_t begin;
	int64_t end; /* 0: not over */
	int64_t last;
	uint64_t records;
	uint8_t gaps;
	struct store_usage access; /* by the NASes, added up; session_time the longest */
	struct store_usage home_agents;
	const struct mip6_report_part *parts; /* in the order of their beginnings */
	size_t part_count;
};

struct mip6_report;

/* `limit`: records that it takes; 0: no limit. NULL: no memory. */
struct mip6_report *mip6_report_new(uint64_t limit);
void mip6_report_free(struct mip6_report *report);

/* A visitor for store_each_accounting: `report` is its context. 0; -ENOMEM; -EFBIG: too many. */
int mip6_report_add(const struct store_accounting *record, void *report);

struct mip6_report_filter {
	struct dm_bytes user_name; /* empty: all */
	struct dm_bytes agent;     /* home agent or NAS, Origin-Host; empty: all */
	int64_t since;             /* the last record is not older; 0: all */
};

/* Lines in the order of their beginnings. 0, -ENOMEM, or what `visit` gave when it is not 0. */
int mip6_report_each(struct mip6_report *report, const struct mip6_report_filter *filter,
                     int64_t now, int (*visit)(const struct mip6_report_line *, void *),
                     void *context);

#endif
