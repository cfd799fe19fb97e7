/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: TLS 1.2 and 1.3 over octets, mutual, with OpenSSL.
 *
 * A context is what the files say: our certificate and key, and whom we believe. A hw_tls is one
 * connection of it: wire octets go in and out of memory, no socket is touched. Both sides show a
 * certificate that the other's CA has signed (RFC 6733 13.1), or there is no connection; cipher
 * suites are those with forward secrecy and authenticated encryption. Nothing is resumed and
 * nothing renegotiated: a Diameter connection lives for days, so a full handshake costs nothing.
 *
 * A connection keeps what its context was, so that new files change new connections only.
 *
 * What is not here: which peer must use TLS (daemon/security.h), the socket (link_tls.c).
 */
#ifndef HW_IO_TLS_H
#define HW_IO_TLS_H

#include "base/bytes.h"

struct hw_tls_context;
struct hw_tls;

enum hw_tls_file {
	HW_TLS_CERTIFICATE, /* ours, PEM, followed by the CAs between it and the root */
	HW_TLS_KEY,         /* its private key, PEM, not encrypted */
	HW_TLS_CA,          /* PEM: who may sign the certificates of peers */
	HW_TLS_FILE_COUNT,
};

struct hw_tls_config {
	const char *files[HW_TLS_FILE_COUNT]; /* paths */
	struct dm_bytes identity;             /* ours: the certificate ought to name it */
	bool common_name; /* a certificate without dNSName may name its node in the CN */
};

/* One thing that is wrong with a file: "what; what to do". A warning hinders nothing. */
typedef void (*hw_tls_say)(void *context, enum hw_tls_file file, bool warning, const char *text);

/* NULL: something is wrong and was said, or there is no memory. */
struct hw_tls_context *hw_tls_context_new(const struct hw_tls_config *config, hw_tls_say say,
                                          void *say_context);
/* Connections that have it keep what they need. May be NULL. */
void hw_tls_context_free(struct hw_tls_context *context);

enum hw_tls_state {
	HW_TLS_SHAKING, /* the handshake is under way */
	HW_TLS_OPEN,
	HW_TLS_CLOSED, /* the other side sent close_notify */
	HW_TLS_FAILED, /* hw_tls_why says why; an alert may wait to be sent */
};

/* The side that accepted the transport connection is the server (RFC 3588 13.2). NULL: no memory.
 */
struct hw_tls *hw_tls_new(const struct hw_tls_context *context, bool server);
/* May be NULL. */
void hw_tls_free(struct hw_tls *tls);

enum hw_tls_state hw_tls_state(const struct hw_tls *tls);
/* FAILED: a sentence without a full stop; lives as long as `tls`. */
const char *hw_tls_why(const struct hw_tls *tls);

/* Octets from the wire; nothing is done with them yet. */
void hw_tls_feed(struct hw_tls *tls, struct dm_bytes wire);
/* Goes on with the handshake. */
enum hw_tls_state hw_tls_shake(struct hw_tls *tls);
/* Plain octets of what was fed; 0: no more for now, or the end: see the state. */
size_t hw_tls_read(struct hw_tls *tls, uint8_t *out, size_t room);
/* Only when OPEN. False: it failed. */
bool hw_tls_write(struct hw_tls *tls, struct dm_bytes plain);
/* close_notify. */
void hw_tls_close(struct hw_tls *tls);

/* What is to be sent; borrowed until anything else is called. */
struct dm_bytes hw_tls_outgoing(const struct hw_tls *tls);
/* All of it is sent. */
void hw_tls_sent(struct hw_tls *tls);

/* Does the other side's certificate name this identity: as a dNSName, without wildcards, ASCII
 * letters folded; or as its CN where the configuration allows that? */
bool hw_tls_names(const struct hw_tls *tls, struct dm_bytes identity);

#define HW_TLS_SUBJECT_ROOM 256

struct hw_tls_facts {
	const char *protocol; /* "TLSv1.3" */
	const char *cipher;
	char subject[HW_TLS_SUBJECT_ROOM]; /* of the other side's certificate, RFC 2253 */
	int64_t expires;                   /* of it: seconds since 1970 */
};

/* False while there is no TLS yet. */
bool hw_tls_facts(const struct hw_tls *tls, struct hw_tls_facts *facts);

#endif
