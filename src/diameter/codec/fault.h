/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault: a peer's mistake, written once and in full.
 *
 * A fault says what goes into the answer (Result-Code, Failed-AVP), what happens to the connection,
 * and one sentence for people (it becomes Error-Message and the log line). Our own trouble (no
 * memory, no limit left) is a negative return code and never a fault.
 */
#ifndef DM_CODEC_FAULT_H
#define DM_CODEC_FAULT_H

#include "base/arena.h"
#include "descriptor.h"

struct dm_fault {
	uint32_t result_code; /* RFC 6733 7.1; 0: no fault */
	struct dm_bytes
		failed_avp; /* arena: content of Failed-AVP, whole AVPs with header; may be empty */
	bool close;         /* framing is lost: answer if possible, then close */
	char path[96];      /* "MBR/MIP6-Security-Association/Key", for people */
	char sentence[192]; /* plain words, no octets of the peer unescaped */
};

/* The Result-Codes of RFC 6733 7.1 and of the documents that profile 5 uses, once. */
#define DM_RESULT_CODES(X)                               \
	X(1001, DIAMETER_MULTI_ROUND_AUTH)               \
	X(2001, DIAMETER_SUCCESS)                        \
	X(2002, DIAMETER_LIMITED_SUCCESS)                \
	X(3001, DIAMETER_COMMAND_UNSUPPORTED)            \
	X(3002, DIAMETER_UNABLE_TO_DELIVER)              \
	X(3003, DIAMETER_REALM_NOT_SERVED)               \
	X(3004, DIAMETER_TOO_BUSY)                       \
	X(3005, DIAMETER_LOOP_DETECTED)                  \
	X(3006, DIAMETER_REDIRECT_INDICATION)            \
	X(3007, DIAMETER_APPLICATION_UNSUPPORTED)        \
	X(3008, DIAMETER_INVALID_HDR_BITS)               \
	X(3009, DIAMETER_INVALID_AVP_BITS)               \
	X(3010, DIAMETER_UNKNOWN_PEER)                   \
	X(3011, DIAMETER_REALM_REDIRECT_INDICATION)      \
	X(4001, DIAMETER_AUTHENTICATION_REJECTED)        \
	X(4002, DIAMETER_OUT_OF_SPACE)                   \
	X(4003, ELECTION_LOST)                           \
	X(4005, DIAMETER_ERROR_MIP_REPLY_FAILURE)        \
	X(4006, DIAMETER_ERROR_HA_NOT_AVAILABLE)         \
	X(4007, DIAMETER_ERROR_BAD_KEY)                  \
	X(4008, DIAMETER_ERROR_MIP_FILTER_NOT_SUPPORTED) \
	X(5001, DIAMETER_AVP_UNSUPPORTED)                \
	X(5002, DIAMETER_UNKNOWN_SESSION_ID)             \
	X(5003, DIAMETER_AUTHORIZATION_REJECTED)         \
	X(5004, DIAMETER_INVALID_AVP_VALUE)              \
	X(5005, DIAMETER_MISSING_AVP)                    \
	X(5006, DIAMETER_RESOURCES_EXCEEDED)             \
	X(5007, DIAMETER_CONTRADICTING_AVPS)             \
	X(5008, DIAMETER_AVP_NOT_ALLOWED)                \
	X(5009, DIAMETER_AVP_OCCURS_TOO_MANY_TIMES)      \
	X(5010, DIAMETER_NO_COMMON_APPLICATION)          \
	X(5011, DIAMETER_UNSUPPORTED_VERSION)            \
	X(5012, DIAMETER_UNABLE_TO_COMPLY)               \
	X(5013, DIAMETER_INVALID_BIT_IN_HEADER)          \
	X(5014, DIAMETER_INVALID_AVP_LENGTH)             \
	X(5015, DIAMETER_INVALID_MESSAGE_LENGTH)         \
	X(5016, DIAMETER_INVALID_AVP_BIT_COMBO)          \
	X(5017, DIAMETER_NO_COMMON_SECURITY)             \
	X(5024, DIAMETER_ERROR_NO_FOREIGN_HA_SERVICE)    \
	X(5025, DIAMETER_ERROR_END_TO_END_MIP_KEY_ENCRYPTION)

enum dm_result_code {
#define DM_RESULT_CODE(number, name) DM_RESULT_##name = number,
	DM_RESULT_CODES(DM_RESULT_CODE)
#undef DM_RESULT_CODE
};

/* "DIAMETER_SUCCESS", or "unknown" for a number not in the table. */
const char *dm_result_code_name(uint32_t code);

/* Fills everything but failed_avp; the sentence is cut to its room. */
void dm_fault_set(struct dm_fault *fault, uint32_t result_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
