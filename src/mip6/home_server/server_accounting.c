/* SPDX-License-Identifier: Apache-2.0 */
#include "server_accounting.h"

#include "mip6/pack.h"
#include "server.h"

#include <errno.h>
#include <stdlib.h>

#define HOUR 3600

/* An ACR whose commit is under way: what its ACA repeats. */
struct record {
	uint64_t transaction;
	int32_t type;
	uint32_t number;
	bool has_application, in_group; /* in_group: inside of Vendor-Specific-Application-Id */
	uint32_t application, vendor;
	bool has_sub_session, has_event_time;
	uint64_t sub_session;
	int64_t event_time;
	struct dm_bytes session_id, user_name, acct_session_id, acct_multi_session_id;
	uint8_t octets[];
};

void mip6_server_accounting_init(struct mip6_server_accounting *accounting, uint64_t seed)
{
	*accounting = (struct mip6_server_accounting){ 0 };
	dm_map_init(&accounting->records, seed, false);
}

static void free_record(void *value, void *context)
{
	(void)context;
	free(value);
}

void mip6_server_accounting_fini(struct mip6_server_accounting *accounting)
{
	dm_map_each(&accounting->records, free_record, NULL);
	dm_map_fini(&accounting->records);
}

/* ---- whose record it is ---- */

/* What the server knows of the session that a record is about. */
struct known {
	const struct mip6_session *session; /* NULL: nothing */
	struct dm_bytes client;
	enum store_accounted accounted;
};

static struct known known_of(const struct mip6_home_server *server, struct dm_bytes session_id)
{
	const struct mip6_access *access = mip6_access_find(&server->sessions, session_id);
	const struct mip6_session *session;

	if (access)
		return (struct known){ access->session, access->client->host,
			               STORE_ACCOUNTED_ACCESS };
	session = dm_map_get(&server->sessions.by_agent_session, session_id);
	if (session && session->agent)
		return (struct known){ session, session->agent->config.host,
			               STORE_ACCOUNTED_HOME_AGENT };
	return (struct known){ .accounted = STORE_ACCOUNTED_UNKNOWN };
}

/* ---- what may not be ---- */

/* RFC 6733 9.7.1 wants one of the two; the draft's 0 in the header may stand alone. */
static void read_application(const struct dm_acr *acr, struct record *record)
{
	const struct dm_vendor_specific_application_id *group = acr->vendor_specific_application_id;

	if (acr->has.acct_application_id) {
		record->has_application = true;
		record->application = acr->acct_application_id;
	} else if (acr->has.vendor_specific_application_id && group->has.acct_application_id) {
		record->has_application = record->in_group = true;
		record->application = group->acct_application_id;
		record->vendor = group->vendor_id;
	}
}

/* The coupled model of accounting has the application's own id, the split one 3 (RFC 6733 9.3). */
static bool is_served(const struct mip6_home_server *server, uint32_t application)
{
	return application == 0 || application == MIP6_BASE_ACCOUNTING ||
	       application == server->common.application_id;
}

static bool refuse(struct mip6_home_server *server, uint64_t transaction,
                   const struct dm_message *message, const struct record *record,
                   const struct known *known)
{
	const struct dm_acr *acr = message->body;
	struct dm_fault fault = { 0 };

	if (record->has_application && !is_served(server, record->application)) {
		dm_fault_about(server->common.dictionary, &server->outbox.arena, message->wire,
		               record->in_group ? &dm_avp_vendor_specific_application_id
		                                : &dm_avp_acct_application_id,
		               DM_RESULT_DIAMETER_INVALID_AVP_VALUE, &fault,
		               "accounting of application %u is not done here",
		               record->application);
		mip6_outbox_fault(&server->outbox, transaction, &fault);
		return true;
	}
	if (!known->session || dm_bytes_equal_folded(known->client, acr->origin_host))
		return false;
	mip6_outbox_refuse(&server->outbox, transaction, DM_RESULT_DIAMETER_UNKNOWN_SESSION_ID,
	                   "no session of yours has this Session-Id");
	return true;
}

/* ---- the answer ---- */

static void add_application(struct mip6_home_server *server, const struct record *record,
                            struct dm_aca *aca)
{
	struct dm_vendor_specific_application_id *group;

	aca->has.acct_application_id = record->has_application && !record->in_group;
	aca->acct_application_id = record->application;
	if (!record->in_group)
		return;
	group = mip6_outbox_take(&server->outbox, sizeof(*group));
	if (!group)
		return;
	group->vendor_id = record->vendor;
	group->has.acct_application_id = true;
	group->acct_application_id = record->application;
	aca->has.vendor_specific_application_id = true;
	aca->vendor_specific_application_id = group;
}

static void add_policy(const struct mip6_home_server *server, struct dm_aca *aca)
{
	const struct mip6_policy *policy = &server->policy;

	aca->has.acct_interim_interval = policy->acct_interim > 0;
	aca->acct_interim_interval = policy->acct_interim;
	aca->has.accounting_realtime_required = policy->acct_realtime > 0;
	aca->accounting_realtime_required = policy->acct_realtime;
}

static void repeat(struct mip6_outbox *outbox, struct dm_bytes from, bool *has, struct dm_bytes *to)
{
	*has = from.size > 0;
	*to = mip6_outbox_copy(outbox, from);
}

static void send_aca(struct mip6_home_server *server, const struct record *record,
                     uint32_t result_code, const char *why)
{
	struct mip6_outbox *outbox = &server->outbox;
	struct dm_aca *aca = mip6_outbox_take(outbox, sizeof(*aca));

	if (!aca)
		return;
	aca->session_id = mip6_outbox_copy(outbox, record->session_id);
	aca->result_code = result_code;
	aca->origin_host = server->common.origin_host;
	aca->origin_realm = server->common.origin_realm;
	aca->accounting_record_type = record->type;
	aca->accounting_record_number = record->number;
	repeat(outbox, record->user_name, &aca->has.user_name, &aca->user_name);
	repeat(outbox, record->acct_session_id, &aca->has.acct_session_id, &aca->acct_session_id);
	repeat(outbox, record->acct_multi_session_id, &aca->has.acct_multi_session_id,
	       &aca->acct_multi_session_id);
	aca->has.accounting_sub_session_id = record->has_sub_session;
	aca->accounting_sub_session_id = record->sub_session;
	aca->has.event_timestamp = record->has_event_time;
	aca->event_timestamp = record->event_time;
	aca->has.origin_state_id = server->common.origin_state_id != 0;
	aca->origin_state_id = server->common.origin_state_id;
	aca->has.error_message = why != NULL;
	aca->error_message = why ? dm_bytes_text(why) : (struct dm_bytes){ 0 };
	add_application(server, record, aca);
	add_policy(server, aca);
	mip6_outbox_answer(outbox, record->transaction, &dm_command_aca, aca);
}

/* ---- the record ---- */

static struct record *record_new(const struct dm_acr *acr, uint64_t transaction)
{
	struct record *record =
		malloc(sizeof(*record) + acr->session_id.size + acr->user_name.size +
	               acr->acct_session_id.size + acr->acct_multi_session_id.size);
	uint8_t *room;

	if (!record)
		return NULL;
	*record = (struct record){
		.transaction = transaction,
		.type = acr->accounting_record_type,
		.number = acr->accounting_record_number,
		.has_sub_session = acr->has.accounting_sub_session_id,
		.sub_session = acr->accounting_sub_session_id,
		.has_event_time = acr->has.event_timestamp,
		.event_time = acr->event_timestamp,
	};
	room = record->octets;
	record->session_id = mip6_pack(&room, acr->session_id);
	record->user_name = mip6_pack(&room, acr->user_name);
	record->acct_session_id = mip6_pack(&room, acr->acct_session_id);
	record->acct_multi_session_id = mip6_pack(&room, acr->acct_multi_session_id);
	read_application(acr, record);
	return record;
}

static struct store_usage usage_of(const struct dm_acr *acr)
{
	struct store_usage usage = {
		.session_time = acr->acct_session_time,
		.input_octets = acr->accounting_input_octets,
		.output_octets = acr->accounting_output_octets,
		.input_packets = acr->accounting_input_packets,
		.output_packets = acr->accounting_output_packets,
	};

	if (acr->has.acct_session_time)
		usage.told |= STORE_TOLD_SESSION_TIME;
	if (acr->has.accounting_input_octets)
		usage.told |= STORE_TOLD_INPUT_OCTETS;
	if (acr->has.accounting_output_octets)
		usage.told |= STORE_TOLD_OUTPUT_OCTETS;
	if (acr->has.accounting_input_packets)
		usage.told |= STORE_TOLD_INPUT_PACKETS;
	if (acr->has.accounting_output_packets)
		usage.told |= STORE_TOLD_OUTPUT_PACKETS;
	return usage;
}

/* The IPv6 one of at most two (RFC 5778 6.21); else what the server knows itself. */
static struct store_prefix address_of(const struct dm_acr *acr, const struct known *known)
{
	struct store_prefix address = { .length = 0 };

	for (size_t i = 0; i < acr->mip_mobile_node_address.count; i++) {
		const struct dm_address *one = &acr->mip_mobile_node_address.at[i];

		if (one->family != DM_ADDRESS_IPV6)
			continue;
		memcpy(address.address, one->octets.at, sizeof(address.address));
		address.length = 128;
		return address;
	}
	return known->session ? known->session->home_address : address;
}

static struct store_accounting stored_of(const struct mip6_home_server *server,
                                         const struct dm_acr *acr, const struct known *known)
{
	struct store_accounting record = {
		.hour = (uint32_t)(server->now.wall / HOUR),
		.session_id = acr->session_id,
		.record_number = acr->accounting_record_number,
		.record_type = (uint8_t)acr->accounting_record_type,
		.accounted = (uint8_t)known->accounted,
		.received = server->now.wall,
		.event_time = acr->has.event_timestamp ? acr->event_timestamp : 0,
		.origin_host = acr->origin_host,
		.origin_realm = acr->origin_realm,
		.user_name = acr->user_name,
		.acct_multi_session_id = acr->acct_multi_session_id,
		.has_sub_session = acr->has.accounting_sub_session_id,
		.sub_session = acr->accounting_sub_session_id,
		.interim_interval = server->policy.acct_interim,
		.home_address = address_of(acr, known),
		.usage = usage_of(acr),
	};

	/* Only a home agent names the home address: so it is told where its session is not known.
	 */
	if (!known->session && acr->mip_mobile_node_address.count > 0)
		record.accounted = STORE_ACCOUNTED_HOME_AGENT;
	if (known->session && !record.user_name.size)
		record.user_name = mip6_session_user(known->session);
	if (known->session && !record.acct_multi_session_id.size)
		record.acct_multi_session_id = mip6_session_acct(known->session);
	return record;
}

static bool submit(struct mip6_home_server *server, struct record *record,
                   const struct store_accounting *stored)
{
	struct store_change *change = mip6_outbox_take(&server->outbox, sizeof(*change));
	struct mip6_outbox *outbox = &server->outbox;
	uint64_t tag = ++server->next_tag;

	if (!change || dm_map_put_number(&server->accounting.records, tag, record) != 0)
		return false;
	change->kind = STORE_PUT_ACCOUNTING;
	change->accounting = *stored;
	change->accounting.session_id = mip6_outbox_copy(outbox, stored->session_id);
	change->accounting.origin_host = mip6_outbox_copy(outbox, stored->origin_host);
	change->accounting.origin_realm = mip6_outbox_copy(outbox, stored->origin_realm);
	change->accounting.user_name = mip6_outbox_copy(outbox, stored->user_name);
	change->accounting.acct_multi_session_id =
		mip6_outbox_copy(outbox, stored->acct_multi_session_id);
	if (mip6_outbox_store(outbox, tag, change, 1))
		return true;
	dm_map_remove_number(&server->accounting.records, tag);
	return false;
}

void mip6_server_acr(struct mip6_home_server *server, uint64_t transaction,
                     const struct dm_message *message)
{
	const struct dm_acr *acr = message->body;
	const struct known known = known_of(server, acr->session_id);
	struct record *record = record_new(acr, transaction);
	struct store_accounting stored;

	if (!record) {
		mip6_outbox_refuse(&server->outbox, transaction, DM_RESULT_DIAMETER_TOO_BUSY,
		                   "the home server is out of memory");
		return;
	}
	if (refuse(server, transaction, message, record, &known)) {
		free(record);
		return;
	}
	stored = stored_of(server, acr, &known);
	if (submit(server, record, &stored))
		return;
	send_aca(server, record, DM_RESULT_DIAMETER_OUT_OF_SPACE,
	         "the home server is out of memory");
	free(record);
}

/* RFC 6733 8.2: "no storage space": 4002, so that the client keeps the record and comes again; so
 * it is with every trouble of the store, which is not the record's fault. */
static const char *trouble_of(int error)
{
	return error == -ENOSPC ? "the disk of the accounting records is full"
	                        : "the record could not be stored";
}

bool mip6_server_accounted(struct mip6_home_server *server, uint64_t tag, int error)
{
	struct record *record = dm_map_remove_number(&server->accounting.records, tag);

	if (!record)
		return false;
	if (error == -EAGAIN) {
		mip6_outbox_refuse(&server->outbox, record->transaction,
		                   DM_RESULT_DIAMETER_TOO_BUSY, "the store is too busy");
	} else if (error) {
		send_aca(server, record, DM_RESULT_DIAMETER_OUT_OF_SPACE, trouble_of(error));
	} else {
		server->accounting.stored++;
		send_aca(server, record, DM_RESULT_DIAMETER_SUCCESS, NULL);
	}
	free(record);
	return true;
}

/* ---- keeping ---- */

void mip6_server_forget_records(struct mip6_home_server *server)
{
	struct mip6_server_accounting *accounting = &server->accounting;
	int64_t oldest = server->now.wall - (int64_t)server->policy.acct_keep;
	uint32_t hour = oldest > HOUR ? (uint32_t)(oldest / HOUR - 1) : 0;
	struct store_change *change;

	if (!server->policy.acct_keep || hour <= accounting->purged)
		return;
	change = mip6_outbox_take(&server->outbox, sizeof(*change));
	if (!change)
		return;
	accounting->purged = hour;
	change->kind = STORE_DELETE_ACCOUNTING;
	change->accounting.hour = hour;
	mip6_outbox_store(&server->outbox, ++server->next_tag, change, 1);
}

dm_time mip6_server_accounting_deadline(const struct mip6_home_server *server)
{
	if (!server->policy.acct_keep)
		return DM_TIME_NEVER;
	return server->now.monotonic + (HOUR - server->now.wall % HOUR) * DM_SECOND;
}
