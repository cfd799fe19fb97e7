/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commands: the functions behind the rows of commands.c.
 */
#ifndef HW_CLI_COMMANDS_H
#define HW_CLI_COMMANDS_H

#include "cli/command.h"
#include "cli/output.h"

struct store;

/* look.c: questions whose answer is shown as it comes. */
enum hw_exit hw_look(struct hw_call *call);
void hw_sessions_text(const json_t *result, struct hw_output *out);
void hw_peers_text(const json_t *result, struct hw_output *out);
void hw_bindings_text(const json_t *result, struct hw_output *out);
void hw_attachments_text(const json_t *result, struct hw_output *out);
void hw_status_text(const json_t *result, struct hw_output *out);
void hw_done_text(const json_t *result, struct hw_output *out);

/* sessions.c */
enum hw_exit hw_sessions_abort(struct hw_call *call);
enum hw_exit hw_sessions_reauthorize(struct hw_call *call);
enum hw_exit hw_sessions_rekey(struct hw_call *call);
enum hw_exit hw_bindings_end(struct hw_call *call);
void hw_sessions_order_text(const json_t *result, struct hw_output *out);

/* agents.c */
enum hw_exit hw_agents_set(struct hw_call *call);
enum hw_exit hw_agents_move(struct hw_call *call);
void hw_agents_text(const json_t *result, struct hw_output *out);

/* dns.c */
enum hw_exit hw_dns(struct hw_call *call);
void hw_dns_text(const json_t *result, struct hw_output *out);

/* accounting.c */
enum hw_exit hw_accounting_report(struct hw_call *call);
void hw_accounting_report_text(const json_t *result, struct hw_output *out);
enum hw_exit hw_accounting_records(struct hw_call *call);
void hw_accounting_records_text(const json_t *result, struct hw_output *out);

/* explain_route.c */
enum hw_exit hw_explain(struct hw_call *call);
void hw_explain_text(const json_t *result, struct hw_output *out);

/* store.c: the store that --data, or --url and --key-file, name. On HW_FINE *store is the caller's
 * to close. `where` is for sentences about it. */
enum hw_exit hw_store_open(struct hw_call *call, bool read_only, struct store **store,
                           const char **where);

/* explain.c */
enum hw_exit hw_explain_mbr(struct hw_call *call);
void hw_explain_mbr_text(const json_t *result, struct hw_output *out);

/* attach.c */
enum hw_exit hw_attach(struct hw_call *call);
enum hw_exit hw_detach(struct hw_call *call);
enum hw_exit hw_usage(struct hw_call *call);
void hw_usage_text(const json_t *result, struct hw_output *out);
void hw_attach_text(const json_t *result, struct hw_output *out);
void hw_detach_text(const json_t *result, struct hw_output *out);

/* wait.c */
enum hw_exit hw_wait(struct hw_call *call);

/* subscriber.c */
enum hw_exit hw_subscriber_add(struct hw_call *call);
enum hw_exit hw_subscriber_edit(struct hw_call *call);
enum hw_exit hw_subscriber_list(struct hw_call *call);
enum hw_exit hw_subscriber_enable(struct hw_call *call);
enum hw_exit hw_subscriber_disable(struct hw_call *call);
enum hw_exit hw_subscriber_delete(struct hw_call *call);
enum hw_exit hw_subscriber_import(struct hw_call *call);
void hw_subscriber_list_text(const json_t *result, struct hw_output *out);
void hw_subscriber_export_text(const json_t *result, struct hw_output *out);
void hw_subscriber_done_text(const json_t *result, struct hw_output *out);

/* store.c */
enum hw_exit hw_store_check(struct hw_call *call);
void hw_store_check_text(const json_t *result, struct hw_output *out);
enum hw_exit hw_store_migrate(struct hw_call *call);
void hw_store_migrate_text(const json_t *result, struct hw_output *out);
void hw_store_migrate_progress(const json_t *progress, struct hw_output *out);
enum hw_exit hw_store_rekey(struct hw_call *call);
void hw_store_rekey_text(const json_t *result, struct hw_output *out);

/* decode.c */
enum hw_exit hw_decode(struct hw_call *call);
void hw_decode_text(const json_t *result, struct hw_output *out);

/* demo.c */
enum hw_exit hw_demo(struct hw_call *call);
void hw_demo_text(const json_t *result, struct hw_output *out);
void hw_demo_progress(const json_t *progress, struct hw_output *out);

#endif
