/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/report.h"

void hw_report_init(struct hw_report *report)
{
	*report = (struct hw_report){ 0 };
	dm_arena_init(&report->arena, 1 << 20);
}

void hw_report_fini(struct hw_report *report)
{
	dm_arena_fini(&report->arena);
}

void hw_report_add(struct hw_report *report, unsigned line, const char *format, ...)
{
	char buffer[512];
	struct dm_text text;
	struct dm_bytes kept;
	va_list list;

	report->found++;
	if (report->count == HW_REPORT_LIMIT)
		return;
	dm_text_init(&text, buffer, sizeof(buffer));
	va_start(list, format);
	dm_text_add_list(&text, format, list);
	va_end(list);
	kept = dm_arena_copy(&report->arena, dm_bytes_of(buffer, text.size + 1));
	if (!kept.at)
		return;
	report->findings[report->count++] =
		(struct hw_finding){ .line = line, .text = (const char *)kept.at };
}

/* Insertion: stable, and the list is short. */
void hw_report_sort(struct hw_report *report)
{
	for (size_t i = 1; i < report->count; i++) {
		struct hw_finding moving = report->findings[i];
		size_t at = i;

		for (; at > 0 && report->findings[at - 1].line > moving.line; at--)
			report->findings[at] = report->findings[at - 1];
		report->findings[at] = moving;
	}
}

void hw_report_each(const struct hw_report *report, const char *file,
                    void (*visit)(const char *text, void *context), void *context)
{
	char buffer[1024];
	struct dm_text text;

	for (size_t i = 0; i < report->count; i++) {
		const struct hw_finding *finding = &report->findings[i];

		dm_text_init(&text, buffer, sizeof(buffer));
		if (finding->line)
			dm_text_add(&text, "%s:%u: %s", file, finding->line, finding->text);
		else
			dm_text_add(&text, "%s: %s", file, finding->text);
		visit(buffer, context);
	}
	if (report->found == report->count)
		return;
	dm_text_init(&text, buffer, sizeof(buffer));
	dm_text_add(&text, "%s: %zu more errors; correct these first", file,
	            report->found - report->count);
	visit(buffer, context);
}
