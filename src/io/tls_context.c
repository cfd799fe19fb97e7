/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of TLS: read, judged, and made into the settings of connections to come.
 */
#include "base/text.h"
#include "io/tls.h"
#include "io/tls_private.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* TLS 1.2: ephemeral keys and authenticated encryption alone; 1.3 has nothing else. */
#define CIPHERS        "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SECURITY_LEVEL 2 /* 112 bits: RSA of 2,048 bits, no SHA-1 */
#define CHAIN_LIMIT    8 /* certificates between a peer's and the root */

struct loading {
	const struct hw_tls_config *config;
	struct hw_tls_context *context;
	hw_tls_say say;
	void *say_context;
	bool wrong;
};

static void say(struct loading *loading, enum hw_tls_file file, bool warning, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

static void say(struct loading *loading, enum hw_tls_file file, bool warning, const char *format,
                ...)
{
	char buffer[512];
	struct dm_text text;
	va_list list;

	dm_text_init(&text, buffer, sizeof(buffer));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	loading->wrong = loading->wrong || !warning;
	loading->say(loading->say_context, file, warning, buffer);
}

static FILE *open_file(struct loading *loading, enum hw_tls_file file)
{
	const char *path = loading->config->files[file];
	FILE *stream = fopen(path, "re");

	if (!stream)
		say(loading, file, false, "%s cannot be read: %s; give a PEM file that can", path,
		    strerror(errno));
	return stream;
}

static const char *last_error(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	return reason ? reason : "no PEM is in it";
}

/* ---- our certificate ---- */

static void judge_certificate(struct loading *loading, X509 *certificate)
{
	const struct hw_tls_config *config = loading->config;
	const char *path = config->files[HW_TLS_CERTIFICATE];

	if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
		say(loading, HW_TLS_CERTIFICATE, true,
		    "%s has expired; peers will refuse it until there is a new one", path);
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
		say(loading, HW_TLS_CERTIFICATE, true, "%s is not valid yet; peers will refuse it",
		    path);
	if (!hw_tls_certificate_names(certificate, config->identity, config->common_name))
		say(loading, HW_TLS_CERTIFICATE, true,
		    "%s does not name \"%.*s\" as a dNSName; peers will refuse it", path,
		    (int)config->identity.size, (const char *)config->identity.at);
}

static void load_certificate(struct loading *loading)
{
	SSL_CTX *settings = loading->context->settings;
	const char *path = loading->config->files[HW_TLS_CERTIFICATE];
	FILE *stream = open_file(loading, HW_TLS_CERTIFICATE);

	if (!stream)
		return;
	(void)fclose(stream);
	if (SSL_CTX_use_certificate_chain_file(settings, path) == 1)
		judge_certificate(loading, SSL_CTX_get0_certificate(settings));
	else
		say(loading, HW_TLS_CERTIFICATE, false,
		    "%s cannot be used as a certificate: %s; give a PEM file", path, last_error());
}

/* ---- our key ---- */

/* Nobody is there who could type one. */
static int no_passphrase(char *out, int room, int writing, void *context)
{
	(void)writing;
	if (room > 0)
		out[0] = '\0';
	*(bool *)context = true;
	return -1;
}

static bool is_private(struct loading *loading, FILE *stream)
{
	const char *path = loading->config->files[HW_TLS_KEY];
	struct stat facts;

	if (fstat(fileno(stream), &facts) == 0 && (facts.st_mode & 037) == 0)
		return true;
	say(loading, HW_TLS_KEY, false,
	    "%s may be read by others than its owner and group, or written by others than its "
	    "owner; chmod 600 it",
	    path);
	return false;
}

static void use_key(struct loading *loading, EVP_PKEY *key, bool encrypted)
{
	SSL_CTX *settings = loading->context->settings;
	const char *path = loading->config->files[HW_TLS_KEY];

	if (!key)
		say(loading, HW_TLS_KEY, false,
		    encrypted ? "%s is encrypted with a passphrase; give a key without one"
		              : "%s holds no private key in PEM; give one",
		    path);
	else if (SSL_CTX_use_PrivateKey(settings, key) != 1 ||
	         SSL_CTX_check_private_key(settings) != 1)
		say(loading, HW_TLS_KEY, false,
		    "%s does not fit the certificate; give the key that it was made for", path);
}

static void load_key(struct loading *loading)
{
	FILE *stream = open_file(loading, HW_TLS_KEY);
	bool encrypted = false;
	EVP_PKEY *key;

	if (!stream)
		return;
	if (is_private(loading, stream)) {
		key = PEM_read_PrivateKey(stream, NULL, no_passphrase, &encrypted);
		use_key(loading, key, encrypted);
		EVP_PKEY_free(key);
	}
	(void)fclose(stream);
}

/* ---- whom we believe ---- */

static void load_ca(struct loading *loading)
{
	SSL_CTX *settings = loading->context->settings;
	const char *path = loading->config->files[HW_TLS_CA];
	FILE *stream = open_file(loading, HW_TLS_CA);
	STACK_OF(X509_NAME) * names;

	if (!stream)
		return;
	(void)fclose(stream);
	names = SSL_load_client_CA_file(path);
	if (!names || SSL_CTX_load_verify_locations(settings, path, NULL) != 1)
		say(loading, HW_TLS_CA, false,
		    "%s cannot be used as CA certificates: %s; give a PEM file", path,
		    last_error());
	SSL_CTX_set_client_CA_list(settings, names); /* takes it */
}

/* ---- all ---- */

static bool set_rules(SSL_CTX *settings)
{
	SSL_CTX_set_security_level(settings, SECURITY_LEVEL);
	SSL_CTX_set_options(settings, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
	                                      SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
	                                      SSL_OP_CLEANSE_PLAINTEXT);
	SSL_CTX_set_session_cache_mode(settings, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(settings, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_verify(settings, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
	                   hw_tls_on_verify);
	SSL_CTX_set_verify_depth(settings, CHAIN_LIMIT);
	return SSL_CTX_set_num_tickets(settings, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(settings, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(settings, 0) == 1 &&
	       SSL_CTX_set_cipher_list(settings, CIPHERS) == 1;
}

struct hw_tls_context *hw_tls_context_new(const struct hw_tls_config *config, hw_tls_say say_it,
                                          void *say_context)
{
	struct hw_tls_context *context = calloc(1, sizeof(*context));
	struct loading loading = {
		.config = config, .context = context, .say = say_it, .say_context = say_context
	};

	if (!context)
		return NULL;
	ERR_clear_error();
	context->common_name = config->common_name;
	context->settings = SSL_CTX_new(TLS_method());
	loading.wrong = !context->settings || !set_rules(context->settings);
	if (!loading.wrong)
		load_certificate(&loading);
	if (!loading.wrong)
		load_key(&loading);
	if (context->settings)
		load_ca(&loading);
	ERR_clear_error();
	if (!loading.wrong)
		return context;
	hw_tls_context_free(context);
	return NULL;
}

void hw_tls_context_free(struct hw_tls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->settings);
	free(context);
}
