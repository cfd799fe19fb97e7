/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freediameter_answer: an extension of freeDiameter 1.2.1 that answers MBR with an MBA, so that
 * `make bench` can measure that program beside ours at the same request.
 *
 * It gives the daemon the command's grammar (the AVPs are in its own dict_nasreq and dict_mip6i),
 * so that it parses and checks the request as it does with every application, and answers from the
 * dispatch thread that called it: the shortest way that its documentation shows.
 */
#include <freeDiameter/extension.h>

#define MIP6_APPLICATION 33554438u
#define MBR              16777214u

/* Its interface takes names that it does not change as char *. */
static char success[] = "DIAMETER_SUCCESS";
static char application_name[] = "Diameter MIPv6 Integrated";
static char request_name[] = "MIPv6-Bootstrapping-Request";
static char answer_name[] = "MIPv6-Bootstrapping-Answer";

static struct dict_object *auth_request_type;
static struct dict_object *auth_application_id;

static void need(struct dict_object *command, const char *name, enum rule_position position)
{
	struct dict_rule_data rule = { .rule_position = position,
		                       .rule_order = position == RULE_FIXED_HEAD,
		                       .rule_min = -1,
		                       .rule_max = 1 };

	CHECK_FCT_DO(fd_dict_search(fd_g_config->cnf_dict, DICT_AVP, AVP_BY_NAME, name,
	                            &rule.rule_avp, ENOENT),
	             return );
	CHECK_FCT_DO(fd_dict_new(fd_g_config->cnf_dict, DICT_RULE, &rule, command, NULL), return );
}

static int add_command(struct dict_object *application, char *name, uint8_t flags,
                       struct dict_object **out)
{
	struct dict_cmd_data data = { .cmd_code = MBR,
		                      .cmd_name = name,
		                      .cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
		                      .cmd_flag_val = flags };
	int error = fd_dict_new(fd_g_config->cnf_dict, DICT_COMMAND, &data, application, out);

	if (error)
		return error;
	need(*out, "Session-Id", RULE_FIXED_HEAD);
	need(*out, "Auth-Application-Id", RULE_REQUIRED);
	need(*out, "Origin-Host", RULE_REQUIRED);
	need(*out, "Origin-Realm", RULE_REQUIRED);
	need(*out, "Auth-Request-Type", RULE_REQUIRED);
	return 0;
}

static int add_number(struct msg *answer, struct dict_object *model, uint32_t number)
{
	union avp_value value = { .u32 = number };
	struct avp *avp;

	CHECK_FCT(fd_msg_avp_new(model, 0, &avp));
	CHECK_FCT(fd_msg_avp_setvalue(avp, &value));
	CHECK_FCT(fd_msg_avp_add(answer, MSG_BRW_LAST_CHILD, avp));
	return 0;
}

static int answer(struct msg **message, struct avp *avp, struct session *session, void *context,
                  enum disp_action *action)
{
	(void)avp;
	(void)session;
	(void)context;
	(void)action;
	CHECK_FCT(fd_msg_new_answer_from_req(fd_g_config->cnf_dict, message, 0));
	CHECK_FCT(fd_msg_rescode_set(*message, success, NULL, NULL, 1));
	CHECK_FCT(add_number(*message, auth_application_id, MIP6_APPLICATION));
	CHECK_FCT(add_number(*message, auth_request_type, 2));
	CHECK_FCT(fd_msg_send(message, NULL, NULL));
	return 0;
}

static int entry(char *file)
{
	struct dict_application_data data = { MIP6_APPLICATION, application_name };
	struct dictionary *dictionary = fd_g_config->cnf_dict;
	struct disp_when when = { 0 };
	struct dict_object *request, *reply;

	(void)file;
	CHECK_FCT(fd_dict_new(dictionary, DICT_APPLICATION, &data, NULL, &when.app));
	CHECK_FCT(add_command(when.app, request_name, CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
	                      &request));
	CHECK_FCT(add_command(when.app, answer_name, CMD_FLAG_PROXIABLE, &reply));
	CHECK_FCT(fd_dict_search(dictionary, DICT_AVP, AVP_BY_NAME, "Auth-Request-Type",
	                         &auth_request_type, ENOENT));
	CHECK_FCT(fd_dict_search(dictionary, DICT_AVP, AVP_BY_NAME, "Auth-Application-Id",
	                         &auth_application_id, ENOENT));
	when.command = request;
	CHECK_FCT(fd_disp_register(answer, DISP_HOW_CC, &when, NULL, NULL));
	CHECK_FCT(fd_disp_app_support(when.app, NULL, 1, 0));
	return 0;
}

EXTENSION_ENTRY("freediameter_answer", entry);
