/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/json_sort.h"

#include <stdlib.h>
#include <string.h>

struct element {
	json_t *value; /* borrowed */
	const json_t *member;
	size_t place;
};

/* Where it is missing comes first, then numbers, then texts. */
static int rank(const json_t *member)
{
	return json_is_string(member) ? 2 : json_is_integer(member) ? 1 : 0;
}

static int compare_members(const json_t *a, const json_t *b)
{
	int order = rank(a) - rank(b);

	if (order || rank(a) == 0)
		return order;
	if (json_is_string(a))
		return strcmp(json_string_value(a), json_string_value(b));
	return (json_integer_value(a) > json_integer_value(b)) -
	       (json_integer_value(a) < json_integer_value(b));
}

static int compare(const void *left, const void *right)
{
	const struct element *a = left, *b = right;
	int order = compare_members(a->member, b->member);

	return order ? order : (a->place > b->place) - (a->place < b->place);
}

json_t *hw_json_sorted(json_t *array, const char *key)
{
	size_t count = json_array_size(array);
	struct element *elements;
	json_t *copy;

	if (!json_is_array(array))
		return json_incref(array);
	elements = calloc(count ? count : 1, sizeof(*elements));
	copy = elements ? json_array() : NULL;
	for (size_t i = 0; copy && i < count; i++)
		elements[i] = (struct element){ json_array_get(array, i),
			                        json_object_get(json_array_get(array, i), key), i };
	if (copy)
		qsort(elements, count, sizeof(*elements), compare);
	for (size_t i = 0; copy && i < count; i++)
		(void)json_array_append(copy, elements[i].value);
	free(elements);
	return copy;
}
