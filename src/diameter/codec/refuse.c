/* SPDX-License-Identifier: Apache-2.0 */
#include "refuse.h"

#include "base/text.h"
#include "value.h"
#include "walk.h"

#include <errno.h>

#define NAME_ROOM 64

/* The name of an AVP that may be unknown. */
static const char *name_of(const struct dm_known_avp *known, const struct dm_raw_avp *avp,
                           char room[NAME_ROOM])
{
	struct dm_text name;

	dm_text_init(&name, room, NAME_ROOM);
	dm_avp_name_text(known ? known->avp : NULL, avp, &name);
	return room;
}

/* The sentence is set; adds path and Failed-AVP. */
static int refuse(struct dm_decoder *decoder, const struct dm_place *place, const char *name,
                  const struct dm_raw_avp *offender)
{
	dm_fault_path(decoder->fault, place, name);
	if (dm_fault_offender(decoder->fault, decoder->arena, place, offender))
		return -ENOMEM;
	return DM_REFUSED;
}

/* ---- header ---- */

static int refuse_header(struct dm_decoder *decoder)
{
	const struct dm_place place = { .name = "header" };

	dm_fault_path(decoder->fault, &place, NULL);
	return DM_REFUSED;
}

static int check_framing(struct dm_decoder *decoder)
{
	const struct dm_header *header = &decoder->out->header;
	size_t size = decoder->out->wire.size;

	if (size >= DM_HEADER_SIZE && header->version != 1) {
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_UNSUPPORTED_VERSION,
		             "The version of the message is %u, only 1 is known", header->version);
		return refuse_header(decoder);
	}
	if (size < DM_HEADER_SIZE || header->length != size || size % 4) {
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_INVALID_MESSAGE_LENGTH,
		             "The length of the message is %u, which cannot be", header->length);
		decoder->fault->close = true;
		return refuse_header(decoder);
	}
	return 0;
}

static int check_bits(struct dm_decoder *decoder)
{
	const uint8_t known = DM_FLAG_R | DM_FLAG_P | DM_FLAG_E | DM_FLAG_T;
	uint8_t flags = decoder->out->header.flags;

	if ((flags & DM_FLAG_R) && (flags & DM_FLAG_E)) {
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_INVALID_HDR_BITS,
		             "A request has the E bit set");
		return refuse_header(decoder);
	}
	if (decoder->strict && (flags & ~known)) {
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_INVALID_BIT_IN_HEADER,
		             "The header has reserved bits set (flags 0x%02x)", flags);
		return refuse_header(decoder);
	}
	return 0;
}

static const struct dm_command_entry *find_entry(const struct dm_decoder *decoder)
{
	const struct dm_header *header = &decoder->out->header;

	if (!(header->flags & DM_FLAG_R) && (header->flags & DM_FLAG_E))
		return dm_dictionary_answer_message(decoder->dictionary);
	return dm_dictionary_command(decoder->dictionary, header->application_id,
	                             header->command_code, header->flags & DM_FLAG_R);
}

/* RFC 6733 7.1.3 DIAMETER_INVALID_HDR_BITS. A cleared P bit only keeps the message here. */
static int check_command_bits(struct dm_decoder *decoder)
{
	const struct dm_command *command = decoder->out->entry->command;

	if (!decoder->strict || command->error || command->proxiable ||
	    !(decoder->out->header.flags & DM_FLAG_P))
		return 0;
	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_INVALID_HDR_BITS,
	             "%s has the P bit set and is not proxiable", command->abbreviation);
	return refuse_header(decoder);
}

int dm_check_header(struct dm_decoder *decoder)
{
	const struct dm_header *header = &decoder->out->header;
	int rc = check_framing(decoder);

	if (!rc)
		rc = check_bits(decoder);
	if (rc)
		return rc;
	decoder->out->entry = find_entry(decoder);
	if (decoder->out->entry)
		return check_command_bits(decoder);
	if (!dm_dictionary_has_application(decoder->dictionary, header->application_id))
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_APPLICATION_UNSUPPORTED,
		             "The application %u is not known here", header->application_id);
	else
		dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_COMMAND_UNSUPPORTED,
		             "The command %u of application %u is not known here",
		             header->command_code, header->application_id);
	return refuse_header(decoder);
}

/* ---- AVPs ---- */

int dm_refuse_shape(struct dm_decoder *decoder, const struct dm_place *place,
                    enum dm_avp_shape shape, const struct dm_raw_avp *avp)
{
	const struct dm_known_avp *known =
		dm_dictionary_known(decoder->dictionary, avp->code, avp->vendor);
	struct dm_raw_avp offender = *avp;
	char room[NAME_ROOM];
	const char *name = name_of(known, avp, room);

	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_INVALID_AVP_LENGTH, "%s in %s %s", name,
	             place->name, dm_avp_shape_text(shape));
	/* RFC 6733 7.1.5: the header, as far as it came, and the least value of its type. Only an
	 * AVP that merely lacks padding has its octets. */
	if (shape != DM_AVP_UNPADDED && known && known->plan == NULL) {
		size_t least = dm_value_minimum(known->avp);

		offender.data = dm_bytes_of(dm_arena_zero(decoder->arena, least), least);
		if (!offender.data.at)
			return -ENOMEM;
	}
	return refuse(decoder, place, name, &offender);
}

int dm_refuse_value(struct dm_decoder *decoder, const struct dm_place *place,
                    const struct dm_known_avp *known, const struct dm_raw_avp *avp,
                    struct dm_verdict verdict)
{
	dm_fault_set(decoder->fault, verdict.result_code, "%s in %s %s", known->avp->name,
	             place->name, verdict.why);
	return refuse(decoder, place, known->avp->name, avp);
}

int dm_refuse_unknown(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_raw_avp *avp)
{
	char room[NAME_ROOM];
	const char *name = name_of(NULL, avp, room);

	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_AVP_UNSUPPORTED,
	             "%s in %s is not known here and has the M bit set", name, place->name);
	return refuse(decoder, place, name, avp);
}

int dm_refuse_missing(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_known_avp *known)
{
	struct dm_raw_avp example;

	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_MISSING_AVP, "%s lacks %s", place->name,
	             known->avp->name);
	if (dm_zero_example(known, decoder->arena, &example))
		return -ENOMEM;
	return refuse(decoder, place, known->avp->name, &example);
}

int dm_refuse_unlisted(struct dm_decoder *decoder, const struct dm_place *place,
                       const struct dm_known_avp *known, const struct dm_raw_avp *avp)
{
	char room[NAME_ROOM];
	const char *name = name_of(known, avp, room);

	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_AVP_NOT_ALLOWED, "%s is not allowed in %s",
	             name, place->name);
	return refuse(decoder, place, name, avp);
}

int dm_refuse_surplus(struct dm_decoder *decoder, const struct dm_place *place,
                      const struct dm_plan_field *field, const struct dm_raw_avp *avp)
{
	const char *name = field->known->avp->name;

	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_AVP_OCCURS_TOO_MANY_TIMES,
	             "%s may occur %u time%s in %s, and there are more", name, field->max,
	             field->max == 1 ? "" : "s", place->name);
	return refuse(decoder, place, name, avp);
}

static int refuse_limit(struct dm_decoder *decoder, const struct dm_place *place)
{
	dm_fault_path(decoder->fault, place, NULL);
	return DM_REFUSED;
}

int dm_refuse_depth(struct dm_decoder *decoder, const struct dm_place *place)
{
	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "Grouped AVPs are nested more than %u deep", decoder->depth_limit);
	return refuse_limit(decoder, place);
}

int dm_refuse_count(struct dm_decoder *decoder, const struct dm_place *place)
{
	dm_fault_set(decoder->fault, DM_RESULT_DIAMETER_UNABLE_TO_COMPLY,
	             "The message has more AVPs than are accepted");
	return refuse_limit(decoder, place);
}
