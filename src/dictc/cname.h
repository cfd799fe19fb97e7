/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cname: the names of things in C (diameter/codec/descriptor.h fixes them).
 *
 * Lower case, every octet that C does not take is `_`. A name that begins with the prefix loses it
 * right behind the prefix: MIP6-SA-Protocol of prefix mip6 is struct mip6_sa_protocol. Elsewhere it
 * is whole, so that grep finds it: mip6_avp_mip6_sa_protocol, member mip6_sa_protocol.
 */
#ifndef DICTC_CNAME_H
#define DICTC_CNAME_H

#include "model.h"

#define DICTC_NAME_LIMIT 80 /* octets of any name in a grammar */

struct dictc_c_name {
	char text[4 * DICTC_NAME_LIMIT];
};

/* prefix_name: of a struct or an enum. */
struct dictc_c_name dictc_c_type(const struct dictc_grammar *grammar, const char *name);
/* prefix_kind_name: of a table. */
struct dictc_c_name dictc_c_object(const struct dictc_grammar *grammar, const char *kind,
                                   const char *name);
/* PREFIX_KIND_NAME: of a constant. `kind` may be an AVP's name: PREFIX_TERMINATION_CAUSE_LOGOUT. */
struct dictc_c_name dictc_c_constant(const struct dictc_grammar *grammar, const char *kind,
                                     const char *name);
/* Of a member; a word that C or the structs' own members have taken gets a `_` behind it. */
struct dictc_c_name dictc_c_member(const char *name);
/* prefix_grammar, or prefix_name_grammar when the name differs from the prefix. */
struct dictc_c_name dictc_c_grammar(const struct dictc_grammar *grammar);

#endif
