/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain_route.h"

#include "daemon/commands.h"
#include "diameter/codec/raw.h"
#include "dict/base.dia.h"
#include "io/members.h"

#define REQUEST_ROOM ((size_t)4096)

/* ---- the request, as routing reads it ---- */

static void add(struct dm_writer *out, uint32_t code, struct dm_bytes data)
{
	struct dm_raw_avp avp = { .code = code, .flags = DM_AVP_FLAG_M, .data = data };

	if (data.size)
		dm_raw_write(out, &avp);
}

/* Names with commas between. */
static void add_each(struct dm_writer *out, uint32_t code, struct dm_bytes names)
{
	struct dm_cursor cursor = dm_cursor_of(names);

	while (dm_cursor_left(&cursor) > 0) {
		struct dm_bytes left = dm_cursor_rest(&cursor);
		const void *comma = memchr(left.at, ',', left.size);
		size_t size = comma ? (size_t)((const uint8_t *)comma - left.at) : left.size;

		cursor = dm_cursor_of(left);
		add(out, code, dm_cursor_take(&cursor, size));
		if (comma)
			dm_cursor_u8(&cursor);
	}
}

/* RFC 6733 4.2: a command of a session; which one is nothing to routing. */
static void compose(const struct hw_request *asked, struct dm_writer *out)
{
	struct dm_header header = {
		.version = 1,
		.flags = (uint8_t)(DM_FLAG_R | (asked->route.not_proxiable ? 0 : DM_FLAG_P)),
		.command_code = DM_COMMAND_STR,
		.application_id = asked->route.application_id,
	};

	dm_header_write(out, &header);
	add(out, DM_AVP_SESSION_ID, asked->session_id);
	add(out, DM_AVP_USER_NAME, asked->user_name);
	add(out, DM_AVP_DESTINATION_HOST, asked->route.host);
	add(out, DM_AVP_DESTINATION_REALM, asked->route.realm);
	add_each(out, DM_AVP_ROUTE_RECORD, asked->route.passed);
	dm_writer_patch(out, 1, out->size, 3);
}

/* ---- the answer ---- */

static void append_passed(void *context, struct dm_bytes peer, const char *why)
{
	json_t *object = json_object();

	hw_json_set_octets(object, "peer", peer);
	hw_json_set_octets(object, "why", dm_bytes_text(why));
	json_array_append_new(context, object);
}

static void set_explanation(json_t *result, const struct dm_explanation *found)
{
	static const char *const verdicts[] = {
		[DM_VERDICT_LOCAL] = "local",   [DM_VERDICT_RELAY] = "relay",
		[DM_VERDICT_PROXY] = "proxy",   [DM_VERDICT_REDIRECT] = "redirect",
		[DM_VERDICT_REFUSE] = "refuse",
	};

	hw_json_set_octets(result, "verdict", dm_bytes_text(verdicts[found->verdict]));
	hw_json_set_octets(result, "peer", found->peer);
	hw_json_set_octets(result, "rule", dm_bytes_text(found->rule));
	hw_json_set_nonzero(result, "result_code", found->result_code);
	if (found->result_code)
		hw_json_set_octets(result, "result_name",
		                   dm_bytes_text(dm_result_code_name(found->result_code)));
	hw_json_set_octets(result, "error_message", dm_bytes_text(found->sentence));
}

void hw_explain_route(struct hw_call *call)
{
	json_t *result = json_pack("{s:[]}", "passed_over");
	struct dm_explanation found;
	uint8_t room[REQUEST_ROOM];
	struct dm_writer request;

	dm_writer_init_fixed(&request, room, sizeof(room));
	compose(&call->request, &request);
	dm_node_explain(call->daemon->node, dm_writer_written(&request), call->request.route.source,
	                call->request.route.own, &found, append_passed,
	                json_object_get(result, "passed_over"));
	set_explanation(result, &found);
	hw_call_done(call, result);
}
