/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: what is done to a store as a whole: its audit, another key, moving to a database.
 */
#include "store/store.h"

#include "cli/commands.h"

#include <errno.h>

static enum hw_exit name_a_store(struct hw_call *call, const char *one_of)
{
	return hw_fail(call, HW_BAD_INPUT, "no store is named; write %s", one_of);
}

/* The same names as in the configuration's block `store`. */
static enum hw_exit database_of(struct hw_call *call, struct store_options *options)
{
	options->url = hw_option(call, "url");
	options->key_file = hw_option(call, "key-file");
	if (options->url && !options->key_file)
		return hw_fail(call, HW_BAD_INPUT,
		               "--url needs --key-file FILE, the key that seals its secrets");
	if (!options->url && options->key_file)
		return hw_fail(call, HW_BAD_INPUT, "--key-file belongs to a database: add --url");
	return HW_FINE;
}

static enum hw_exit open_store(struct hw_call *call, const struct store_options *options,
                               struct store **store)
{
	int error = store_open(options, store, call->error, sizeof(call->error));

	if (error == -EBUSY)
		return hw_fail(call, HW_REFUSED, "%s is in use; stop its daemon first",
		               options->directory);
	return error ? HW_REFUSED : HW_FINE;
}

enum hw_exit hw_store_open(struct hw_call *call, bool read_only, struct store **store,
                           const char **where)
{
	struct store_options options = { .directory = hw_option(call, "data"),
		                         .read_only = read_only };
	enum hw_exit code = database_of(call, &options);

	if (code == HW_FINE && !options.directory == !options.url)
		code = name_a_store(call, "--data DIR, or --url URL --key-file FILE");
	*where = options.directory ? options.directory : "the database";
	return code == HW_FINE ? open_store(call, &options, store) : code;
}

/* ---- store check ---- */

static void add_finding(const char *sentence, void *context)
{
	json_array_append_new(context, json_string(sentence));
}

/* Each home agent's store by itself, and all of them beside the server's. */
static enum hw_exit check_agents(struct hw_call *call, struct store *server, json_t *sentences,
                                 int *findings)
{
	struct store *agents[HW_GIVEN_LIMIT];
	enum hw_exit code = HW_FINE;
	size_t count = 0;

	while (count < call->argument_count && code == HW_FINE) {
		const struct store_options options = { .directory = call->arguments[count],
			                               .read_only = true };

		code = open_store(call, &options, &agents[count]);
		if (code == HW_FINE)
			*findings += store_check(agents[count++], add_finding, sentences);
	}
	if (code == HW_FINE && count > 0)
		*findings += store_check_agents(server, agents, count, add_finding, sentences);
	while (count > 0)
		store_close(agents[--count]);
	return code;
}

static enum hw_exit check(struct hw_call *call, struct store *store)
{
	json_t *sentences = json_array();
	int findings = store_check(store, add_finding, sentences);
	enum hw_exit code = check_agents(call, store, sentences, &findings);

	if (code != HW_FINE) {
		json_decref(sentences);
		return code;
	}
	call->result = json_pack("{s:i, s:o}", "findings", findings, "sentences", sentences);
	if (!call->result)
		return hw_fail(call, HW_REFUSED, "out of memory");
	if (findings)
		return hw_fail(call, HW_REFUSED, "%d thing%s wrong in this store", findings,
		               findings == 1 ? " is" : "s are");
	return HW_FINE;
}

enum hw_exit hw_store_check(struct hw_call *call)
{
	const char *where;
	struct store *store;
	enum hw_exit code = hw_store_open(call, true, &store, &where);

	if (code != HW_FINE)
		return code;
	code = check(call, store);
	store_close(store);
	return code;
}

void hw_store_check_text(const json_t *result, struct hw_output *out)
{
	const json_t *sentences = json_object_get(result, "sentences");
	json_t *sentence;
	size_t index;

	json_array_foreach(sentences, index, sentence)
		hw_output_print(out, HW_PLAIN, "%s\n", json_string_value(sentence));
	if (json_integer_value(json_object_get(result, "findings")) == 0)
		hw_output_print(out, HW_PLAIN, "the store is sound\n");
}

/* ---- store migrate ---- */

static void show_progress(uint64_t records, void *context)
{
	json_t *progress = json_pack("{s:I}", "records", (json_int_t)records);

	if (progress)
		hw_progress(context, progress);
	json_decref(progress);
}

void hw_store_migrate_progress(const json_t *progress, struct hw_output *out)
{
	hw_output_print(out, HW_PLAIN, "%lld records copied\n",
	                (long long)json_integer_value(json_object_get(progress, "records")));
}

static enum hw_exit copy(struct hw_call *call, struct store *from, struct store *to)
{
	const struct store_migration wanted = { hw_option(call, "server"), show_progress, call };
	uint64_t records = 0;

	if (store_migrate(from, to, &wanted, &records, call->error, sizeof(call->error)))
		return HW_REFUSED;
	call->result = json_pack("{s:I}", "records", (json_int_t)records);
	return call->result ? HW_FINE : hw_fail(call, HW_REFUSED, "out of memory");
}

enum hw_exit hw_store_migrate(struct hw_call *call)
{
	const struct store_options old = { .directory = hw_option(call, "data") };
	struct store_options new = { 0 };
	struct store *from = NULL, *to = NULL;
	enum hw_exit code = database_of(call, &new);

	if (code == HW_FINE && (!old.directory || !new.url))
		code = name_a_store(call, "--data DIR, and --url URL --key-file FILE to move to");
	if (code == HW_FINE && !hw_option(call, "server"))
		code = hw_fail(call, HW_BAD_INPUT,
		               "write --server NAME, the identity of the home server that has %s, "
		               "so that its peers see no restart",
		               old.directory);
	if (code == HW_FINE)
		code = open_store(call, &old, &from);
	if (code == HW_FINE)
		code = open_store(call, &new, &to);
	if (code == HW_FINE)
		code = copy(call, from, to);
	store_close(to);
	store_close(from);
	return code;
}

void hw_store_migrate_text(const json_t *result, struct hw_output *out)
{
	hw_output_print(out, HW_PLAIN, "%lld records were copied; the old store is as it was\n",
	                (long long)json_integer_value(json_object_get(result, "records")));
}

/* ---- store rekey ---- */

enum hw_exit hw_store_rekey(struct hw_call *call)
{
	const char *directory = hw_option(call, "data");
	size_t sealed = 0;
	int error;

	if (!directory)
		return name_a_store(call, "--data DIR, its directory");
	error = store_rekey(directory, &sealed, call->error, sizeof(call->error));
	if (error == -EBUSY)
		return hw_fail(call, HW_REFUSED, "%s is in use; stop its daemon first", directory);
	if (error)
		return HW_REFUSED;
	call->result = json_pack("{s:I}", "sealed", (json_int_t)sealed);
	return call->result ? HW_FINE : hw_fail(call, HW_REFUSED, "out of memory");
}

void hw_store_rekey_text(const json_t *result, struct hw_output *out)
{
	hw_output_print(out, HW_PLAIN, "a new key is in force; %lld secrets are sealed with it\n",
	                (long long)json_integer_value(json_object_get(result, "sealed")));
}
