/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include "diameter/codec/raw.h"
#include "dict/mip6.dia.h"
#include "mip6/outbox.h"
#include "mip6/values.h"

#include <errno.h>
#include <stdlib.h>

#define STRING_LIMIT  ((size_t)16 << 20)
#define MESSAGE_LIMIT ((size_t)1 << 20)
/* Hints and feature vector: what is removed, replaced or added beside `strip`. */
#define OWN_EDITS 3

struct agreement {
	struct mip6_agreement config; /* arena */
	bool hint_told, clear_told;   /* their events have been */
};

struct mip6_proxy {
	struct mip6_role role; /* first */
	struct mip6_common common;
	struct agreement *agreements; /* arena */
	size_t agreement_count;
	bool (*protected_path)(void *context, struct dm_bytes realm, struct dm_bytes host);
	void *protected_context;
	struct dm_arena arena;
	struct mip6_outbox outbox;
};

static struct mip6_proxy *proxy_of(struct mip6_role *role)
{
	return (struct mip6_proxy *)role;
}

/* ---- what a message is ---- */

static bool is_command(const struct mip6_proxy *proxy, struct dm_bytes message,
                       const struct dm_command *command)
{
	const struct dm_command_entry *entry =
		dm_dictionary_entry(proxy->common.dictionary, command);
	struct dm_header header = dm_header_read(message);

	return entry && header.command_code == entry->code &&
	       header.application_id == entry->application_id &&
	       ((header.flags & DM_FLAG_R) != 0) == command->request;
}

static struct dm_raw_avp numbered(const struct mip6_proxy *proxy, const struct dm_avp *avp,
                                  struct dm_bytes data)
{
	return (struct dm_raw_avp){
		.code = avp->code,
		.vendor = dm_dictionary_vendor(proxy->common.dictionary, avp),
		.flags = avp->flags,
		.data = data,
	};
}

static bool find(const struct mip6_proxy *proxy, struct dm_bytes message, const struct dm_avp *avp,
                 struct dm_raw_avp *out)
{
	return dm_raw_find(message, avp->code, dm_dictionary_vendor(proxy->common.dictionary, avp),
	                   out);
}

/* What a request has in this AVP; nothing when it is not there. */
static struct dm_bytes data_of(const struct mip6_proxy *proxy, struct dm_bytes request,
                               const struct dm_avp *avp)
{
	struct dm_raw_avp found;

	return find(proxy, request, avp, &found) ? found.data : (struct dm_bytes){ 0 };
}

/* The first that fits; our own realm has none with itself. */
static struct agreement *agreement_with(struct mip6_proxy *proxy, struct dm_bytes realm)
{
	if (realm.size == 0 || dm_bytes_equal_folded(realm, proxy->common.origin_realm))
		return NULL;
	for (size_t i = 0; i < proxy->agreement_count; i++)
		if (mip6_glob(proxy->agreements[i].config.realm, realm))
			return &proxy->agreements[i];
	return NULL;
}

static struct agreement *agreement_for(struct mip6_proxy *proxy, struct dm_bytes request)
{
	return agreement_with(proxy, data_of(proxy, request, &dm_avp_destination_realm));
}

/* ---- edits ---- */

struct edit {
	struct dm_raw_avp remove[OWN_EDITS], replace[OWN_EDITS], append[OWN_EDITS];
	size_t remove_count, replace_count, append_count;
	uint8_t feature_vector[8];
	uint8_t address[MIP6_ADDRESS_SIZE];
};

/* In its place when it is there, else behind the last AVP. */
static void put(const struct mip6_proxy *proxy, struct edit *edit, struct dm_bytes message,
                const struct dm_avp *avp, struct dm_bytes data)
{
	struct dm_raw_avp there;

	if (find(proxy, message, avp, &there))
		edit->replace[edit->replace_count++] = numbered(proxy, avp, data);
	else
		edit->append[edit->append_count++] = numbered(proxy, avp, data);
}

static void take_out(const struct mip6_proxy *proxy, struct edit *edit, const struct dm_avp *avp)
{
	edit->remove[edit->remove_count++] = numbered(proxy, avp, (struct dm_bytes){ 0 });
}

/* 0 when it is absent, or no Unsigned64 (then the home server says so). */
static uint64_t feature_vector(const struct mip6_proxy *proxy, struct dm_bytes message)
{
	struct dm_raw_avp avp;
	struct dm_cursor cursor;

	if (!find(proxy, message, &mip6_avp_mip6_feature_vector, &avp) || avp.data.size != 8)
		return 0;
	cursor = dm_cursor_of(avp.data);
	return dm_cursor_u64(&cursor);
}

static void put_feature_vector(const struct mip6_proxy *proxy, struct edit *edit,
                               struct dm_bytes message, uint64_t features)
{
	struct dm_writer writer;

	dm_writer_init_fixed(&writer, edit->feature_vector, sizeof(edit->feature_vector));
	dm_writer_u64(&writer, features);
	put(proxy, edit, message, &mip6_avp_mip6_feature_vector, dm_writer_written(&writer));
}

/* A hint that the NAS gave itself stays: it knows its own network. */
static bool offers_hint(const struct mip6_proxy *proxy, const struct agreement *agreement,
                        struct dm_bytes request)
{
	const struct mip6_agreement *config = &agreement->config;
	bool configured = config->local_home_agent_fqdn.size > 0 ||
	                  config->local_home_agent_address.length > 0;
	struct dm_raw_avp there;

	return configured && !find(proxy, request, &mip6_avp_mip6_home_agent_fqdn, &there) &&
	       !find(proxy, request, &mip6_avp_mip6_home_agent_address, &there);
}

static void event(struct mip6_proxy *proxy, bool *told, const char *name, struct dm_bytes realm)
{
	if (!*told)
		mip6_outbox_event(&proxy->outbox, MIP6_NOTICE, name, (struct mip6_about){ 0 },
		                  "by the agreement with %.*s, from now on", (int)realm.size,
		                  (const char *)realm.at);
	*told = true;
}

static void add_hint(struct mip6_proxy *proxy, struct agreement *agreement, struct edit *edit,
                     struct dm_bytes request)
{
	const struct mip6_agreement *config = &agreement->config;

	put_feature_vector(proxy, edit, request,
	                   feature_vector(proxy, request) | MIP6_FEATURE_INTEGRATED |
	                           MIP6_FEATURE_LOCAL);
	if (config->local_home_agent_fqdn.size)
		put(proxy, edit, request, &mip6_avp_mip6_home_agent_fqdn,
		    config->local_home_agent_fqdn);
	if (config->local_home_agent_address.length) {
		mip6_address_write(&config->local_home_agent_address, edit->address);
		put(proxy, edit, request, &mip6_avp_mip6_home_agent_address,
		    dm_bytes_of(edit->address, sizeof(edit->address)));
	}
	event(proxy, &agreement->hint_told, "hint-added", config->realm);
}

static void clear_local(struct mip6_proxy *proxy, struct agreement *agreement, struct edit *edit,
                        struct dm_bytes message)
{
	uint64_t features = feature_vector(proxy, message);

	if (features & MIP6_FEATURE_LOCAL) {
		put_feature_vector(proxy, edit, message, features & ~MIP6_FEATURE_LOCAL);
		event(proxy, &agreement->clear_told, "local-cleared", agreement->config.realm);
	}
}

static void edit_request(struct mip6_proxy *proxy, struct agreement *agreement, struct edit *edit,
                         struct dm_bytes request)
{
	if (!agreement->config.allow_local) {
		clear_local(proxy, agreement, edit, request);
		take_out(proxy, edit, &mip6_avp_mip6_home_agent_fqdn);
		take_out(proxy, edit, &mip6_avp_mip6_home_agent_address);
	} else if (offers_hint(proxy, agreement, request)) {
		add_hint(proxy, agreement, edit, request);
	}
}

/* Of answers only a success is touched: failures leave as they came (RFC 6733 6.2.2). */
static bool is_success(const struct mip6_proxy *proxy, struct dm_bytes answer)
{
	struct dm_raw_avp avp;
	struct dm_cursor cursor;

	if (!find(proxy, answer, &dm_avp_result_code, &avp))
		return false;
	cursor = dm_cursor_of(avp.data);
	return dm_cursor_u32(&cursor) / 1000 == 2;
}

/* ---- a decorated User-Name ---- */

/* "home.example!user@here.example" is ours to send on as "user@home.example": the request is given
 * with Destination-Realm and User-Name changed, in memory of the outbox. Any other as it is. */
static struct dm_bytes undecorated(struct mip6_proxy *proxy, struct dm_bytes request)
{
	struct dm_raw_avp realm, user, replace[2];
	const struct dm_raw_edit edit = { .replace = replace, .replace_count = 2 };
	uint8_t room[MIP6_NAI_LIMIT];
	struct dm_writer name, out;
	struct mip6_nai nai;

	if (!find(proxy, request, &dm_avp_destination_realm, &realm) ||
	    !find(proxy, request, &dm_avp_user_name, &user) ||
	    !dm_bytes_equal_folded(realm.data, proxy->common.origin_realm) ||
	    !mip6_nai_parse(user.data, &nai) || nai.home_realm.at == nai.realm.at ||
	    !dm_bytes_equal_folded(nai.realm, realm.data))
		return request;
	dm_writer_init_fixed(&name, room, sizeof(room));
	mip6_nai_undecorate(&nai, &name);
	replace[0] = numbered(proxy, &dm_avp_user_name, dm_writer_written(&name));
	replace[1] = numbered(proxy, &dm_avp_destination_realm, nai.home_realm);
	dm_writer_init(&out, MESSAGE_LIMIT);
	if (dm_raw_rewrite(request, &edit, &out) == 0)
		request = mip6_outbox_copy(&proxy->outbox, dm_writer_written(&out));
	dm_writer_fini(&out);
	return request;
}

/* ---- the verbs ---- */

static void send_on(struct mip6_proxy *proxy, uint64_t transaction, struct dm_bytes message)
{
	mip6_outbox_add(&proxy->outbox,
	                &(struct mip6_effect){
				.kind = MIP6_EFFECT_FORWARD,
				.transaction = transaction,
				.message = mip6_outbox_copy(&proxy->outbox, message),
			});
}

/* The list of what goes out: the edit's own and what the agreement strips. */
static const struct dm_raw_avp *removals(struct mip6_proxy *proxy, const struct edit *edit,
                                         const struct mip6_agreement *config, size_t *count)
{
	struct dm_raw_avp *all = mip6_outbox_take(
		&proxy->outbox, (edit->remove_count + config->strip_count) * sizeof(*all));

	*count = 0;
	if (!all)
		return NULL;
	for (size_t i = 0; i < edit->remove_count; i++)
		all[(*count)++] = edit->remove[i];
	for (size_t i = 0; i < config->strip_count; i++)
		all[(*count)++] = config->strip[i];
	return all;
}

/* ---- MHR for a home agent of ours ---- */

static void refuse(struct mip6_proxy *proxy, uint64_t transaction, struct dm_bytes mhr,
                   uint32_t result_code, const char *why)
{
	const struct mip6_about about = { data_of(proxy, mhr, &dm_avp_user_name),
		                          data_of(proxy, mhr, &dm_avp_session_id) };

	mip6_outbox_refuse(&proxy->outbox, transaction, result_code, "%s", why);
	mip6_outbox_event(&proxy->outbox, MIP6_WARNING, "refused", about, "%u: %s", result_code,
	                  why);
}

/* True when it goes no further; then it is answered. */
static bool refuses_mhr(struct mip6_proxy *proxy, uint64_t transaction, struct dm_bytes mhr)
{
	struct dm_bytes realm = data_of(proxy, mhr, &dm_avp_destination_realm);
	struct dm_bytes host = data_of(proxy, mhr, &dm_avp_destination_host);
	const struct agreement *agreement =
		agreement_with(proxy, data_of(proxy, mhr, &dm_avp_origin_realm));

	if (agreement && !agreement->config.allow_local &&
	    dm_bytes_equal_folded(realm, proxy->common.origin_realm)) {
		refuse(proxy, transaction, mhr, DM_RESULT_DIAMETER_AUTHORIZATION_REJECTED,
		       "the agreement with this realm gives it no home agent here");
		return true;
	}
	if (!proxy->protected_path || proxy->protected_path(proxy->protected_context, realm, host))
		return false;
	refuse(proxy, transaction, mhr, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	       "no protected path to the home agent");
	return true;
}

/* ---- passing ---- */

static void rewrite(struct mip6_proxy *proxy, uint64_t transaction, struct dm_bytes message,
                    const struct edit *edit, const struct dm_raw_avp *remove, size_t remove_count)
{
	const struct dm_raw_edit raw = {
		.remove = remove,
		.remove_count = remove_count,
		.replace = edit->replace,
		.replace_count = edit->replace_count,
		.append = edit->append,
		.append_count = edit->append_count,
	};
	struct dm_writer out;
	bool edits = remove_count + edit->replace_count + edit->append_count > 0;

	dm_writer_init(&out, MESSAGE_LIMIT);
	if (edits && dm_raw_rewrite(message, &raw, &out) == 0)
		send_on(proxy, transaction, dm_writer_written(&out));
	else
		send_on(proxy, transaction, message);
	dm_writer_fini(&out);
}

static void forward(struct mip6_role *role, uint64_t transaction, struct dm_bytes message,
                    bool is_answer, struct dm_bytes request, struct mip6_now now)
{
	struct mip6_proxy *proxy = proxy_of(role);
	const struct dm_raw_avp *remove = NULL;
	struct edit edit = { 0 };
	size_t remove_count = 0;
	struct agreement *agreement;

	(void)now;
	if (!is_answer)
		message = undecorated(proxy, message);
	if (is_command(proxy, message, &mip6_command_mhr) &&
	    refuses_mhr(proxy, transaction, message))
		return;
	agreement = agreement_for(proxy, is_answer ? request : message);
	if (agreement && !is_answer) {
		if (is_command(proxy, message, &mip6_command_mbr))
			edit_request(proxy, agreement, &edit, message);
		remove = removals(proxy, &edit, &agreement->config, &remove_count);
	} else if (agreement && is_answer && is_command(proxy, message, &mip6_command_mba) &&
	           !agreement->config.allow_local && is_success(proxy, message)) {
		clear_local(proxy, agreement, &edit, message);
	}
	rewrite(proxy, transaction, message, &edit, remove, remove_count);
}

static enum mip6_claim claim(const struct mip6_role *role, const struct dm_message *message)
{
	(void)role;
	(void)message;
	return MIP6_CLAIM_NO;
}

static void request(struct mip6_role *role, uint64_t transaction, const struct dm_message *message,
                    struct mip6_now now)
{
	(void)now;
	mip6_outbox_refuse(&proxy_of(role)->outbox, transaction,
	                   DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED, "a proxy serves no %s",
	                   message->entry->command->name);
}

static void answer(struct mip6_role *role, uint64_t tag, const struct dm_message *message,
                   const struct dm_fault *fault, struct mip6_now now)
{
	(void)role;
	(void)tag;
	(void)message;
	(void)fault;
	(void)now;
}

static void committed(struct mip6_role *role, uint64_t tag, int error, struct mip6_now now)
{
	(void)role;
	(void)tag;
	(void)error;
	(void)now;
}

static void tick(struct mip6_role *role, struct mip6_now now)
{
	(void)role;
	(void)now;
}

static dm_time deadline(const struct mip6_role *role)
{
	(void)role;
	return DM_TIME_NEVER;
}

static bool effect(struct mip6_role *role, struct mip6_effect *out)
{
	return mip6_outbox_next(&proxy_of(role)->outbox, out);
}

static void free_role(struct mip6_role *role)
{
	struct mip6_proxy *proxy = proxy_of(role);

	mip6_outbox_fini(&proxy->outbox);
	dm_arena_fini(&proxy->arena);
	free(proxy);
}

static const struct mip6_role_class proxy_class = {
	.name = "proxy",
	.claim = claim,
	.request = request,
	.answer = answer,
	.committed = committed,
	.forward = forward,
	.tick = tick,
	.deadline = deadline,
	.effect = effect,
	.free = free_role,
};

/* ---- making one ---- */

static bool copy_agreement(struct dm_arena *arena, const struct mip6_agreement *from,
                           struct mip6_agreement *to)
{
	struct dm_raw_avp *strip = dm_arena_zero(arena, from->strip_count * sizeof(*strip));

	*to = *from;
	to->realm = dm_arena_copy(arena, from->realm);
	to->local_home_agent_fqdn = dm_arena_copy(arena, from->local_home_agent_fqdn);
	for (size_t i = 0; strip && i < from->strip_count; i++)
		strip[i] = (struct dm_raw_avp){ .code = from->strip[i].code,
			                        .vendor = from->strip[i].vendor };
	to->strip = strip;
	return strip && to->realm.at && to->local_home_agent_fqdn.at;
}

static bool copy_agreements(struct mip6_proxy *proxy, const struct mip6_proxy_config *config,
                            const char **why)
{
	size_t count = config->agreement_count;

	proxy->agreements = dm_arena_zero(&proxy->arena, count * sizeof(*proxy->agreements));
	for (size_t i = 0; proxy->agreements && i < count; i++) {
		const struct mip6_agreement *agreement = &config->agreements[i];

		if (agreement->local_home_agent_fqdn.size > 0 &&
		    !mip6_is_host_name(agreement->local_home_agent_fqdn)) {
			*why = "the local home agent of an agreement is no host name";
			return false;
		}
		if (!copy_agreement(&proxy->arena, agreement, &proxy->agreements[i].config))
			return false;
		proxy->agreement_count++;
	}
	return proxy->agreements != NULL;
}

struct mip6_role *mip6_proxy_new(const struct mip6_proxy_config *config,
                                 const struct mip6_common *common, const char **why)
{
	struct mip6_proxy *proxy = calloc(1, sizeof(*proxy));

	*why = "no memory for the proxy";
	if (!proxy)
		return NULL;
	proxy->role.class = &proxy_class;
	proxy->common = *common;
	proxy->protected_path = config->protected_path;
	proxy->protected_context = config->protected_context;
	mip6_outbox_init(&proxy->outbox);
	dm_arena_init(&proxy->arena, STRING_LIMIT);
	proxy->common.origin_realm = dm_arena_copy(&proxy->arena, common->origin_realm);
	if (proxy->common.origin_realm.at && copy_agreements(proxy, config, why))
		return &proxy->role;
	free_role(&proxy->role);
	return NULL;
}
