/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message: decode, validate, encode and print every message, from the tables.
 *
 * Decoding copies no octets: strings are slices of the wire, structs and lists live in the arena.
 * The first fault in wire order is reported, complete. A group's own faults come before the faults
 * that only its end shows (missing AVPs, in grammar order). Relays need none of this: they work on
 * the header and on raw AVPs (raw.h).
 */
#ifndef DM_CODEC_MESSAGE_H
#define DM_CODEC_MESSAGE_H

#include "base/text.h"
#include "base/writer.h"
#include "dictionary.h"
#include "fault.h"

#define DM_HEADER_SIZE ((size_t)20)

enum {
	DM_FLAG_R = 0x80,
	DM_FLAG_P = 0x40,
	DM_FLAG_E = 0x20,
	DM_FLAG_T = 0x10,
};

/* RFC 6733 3 */
struct dm_header {
	uint8_t version;
	uint8_t flags;
	uint32_t length; /* octets with header and padding */
	uint32_t command_code;
	uint32_t application_id;
	uint32_t hop_by_hop_id;
	uint32_t end_to_end_id;
};

struct dm_decode_options {
	bool strict;          /* AVP flag bits (3009), reserved header bits (5013), order of < > */
	uint16_t depth_limit; /* nesting of Grouped; 0: 16 */
	uint16_t avp_limit;   /* AVPs in one message, nested ones counted; 0: 4096 */
};

struct dm_message {
	struct dm_header header;
	struct dm_bytes wire;                 /* borrowed: the whole message */
	const struct dm_command_entry *entry; /* what it was decoded as */
	const void *body;                     /* arena: the struct of entry->command */
	bool application_differs; /* tolerated: an AVP names another application (HD12) */
};

/* The 20 octets, unchecked. `wire` has at least DM_HEADER_SIZE octets. */
struct dm_header dm_header_read(struct dm_bytes wire);
void dm_header_write(struct dm_writer *writer, const struct dm_header *header);

/*
 * Decodes and validates one whole message (framing done: wire.size == header.length).
 * An answer with the E bit is decoded as the answer-message (RFC 6733 7.2).
 * 0: done, or faulty when fault->result_code is set (then out->header and out->wire are valid, and
 * out->body holds what was decoded before the fault, or NULL). -ENOMEM: the arena is exhausted.
 */
int dm_decode(const struct dm_dictionary *dictionary, const struct dm_decode_options *options,
              struct dm_bytes wire, struct dm_arena *arena, struct dm_message *out,
              struct dm_fault *fault);

/*
 * Appends one message. Of `header` the flags E and T and the two identifiers count; version,
 * length, code, Application-Id, R and P come from the command (for an answer P is taken from
 * `header`: RFC 6733 6.2). A base command goes out with the Application-Id of `header`, for it
 * belongs to the application of its session (profile 4); the answer-message with its code too, so
 * that an answer made with the request's header repeats it. Required members need not have `has`
 * set; of an optional one `has` decides (for Grouped and lists: pointer or count). What `body`
 * borrows must not lie in the buffer of a writer that grows, as it does when decoded from there.
 *
 * 0; -EINVAL when a required list is empty, a list too long, a required group NULL, or a value
 * outside its type (fixed size, Time before 1968 or behind 2104); -ENOENT when the command's
 * grammar is not in the dictionary; -EMSGSIZE when the writer's limit is reached.
 */
int dm_encode(const struct dm_dictionary *dictionary, const struct dm_command *command,
              const struct dm_header *header, const void *body, struct dm_writer *out);

/* Encodes one AVP's value struct as whole AVP (header, data, padding): for Failed-AVP and tests. */
int dm_encode_group(const struct dm_dictionary *dictionary, const struct dm_avp *avp,
                    const void *group, struct dm_writer *out);

/* Who answers: the identity that goes into answers made from a fault. */
struct dm_identity {
	struct dm_bytes origin_host;
	struct dm_bytes origin_realm;
	uint32_t origin_state_id; /* 0: not sent */
};

/*
 * Appends the answer to a faulty or refused request (RFC 6733 7.2, 6.2): Session-Id and Proxy-Info
 * copied, Result-Code, Error-Message = the sentence, Failed-AVP, and for 4xxx/5xxx of a known
 * command what its answer grammar demands and the request has (Auth-Application-Id,
 * Auth-Request-Type, Accounting-Record-*). Where the grammar cannot be satisfied, and for 3xxx, the
 * E bit is set and the grammar is the answer-message's. `reporting_host` is empty or goes into
 * Error-Reporting-Host. The request is read leniently: any octets will do.
 */
int dm_encode_fault(const struct dm_dictionary *dictionary, const struct dm_identity *identity,
                    struct dm_bytes request, const struct dm_fault *fault,
                    struct dm_bytes reporting_host, struct dm_writer *out);

/* A fault about one AVP that was decoded well but means nothing good (5004, 5007, 5008 ...):
 * finds the first AVP of this definition in `wire` (top level) and puts it into Failed-AVP; for
 * 5005, or when it is not there, a zero-filled example of it. */
void dm_fault_about(const struct dm_dictionary *dictionary, struct dm_arena *arena,
                    struct dm_bytes wire, const struct dm_avp *avp, uint32_t result_code,
                    struct dm_fault *fault, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* Where an AVP stands: in the first AVP of avps[0] behind `index` others, in there in the first of
 * avps[1] ... up to the first NULL. */
struct dm_avp_path {
	const struct dm_avp *avps[4];
	size_t index;
};

/* One more AVP for the Failed-AVP of a fault (RFC 6733 7.5: inside of its groups, alone), found and
 * shown as dm_fault_about does; the fault's path is set to it. */
void dm_fault_add(const struct dm_dictionary *dictionary, struct dm_arena *arena,
                  struct dm_bytes wire, const struct dm_avp_path *path, struct dm_fault *fault);

/* Examples of every message, for tests, fuzz seeds and the manual: minimal has what is required,
 * maximal every line, lists with two elements. Appends a valid message. */
int dm_example(const struct dm_dictionary *dictionary, const struct dm_command *command,
               bool maximal, struct dm_writer *out);

/* The message as readable lines, AVPs indented by depth; unknown and broken ones in hex. Takes any
 * octets. Secret AVPs show their size only. */
void dm_print(const struct dm_dictionary *dictionary, struct dm_bytes wire, struct dm_text *out);

#endif
