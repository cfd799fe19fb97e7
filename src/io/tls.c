/* SPDX-License-Identifier: Apache-2.0 */
#include "io/tls.h"

#include "base/text.h"
#include "io/tls_private.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <time.h>

struct hw_tls {
	SSL *ssl;
	BIO *in, *out; /* of `ssl` */
	enum hw_tls_state state;
	bool common_name;
	char why[400];
};

/* ---- life ---- */

static bool attach_memory(struct hw_tls *tls)
{
	BIO *in = BIO_new(BIO_s_mem());
	BIO *out = BIO_new(BIO_s_mem());

	if (!in || !out) {
		BIO_free(in);
		BIO_free(out);
		return false;
	}
	SSL_set_bio(tls->ssl, in, out); /* takes both */
	tls->in = in;
	tls->out = out;
	return true;
}

struct hw_tls *hw_tls_new(const struct hw_tls_context *context, bool server)
{
	struct hw_tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return NULL;
	tls->ssl = SSL_new(context->settings);
	if (!tls->ssl || !attach_memory(tls)) {
		hw_tls_free(tls);
		return NULL;
	}
	SSL_set_app_data(tls->ssl, tls);
	tls->common_name = context->common_name;
	server ? SSL_set_accept_state(tls->ssl) : SSL_set_connect_state(tls->ssl);
	return tls;
}

void hw_tls_free(struct hw_tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->ssl);
	free(tls);
}

enum hw_tls_state hw_tls_state(const struct hw_tls *tls)
{
	return tls->state;
}

const char *hw_tls_why(const struct hw_tls *tls)
{
	return tls->why;
}

/* ---- what goes wrong ---- */

static void subject_of(X509 *certificate, char out[HW_TLS_SUBJECT_ROOM])
{
	BIO *memory = BIO_new(BIO_s_mem());
	int size = 0;

	if (memory && certificate) {
		X509_NAME_print_ex(memory, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
		size = BIO_read(memory, out, HW_TLS_SUBJECT_ROOM - 1);
	}
	out[size > 0 ? size : 0] = '\0';
	BIO_free(memory);
}

int hw_tls_on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct hw_tls *tls = SSL_get_app_data(ssl);
	char subject[HW_TLS_SUBJECT_ROOM];
	struct dm_text why;

	if (good || tls->why[0])
		return good;
	subject_of(X509_STORE_CTX_get_current_cert(store), subject);
	dm_text_init(&why, tls->why, sizeof(tls->why));
	dm_text_add(&why, "its certificate is refused: %s (",
	            X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
	dm_text_octets(&why, dm_bytes_text(subject));
	dm_text_add(&why, ")");
	return 0;
}

/* OpenSSL's own words for the last error; what verification said is better and stays. */
static void keep_why(struct hw_tls *tls)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	struct dm_text why;

	if (!tls->why[0]) {
		dm_text_init(&why, tls->why, sizeof(tls->why));
		dm_text_add(&why, "TLS failed: %s", reason ? reason : "no memory");
	}
	ERR_clear_error();
}

/* After a call that gave no octets: why not. */
static void judge(struct hw_tls *tls, int result)
{
	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return;
	case SSL_ERROR_ZERO_RETURN:
		tls->state = HW_TLS_CLOSED;
		return;
	default:
		tls->state = HW_TLS_FAILED;
		keep_why(tls);
	}
}

/* ---- octets ---- */

void hw_tls_feed(struct hw_tls *tls, struct dm_bytes wire)
{
	if (BIO_write(tls->in, wire.at, (int)wire.size) == (int)wire.size)
		return;
	tls->state = HW_TLS_FAILED;
	keep_why(tls);
}

enum hw_tls_state hw_tls_shake(struct hw_tls *tls)
{
	int result;

	if (tls->state != HW_TLS_SHAKING)
		return tls->state;
	ERR_clear_error();
	result = SSL_do_handshake(tls->ssl);
	if (result == 1)
		tls->state = HW_TLS_OPEN;
	else
		judge(tls, result);
	return tls->state;
}

size_t hw_tls_read(struct hw_tls *tls, uint8_t *out, size_t room)
{
	size_t size = 0;

	ERR_clear_error();
	while (tls->state == HW_TLS_OPEN && size < room) {
		int result = SSL_read(tls->ssl, out + size, (int)(room - size));

		if (result <= 0) {
			judge(tls, result);
			break;
		}
		size += (size_t)result;
	}
	return size;
}

bool hw_tls_write(struct hw_tls *tls, struct dm_bytes plain)
{
	int result;

	if (tls->state != HW_TLS_OPEN || plain.size == 0)
		return tls->state == HW_TLS_OPEN;
	ERR_clear_error();
	result = SSL_write(tls->ssl, plain.at, (int)plain.size);
	if (result == (int)plain.size)
		return true;
	/* Memory takes everything: whatever this is, the stream would have a gap. */
	tls->state = HW_TLS_FAILED;
	keep_why(tls);
	return false;
}

void hw_tls_close(struct hw_tls *tls)
{
	ERR_clear_error();
	if (tls->state == HW_TLS_OPEN || tls->state == HW_TLS_CLOSED)
		(void)SSL_shutdown(tls->ssl);
}

struct dm_bytes hw_tls_outgoing(const struct hw_tls *tls)
{
	char *at = NULL;
	long size = BIO_get_mem_data(tls->out, &at);

	return dm_bytes_of(at, size > 0 ? (size_t)size : 0);
}

void hw_tls_sent(struct hw_tls *tls)
{
	(void)BIO_reset(tls->out);
}

/* ---- the other side ---- */

bool hw_tls_certificate_names(X509 *certificate, struct dm_bytes identity, bool common_name)
{
	unsigned flags = X509_CHECK_FLAG_NO_WILDCARDS |
	                 (common_name ? 0 : X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);

	/* OpenSSL would take a leading dot for "any host below". */
	if (identity.size == 0 || identity.at[0] == '.')
		return false;
	return X509_check_host(certificate, (const char *)identity.at, identity.size, flags,
	                       NULL) == 1;
}

bool hw_tls_names(const struct hw_tls *tls, struct dm_bytes identity)
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

	return certificate && hw_tls_certificate_names(certificate, identity, tls->common_name);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm parts = { 0 };

	return ASN1_TIME_to_tm(time, &parts) ? timegm(&parts) : 0;
}

bool hw_tls_facts(const struct hw_tls *tls, struct hw_tls_facts *facts)
{
	X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

	if (tls->state == HW_TLS_SHAKING || !certificate)
		return false;
	facts->protocol = SSL_get_version(tls->ssl);
	facts->cipher = SSL_get_cipher_name(tls->ssl);
	facts->expires = seconds_of(X509_get0_notAfter(certificate));
	subject_of(certificate, facts->subject);
	return true;
}
