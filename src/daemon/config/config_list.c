/* SPDX-License-Identifier: Apache-2.0 */
#include "config_list.h"

#include "config_schema.h"

#include <stdio.h>

static void list_option(const struct hw_option *option)
{
	printf("\t%s = %s%s", option->name, option->list ? "list of " : "",
	       hw_type_name(option->type));
	for (size_t i = 0; option->choices && option->choices[i]; i++)
		printf("%s%s", i ? " | " : " ", option->choices[i]);
	if (option->default_text)
		printf("  (default %s)", option->default_text);
	if (option->required)
		printf("  (required)");
	printf("\n\t\t%s\n", option->help);
}

static void list_block(const struct hw_block *block)
{
	if (block->name)
		printf("%s%s {}%s\n", block->name, block->title.name ? " \"...\"" : "",
		       block->many ? ", any number" : "");
	if (block->help)
		printf("\t%s\n", block->help);
	for (size_t i = 0; i < block->option_count; i++)
		list_option(&block->options[i]);
}

void hw_config_list(void)
{
	list_block(&hw_config_root);
	for (size_t i = 0; i < hw_config_block_count; i++)
		list_block(&hw_config_blocks[i]);
}
