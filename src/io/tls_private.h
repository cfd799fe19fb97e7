/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_private: what tls.c and tls_context.c share.
 */
#ifndef HW_IO_TLS_PRIVATE_H
#define HW_IO_TLS_PRIVATE_H

#include "io/tls.h"

#include <openssl/ssl.h>

struct hw_tls_context {
	SSL_CTX *settings;
	bool common_name;
};

/* See hw_tls_names. */
bool hw_tls_certificate_names(X509 *certificate, struct dm_bytes identity, bool common_name);

/* Of a verification that goes on in the handshake: keeps what was wrong. */
int hw_tls_on_verify(int good, X509_STORE_CTX *store);

#endif
