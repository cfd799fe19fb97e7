/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/demo/ladder.h"

#include <string.h>

enum { TIME_WIDTH = 9, FIRST = TIME_WIDTH + 4, PITCH = 12, MARGIN = 6 };

/* One character of the terminal, as UTF-8. */
struct cell {
	char glyph[5];
	enum hw_colour colour;
};

struct line {
	struct cell cells[HW_LADDER_WIDTH];
	size_t end; /* behind the last one that is not blank */
};

struct glyphs {
	const char *lifeline, *dash, *right, *left, *gone;
};

static const struct glyphs unicode_glyphs = { "│", "─", "▶", "◀", "✗" };
static const struct glyphs ascii_glyphs = { "|", "-", ">", "<", "x" };

static const struct glyphs *glyphs_of(const struct hw_output *out)
{
	return out->unicode ? &unicode_glyphs : &ascii_glyphs;
}

static size_t column_at(size_t node)
{
	return FIRST + node * PITCH;
}

/* How far to the right notes may run. */
static size_t width_of(const struct hw_ladder *ladder)
{
	return column_at(ladder->count - 1) + MARGIN + 1;
}

static void line_clear(struct line *line)
{
	for (size_t i = 0; i < HW_LADDER_WIDTH; i++)
		line->cells[i] = (struct cell){ .glyph = " " };
	line->end = 0;
}

static void put(struct line *line, size_t at, const char *glyph, size_t octets,
                enum hw_colour colour)
{
	if (at >= HW_LADDER_WIDTH)
		return;
	memcpy(line->cells[at].glyph, glyph, octets);
	line->cells[at].glyph[octets] = '\0';
	line->cells[at].colour = colour;
	if (at + 1 > line->end)
		line->end = at + 1;
}

static size_t glyph_octets(const char *text)
{
	size_t size = 1;

	while (size < 4 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size++;
	return size;
}

static void put_glyph(struct line *line, size_t at, const char *glyph, enum hw_colour colour)
{
	put(line, at, glyph, glyph_octets(glyph), colour);
}

static void put_text(struct line *line, size_t at, const char *text, enum hw_colour colour)
{
	while (*text) {
		size_t octets = glyph_octets(text);

		put(line, at++, text, octets, colour);
		text += octets;
	}
}

static void put_lifelines(const struct hw_ladder *ladder, struct line *line,
                          const struct glyphs *glyphs)
{
	for (size_t i = 0; i < ladder->count; i++)
		if (!ladder->gone[i])
			put_glyph(line, column_at(i), glyphs->lifeline, HW_DIM);
}

/* Runs of one colour are printed at once. */
static void line_print(const struct line *line, struct hw_output *out)
{
	size_t at = 0;

	while (at < line->end) {
		enum hw_colour colour = line->cells[at].colour;
		char run[HW_LADDER_WIDTH * 4 + 1];
		size_t size = 0;

		for (; at < line->end && line->cells[at].colour == colour; at++) {
			size_t octets = strlen(line->cells[at].glyph);

			memcpy(run + size, line->cells[at].glyph, octets);
			size += octets;
		}
		run[size] = '\0';
		hw_output_print(out, colour, "%s", run);
	}
	hw_output_print(out, HW_PLAIN, "\n");
}

void hw_ladder_head(const struct hw_ladder *ladder, struct hw_output *out)
{
	struct line line;

	line_clear(&line);
	put_text(&line, TIME_WIDTH - 3, "ms", HW_DIM);
	for (size_t i = 0; i < ladder->count; i++) {
		size_t half = hw_text_width(ladder->names[i]) / 2;

		put_text(&line, column_at(i) - half, ladder->names[i], HW_BOLD);
	}
	line_print(&line, out);
}

static size_t node_named(const struct hw_ladder *ladder, const json_t *name)
{
	for (size_t i = 0; name && i < ladder->count; i++)
		if (strcmp(ladder->names[i], json_string_value(name)) == 0)
			return i;
	return HW_LADDER_COLUMNS;
}

static void put_time(struct line *line, const json_t *event)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%8.2f",
	               json_number_value(json_object_get(event, "ms")));
	put_text(line, 0, text, HW_DIM);
}

static void put_arrow(struct line *line, size_t from, size_t to, const char *label,
                      enum hw_colour colour, const struct glyphs *glyphs)
{
	bool right = from < to;
	size_t low = column_at(right ? from : to), high = column_at(right ? to : from);
	size_t room = high - low - 1;
	size_t width = hw_text_width(label);
	size_t at = low + 1 + (room > width ? (room - width) / 2 : 0);

	for (size_t i = low + 1; i < high; i++)
		put_glyph(line, i, glyphs->dash, colour);
	put_glyph(line, right ? high - 1 : low + 1, right ? glyphs->right : glyphs->left, colour);
	put_text(line, at, label, colour == HW_PLAIN ? HW_BOLD : colour);
}

/* Where notes stand: behind the lifeline of `node`, or one further left so that the widest does not
 * run over the edge. */
static size_t notes_at(const struct hw_ladder *ladder, const json_t *notes, size_t node)
{
	size_t widest = 0, index;
	char text[HW_LADDER_WIDTH];
	json_t *note;

	json_array_foreach((json_t *)notes, index, note)
	{
		hw_output_value(note, HW_SHOW_PLAIN, text, sizeof(text));
		if (hw_text_width(text) > widest)
			widest = hw_text_width(text);
	}
	while (node > 0 && column_at(node) + 2 + widest > width_of(ladder))
		node--;
	return column_at(node) + 2;
}

static void print_notes(const struct hw_ladder *ladder, const json_t *event, size_t node,
                        struct hw_output *out)
{
	const json_t *notes = json_object_get(event, "notes");
	size_t at = notes_at(ladder, notes, node), index;
	json_t *note;

	json_array_foreach((json_t *)notes, index, note)
	{
		struct line line;
		char text[HW_LADDER_WIDTH];

		hw_output_value(note, HW_SHOW_PLAIN, text, sizeof(text));
		line_clear(&line);
		put_lifelines(ladder, &line, glyphs_of(out));
		put_text(&line, at, text, HW_CYAN);
		line_print(&line, out);
	}
}

static bool print_mark(struct hw_ladder *ladder, const json_t *event, struct hw_output *out)
{
	size_t node = node_named(ladder, json_object_get(event, "at"));
	struct line line;

	if (node == HW_LADDER_COLUMNS)
		return false;
	line_clear(&line);
	put_lifelines(ladder, &line, glyphs_of(out));
	put_time(&line, event);
	put_glyph(&line, column_at(node), glyphs_of(out)->gone, HW_RED);
	put_text(&line, column_at(node) + 2, json_string_value(json_object_get(event, "label")),
	         HW_RED);
	line_print(&line, out);
	ladder->gone[node] = ladder->gone[node] || json_is_true(json_object_get(event, "gone"));
	print_notes(ladder, event, node, out);
	return true;
}

bool hw_ladder_event(struct hw_ladder *ladder, const json_t *event, struct hw_output *out)
{
	size_t from = node_named(ladder, json_object_get(event, "from"));
	size_t to = node_named(ladder, json_object_get(event, "to"));
	bool refused = json_is_true(json_object_get(event, "refused"));
	struct line line;

	if (json_object_get(event, "at"))
		return print_mark(ladder, event, out);
	if (from == HW_LADDER_COLUMNS || to == HW_LADDER_COLUMNS || from == to)
		return false;
	line_clear(&line);
	put_lifelines(ladder, &line, glyphs_of(out));
	put_time(&line, event);
	put_arrow(&line, from, to, json_string_value(json_object_get(event, "label")),
	          refused ? HW_RED : HW_PLAIN, glyphs_of(out));
	line_print(&line, out);
	print_notes(ladder, event, from < to ? from : to, out);
	return true;
}
