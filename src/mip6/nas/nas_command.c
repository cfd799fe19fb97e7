/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator, or whoever watches the access link, has a NAS do: attach, detach. */
#include "mip6/values.h"
#include "nas_attachment.h"

#include <errno.h>

static struct mip6_nas *nas_of(struct mip6_role *role)
{
	return (struct mip6_nas *)role;
}

static void report_plainly(struct mip6_nas *nas, uint64_t tag, int error, const char *text)
{
	mip6_outbox_result(&nas->outbox, tag, error, text, NULL);
}

/* Which attachment a command means. */
struct search {
	struct dm_bytes user_name, interface;
	struct mip6_attachment *found;
	size_t count;
};

static void look_at(void *value, void *context)
{
	struct mip6_attachment *attachment = value;
	struct search *search = context;

	if (!dm_bytes_equal(attachment->user_name, search->user_name) ||
	    (search->interface.size > 0 &&
	     !dm_bytes_equal(attachment->interface, search->interface)))
		return;
	search->found = attachment;
	search->count++;
}

static const char *what_is_wrong(const struct mip6_nas_attach *attach, struct mip6_nai *nai)
{
	if (!mip6_nai_parse(attach->user_name, nai))
		return "the user name is no NAI (RFC 4282)";
	if (attach->dns_name.size > 0 && !mip6_is_host_name(attach->dns_name))
		return "the DNS name is no host name";
	if (attach->home_agent_fqdn.size > 0 && !mip6_is_host_name(attach->home_agent_fqdn))
		return "the home agent is no host name";
	if (attach->auth_request_type < 0 || attach->auth_request_type > 3)
		return "Auth-Request-Type is 1, 2 or 3";
	return NULL;
}

static struct dm_bytes realm_of(const struct mip6_nas *nas, const struct mip6_nas_attach *attach,
                                const struct mip6_nai *nai)
{
	if (attach->destination_realm.size)
		return attach->destination_realm;
	return nai->realm.size ? nai->realm : nas->config.default_realm;
}

static struct mip6_attachment *open_attachment(struct mip6_nas *nas,
                                               const struct mip6_nas_attach *attach,
                                               struct dm_bytes realm)
{
	char session_id[300];
	struct dm_text text;

	dm_text_init(&text, session_id, sizeof(session_id));
	nas->common.session_id(nas->common.session_id_context, &text);
	return mip6_attachment_new(nas, dm_bytes_of(text.at, text.size), attach->user_name,
	                           attach->interface, realm);
}

static void ask(struct mip6_nas *nas, struct mip6_attachment *attachment,
                const struct mip6_nas_attach *attach, uint64_t tag)
{
	const char *why;

	attachment->started = nas->now.monotonic;
	attachment->host_given = attach->destination_host.size > 0;
	why = mip6_nas_send_mbr(nas, attachment, attach);
	if (!why) {
		attachment->has_tag = true;
		attachment->tag = tag;
		return;
	}
	report_plainly(nas, tag, -ENOMEM, why);
	if (!attachment->grant)
		mip6_attachment_free(nas, attachment);
}

void mip6_nas_attach(struct mip6_role *role, const struct mip6_nas_attach *attach, uint64_t tag,
                     struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct search search = { attach->user_name, attach->interface, NULL, 0 };
	struct mip6_attachment *attachment;
	struct mip6_nai nai;
	const char *why = what_is_wrong(attach, &nai);

	nas->now = now;
	if (why) {
		report_plainly(nas, tag, -EINVAL, why);
		return;
	}
	dm_map_each(&nas->attachments, look_at, &search);
	attachment = search.found;
	if (attachment && attachment->state != MIP6_ATTACHMENT_ATTACHED) {
		report_plainly(nas, tag, -EBUSY, "the last command for this node is in work");
		return;
	}
	if (!attachment && nas->attachments.count >= nas->limit) {
		report_plainly(nas, tag, -ENOSPC, "the NAS has as many nodes as it may");
		return;
	}
	if (!attachment)
		attachment = open_attachment(nas, attach, realm_of(nas, attach, &nai));
	if (attachment)
		ask(nas, attachment, attach, tag);
	else
		report_plainly(nas, tag, -ENOMEM, "the NAS is out of memory");
}

static struct search find(struct mip6_nas *nas, struct dm_bytes session_id,
                          struct dm_bytes user_name, struct dm_bytes interface)
{
	struct search search = { user_name, interface, NULL, 0 };

	if (session_id.size) {
		search.found = dm_map_get(&nas->attachments, session_id);
		search.count = search.found ? 1 : 0;
	} else {
		dm_map_each(&nas->attachments, look_at, &search);
	}
	return search;
}

bool mip6_nas_find(struct mip6_role *role, struct dm_bytes session_id, struct dm_bytes user_name,
                   struct dm_bytes interface, struct dm_bytes *found)
{
	struct search search = find(nas_of(role), session_id, user_name, interface);

	if (search.count != 1)
		return false;
	*found = search.found->session_id;
	return true;
}

void mip6_nas_detach(struct mip6_role *role, struct dm_bytes session_id, struct dm_bytes user_name,
                     struct dm_bytes interface, int32_t termination_cause, uint64_t tag,
                     struct mip6_now now)
{
	struct mip6_nas *nas = nas_of(role);
	struct search search = find(nas, session_id, user_name, interface);

	nas->now = now;
	if (search.count == 0) {
		report_plainly(nas, tag, -ENOENT, "no such node is attached");
	} else if (search.count > 1) {
		report_plainly(nas, tag, -EEXIST,
		               "the user is attached more than once; name the interface");
	} else if (search.found->state != MIP6_ATTACHMENT_ATTACHED) {
		report_plainly(nas, tag, -EBUSY, "the last command for this node is in work");
	} else {
		search.found->has_tag = true;
		search.found->tag = tag;
		search.found->started = now.monotonic;
		mip6_nas_leave(nas, search.found,
		               termination_cause ? termination_cause
		                                 : DM_TERMINATION_CAUSE_DIAMETER_LOGOUT);
	}
}
