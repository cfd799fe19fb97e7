/* SPDX-License-Identifier: Apache-2.0 */
#include "config_compare.h"

static bool text_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool endpoint_same(const struct hw_endpoint *a, const struct hw_endpoint *b)
{
	return text_same(a->host, b->host) && a->port == b->port;
}

static bool value_same(enum hw_type type, const void *a, const void *b)
{
	switch (type) {
	case HW_TYPE_TEXT:
		return text_same(*(const char *const *)a, *(const char *const *)b);
	case HW_TYPE_IDENTITY:
	case HW_TYPE_REALM:
	case HW_TYPE_PATTERN:
	case HW_TYPE_WORD:
		return dm_bytes_equal(*(const struct dm_bytes *)a, *(const struct dm_bytes *)b);
	case HW_TYPE_LISTEN:
	case HW_TYPE_CONNECT:
	case HW_TYPE_DNS:
		return endpoint_same(a, b);
	default:
		return memcmp(a, b, hw_type_size(type)) == 0;
	}
}

static bool list_same(enum hw_type type, const struct hw_list *a, const struct hw_list *b)
{
	size_t size = hw_type_size(type);

	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!value_same(type, (const char *)a->at + i * size,
		                (const char *)b->at + i * size))
			return false;
	}
	return true;
}

static bool option_same(const struct hw_option *option, const void *a, const void *b)
{
	const char *in_a = (const char *)a + option->offset;
	const char *in_b = (const char *)b + option->offset;

	if (option->list)
		return list_same(option->type, (const struct hw_list *)(const void *)in_a,
		                 (const struct hw_list *)(const void *)in_b);
	return value_same(option->type, in_a, in_b);
}

bool hw_block_same(const struct hw_block *block, const void *a, const void *b)
{
	if (block->title.name && !option_same(&block->title, a, b))
		return false;
	for (size_t i = 0; i < block->option_count; i++) {
		if (!option_same(&block->options[i], a, b))
			return false;
	}
	return true;
}

bool hw_blocks_same(const struct hw_block *block, const struct hw_config *a,
                    const struct hw_config *b)
{
	const void *in_a = (const char *)a + block->offset;
	const void *in_b = (const char *)b + block->offset;
	const struct hw_list *list_a = in_a;
	const struct hw_list *list_b = in_b;

	if (!block->many)
		return hw_block_same(block, in_a, in_b);
	if (list_a->count != list_b->count)
		return false;
	for (size_t i = 0; i < list_a->count; i++) {
		if (!hw_block_same(block, (const char *)list_a->at + i * block->size,
		                   (const char *)list_b->at + i * block->size))
			return false;
	}
	return true;
}

unsigned hw_block_line(const struct hw_block *block, const struct hw_config *config)
{
	const void *at = (const char *)config + block->offset;
	const struct hw_list *list = at;

	if (block->many)
		at = list->count ? list->at : NULL;
	return at ? ((const struct hw_block_head *)at)->line : 0;
}
