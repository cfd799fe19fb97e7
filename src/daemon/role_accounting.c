/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role.h"
#include "io/members.h"

struct mip6_accounting_config hw_accounting_config(const struct hw_config *config)
{
	return (struct mip6_accounting_config){
		.send = config->accounting.send,
		.limit = config->accounting.queue,
		.retry = config->accounting.retry,
		.timeout = config->timers.request,
	};
}

static int restore_account(const struct store_account *account, void *accounting)
{
	return mip6_accounting_restore_account(accounting, account);
}

static int restore_owed(const struct store_owed *owed, void *accounting)
{
	return mip6_accounting_restore_owed(accounting, owed);
}

int hw_accounting_restore(struct hw_daemon *daemon, struct mip6_accounting *accounting)
{
	int error = store_each_account(daemon->store, restore_account, accounting);

	return error ? error : store_each_owed(daemon->store, restore_owed, accounting);
}

void hw_accounting_status(json_t *status, const struct mip6_accounting *accounting)
{
	hw_json_set_number(status, "accounts", accounting->accounts.count);
	hw_json_set_number(status, "records_owed", accounting->owed);
}

const char *const hw_accounting_blocks[] = { "accounting", NULL };

void hw_accounting_reload(struct mip6_accounting *accounting, const struct hw_config *after)
{
	const struct mip6_accounting_config config = hw_accounting_config(after);

	mip6_accounting_configure(accounting, &config);
}
