/* SPDX-License-Identifier: Apache-2.0 */
#include "mip6/outbox.h"

#include <errno.h>

#define OUTBOX_LIMIT ((size_t)256 << 20)

struct mip6_queued {
	struct mip6_queued *next;
	struct mip6_effect effect;
};

struct mip6_secret_mark {
	struct mip6_secret_mark *next;
	uint8_t *at;
	size_t size;
};

void mip6_outbox_init(struct mip6_outbox *outbox)
{
	*outbox = (struct mip6_outbox){ 0 };
	dm_arena_init(&outbox->arena, OUTBOX_LIMIT);
}

static void forget(struct mip6_outbox *outbox)
{
	for (struct mip6_secret_mark *mark = outbox->secrets; mark; mark = mark->next)
		dm_wipe(mark->at, mark->size);
	outbox->secrets = NULL;
	outbox->first = outbox->last = NULL;
}

void mip6_outbox_fini(struct mip6_outbox *outbox)
{
	forget(outbox);
	dm_arena_fini(&outbox->arena);
}

bool mip6_outbox_next(struct mip6_outbox *outbox, struct mip6_effect *out)
{
	if (!outbox->first) {
		forget(outbox);
		dm_arena_reset(&outbox->arena);
		return false;
	}
	*out = outbox->first->effect;
	outbox->first = outbox->first->next;
	if (!outbox->first)
		outbox->last = NULL;
	return true;
}

void *mip6_outbox_take(struct mip6_outbox *outbox, size_t size)
{
	void *taken = dm_arena_zero(&outbox->arena, size);

	if (!taken)
		outbox->lost++;
	return taken;
}

struct dm_bytes mip6_outbox_copy(struct mip6_outbox *outbox, struct dm_bytes octets)
{
	return dm_arena_copy(&outbox->arena, octets);
}

bool mip6_outbox_mark_secret(struct mip6_outbox *outbox, void *at, size_t size)
{
	struct mip6_secret_mark *mark = mip6_outbox_take(outbox, sizeof(*mark));

	if (!mark)
		return false;
	*mark = (struct mip6_secret_mark){ outbox->secrets, at, size };
	outbox->secrets = mark;
	return true;
}

struct dm_bytes mip6_outbox_copy_secret(struct mip6_outbox *outbox, struct dm_bytes octets)
{
	uint8_t *copy = mip6_outbox_take(outbox, octets.size);

	if (!copy || !mip6_outbox_mark_secret(outbox, copy, octets.size))
		return (struct dm_bytes){ 0 };
	memcpy(copy, octets.at, octets.size);
	return dm_bytes_of(copy, octets.size);
}

bool mip6_outbox_add(struct mip6_outbox *outbox, const struct mip6_effect *effect)
{
	struct mip6_queued *queued = mip6_outbox_take(outbox, sizeof(*queued));

	if (!queued)
		return false;
	queued->effect = *effect;
	if (outbox->last)
		outbox->last->next = queued;
	else
		outbox->first = queued;
	outbox->last = queued;
	return true;
}

bool mip6_outbox_request(struct mip6_outbox *outbox, uint64_t tag, const struct dm_command *command,
                         const void *body, uint32_t application_id, dm_time timeout)
{
	return mip6_outbox_add(outbox, &(struct mip6_effect){
					       .kind = MIP6_EFFECT_REQUEST,
					       .tag = tag,
					       .request.command = command,
					       .request.body = body,
					       .request.application_id = application_id,
					       .request.timeout = timeout,
				       });
}

/* Session secrets; whoever puts a root key or a binding's keys marks them himself. */
static bool mark_secrets(struct mip6_outbox *outbox, const struct store_change *changes,
                         size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct dm_secret *secret = &changes[i].session.random_key;

		if (changes[i].kind == STORE_PUT_SESSION && secret->size > 0 &&
		    !mip6_outbox_mark_secret(outbox, (void *)(uintptr_t)secret, sizeof(*secret)))
			return false;
	}
	return true;
}

bool mip6_outbox_store(struct mip6_outbox *outbox, uint64_t tag, const struct store_change *changes,
                       size_t count)
{
	if (!mark_secrets(outbox, changes, count))
		return false;
	return mip6_outbox_add(outbox, &(struct mip6_effect){
					       .kind = MIP6_EFFECT_STORE,
					       .tag = tag,
					       .store.changes = changes,
					       .store.count = count,
				       });
}

bool mip6_outbox_fetch(struct mip6_outbox *outbox, uint64_t tag, enum store_fetch_kind kind,
                       struct dm_bytes key, struct dm_bytes key2)
{
	return mip6_outbox_add(outbox, &(struct mip6_effect){
					       .kind = MIP6_EFFECT_FETCH,
					       .tag = tag,
					       .fetch.kind = kind,
					       .fetch.key = key,
					       .fetch.key2 = key2,
				       });
}

void mip6_outbox_answer(struct mip6_outbox *outbox, uint64_t transaction,
                        const struct dm_command *command, const void *body)
{
	mip6_outbox_add(outbox, &(struct mip6_effect){
					.kind = MIP6_EFFECT_ANSWER,
					.transaction = transaction,
					.answer.command = command,
					.answer.body = body,
				});
}

void mip6_outbox_fault(struct mip6_outbox *outbox, uint64_t transaction,
                       const struct dm_fault *fault)
{
	struct dm_fault *copy = mip6_outbox_take(outbox, sizeof(*copy));

	if (!copy)
		return;
	*copy = *fault;
	mip6_outbox_add(outbox, &(struct mip6_effect){
					.kind = MIP6_EFFECT_ANSWER_FAULT,
					.transaction = transaction,
					.fault = copy,
				});
}

void mip6_outbox_refuse(struct mip6_outbox *outbox, uint64_t transaction, uint32_t result_code,
                        const char *format, ...)
{
	struct dm_fault fault = { .result_code = result_code };
	struct dm_text text;
	va_list list;

	dm_text_init(&text, fault.sentence, sizeof(fault.sentence));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	mip6_outbox_fault(outbox, transaction, &fault);
}

uint32_t mip6_store_code(int error)
{
	/* Of what may have come through, too: the same request again finds out, and gives nothing
	 * twice. */
	if (error == -EAGAIN || error == -EINPROGRESS)
		return DM_RESULT_DIAMETER_TOO_BUSY;
	return DM_RESULT_DIAMETER_UNABLE_TO_COMPLY;
}

static const char *copy_text(struct mip6_outbox *outbox, const char *text)
{
	struct dm_bytes copy = { 0 };

	if (text)
		copy = mip6_outbox_copy(outbox, dm_bytes_of(text, strlen(text) + 1));
	return (const char *)copy.at;
}

void mip6_outbox_result(struct mip6_outbox *outbox, uint64_t tag, int error, const char *text,
                        const struct mip6_result *nas)
{
	mip6_outbox_add(outbox, &(struct mip6_effect){
					.kind = MIP6_EFFECT_RESULT,
					.tag = tag,
					.result.error = error,
					.result.text = copy_text(outbox, text),
					.result.nas = nas,
				});
}

void mip6_outbox_counts(struct mip6_outbox *outbox, uint64_t tag, int error, const char *text,
                        const struct mip6_order_counts *counts)
{
	struct mip6_order_counts *copy = mip6_outbox_take(outbox, sizeof(*copy));

	if (copy)
		*copy = *counts;
	mip6_outbox_add(outbox, &(struct mip6_effect){
					.kind = MIP6_EFFECT_RESULT,
					.tag = tag,
					.result.error = error  ? error
	                                                : copy ? 0
	                                                       : -ENOMEM,
					.result.text = copy_text(outbox, text),
					.result.counts = copy,
				});
}

void mip6_outbox_event(struct mip6_outbox *outbox, enum mip6_gravity gravity, const char *name,
                       struct mip6_about about, const char *format, ...)
{
	char sentence[256];
	struct dm_text text;
	va_list list;

	dm_text_init(&text, sentence, sizeof(sentence));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	mip6_outbox_add(outbox,
	                &(struct mip6_effect){
				.kind = MIP6_EFFECT_EVENT,
				.event.name = name,
				.event.text = copy_text(outbox, sentence),
				.event.user_name = mip6_outbox_copy(outbox, about.user_name),
				.event.session_id = mip6_outbox_copy(outbox, about.session_id),
				.event.warning = gravity == MIP6_WARNING,
			});
}
