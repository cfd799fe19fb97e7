/* SPDX-License-Identifier: Apache-2.0 */
#include "diameter/route/routing.h"

#include "dict/base.dia.h"

static void note(struct dm_routing *routing, const struct dm_raw_avp *avp, struct dm_bytes own)
{
	switch (avp->code) {
	case DM_AVP_SESSION_ID:
		routing->session_id = avp->data;
		return;
	case DM_AVP_ORIGIN_HOST:
		routing->origin_host = avp->data;
		return;
	case DM_AVP_DESTINATION_HOST:
		routing->destination_host = avp->data;
		routing->has_destination_host = true;
		return;
	case DM_AVP_DESTINATION_REALM:
		routing->destination_realm = avp->data;
		routing->has_destination_realm = true;
		return;
	case DM_AVP_ORIGIN_STATE_ID:
		if (avp->data.size == 4)
			routing->origin_state_id = dm_load_u32(avp->data.at);
		return;
	case DM_AVP_ROUTE_RECORD:
		routing->has_route_record = true;
		routing->looped |= dm_bytes_equal_folded(avp->data, own);
		return;
	case DM_AVP_PROXY_INFO:
		routing->has_proxy_info = true;
		return;
	default:
		return;
	}
}

void dm_routing_read(struct dm_routing *routing, struct dm_bytes wire, struct dm_bytes own)
{
	struct dm_cursor cursor = dm_raw_avps(wire);
	struct dm_raw_avp avp;

	*routing = (struct dm_routing){ .wire = wire, .header = dm_header_read(wire) };
	while (dm_raw_next(&cursor, &avp, NULL))
		if (avp.vendor == 0)
			note(routing, &avp, own);
	routing->broken = cursor.failed;
}

bool dm_routing_passed(const struct dm_routing *routing, struct dm_bytes identity)
{
	struct dm_cursor cursor = dm_raw_avps(routing->wire);
	struct dm_raw_avp avp;

	if (!routing->has_route_record)
		return false;
	while (dm_raw_next(&cursor, &avp, NULL))
		if (avp.code == DM_AVP_ROUTE_RECORD && avp.vendor == 0 &&
		    dm_bytes_equal_folded(avp.data, identity))
			return true;
	return false;
}
