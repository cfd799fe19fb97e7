%% SPDX-License-Identifier: Apache-2.0
%% A Diameter server of Erlang/OTP that answers MBR with an MBA, so that `make bench` can measure
%% OTP's diameter beside ours at the same request; with the dictionary that dictc wrote for it.
%%
%% usage: erl -noshell -pa DIR -s erlang_answer main -extra DICTIONARY [tuned]
%% Listens on a free port of 127.0.0.1, prints it as one line, and runs until it is ended. `tuned'
%% turns off what a server can do without: counters of traffic, strings as lists.
-module(erlang_answer).

-export([main/0]).
-export([peer_up/3, peer_down/3, handle_request/3]).

-include_lib("diameter/include/diameter.hrl").

-define(SERVICE, bench).
-define(HOST, "otp.home.example.net").
-define(REALM, "home.example.net").
-define(MIP6, 33554438).

main() ->
    [Dictionary | Tuned] = init:get_plain_arguments(),
    ok = diameter:start(),
    ok = diameter:start_service(?SERVICE, options(Tuned) ++ [
        {'Origin-Host', ?HOST}, {'Origin-Realm', ?REALM}, {'Vendor-Id', 0},
        {'Product-Name', "OTP"}, {'Auth-Application-Id', [?MIP6]},
        {restrict_connections, false}, {decode_format, map},
        {application, [{alias, mip6}, {dictionary, list_to_atom(Dictionary)},
                       {module, ?MODULE}, {call_mutates_state, false}]}]),
    {ok, _} = diameter:add_transport(?SERVICE, {listen, [
        {transport_module, diameter_tcp},
        {transport_config, [{ip, {127, 0, 0, 1}}, {port, 0}, {nodelay, true}]}]}),
    io:format("~w~n", [port()]).

options(["tuned"]) -> [{string_decode, false}, {traffic_counters, false}];
options([]) -> [].

%% The port is the kernel's choice: it is read back from the one socket that listens.
port() ->
    case [Port || Socket <- erlang:ports(),
                  erlang:port_info(Socket, name) =:= {name, "tcp_inet"},
                  {ok, {_, Port}} <- [inet:sockname(Socket)]] of
        [Port | _] -> Port;
        [] -> timer:sleep(20), port()
    end.

peer_up(_Service, _Peer, State) -> State.
peer_down(_Service, _Peer, State) -> State.

handle_request(#diameter_packet{msg = ['MBR' | Request], errors = []}, _Service, {_, Caps}) ->
    #{'Session-Id' := Session, 'Auth-Request-Type' := Type} = Request,
    #diameter_caps{origin_host = {Host, _}, origin_realm = {Realm, _}} = Caps,
    {reply, ['MBA' | #{'Session-Id' => Session, 'Auth-Application-Id' => ?MIP6,
                       'Auth-Request-Type' => Type, 'Result-Code' => 2001,
                       'Origin-Host' => Host, 'Origin-Realm' => Realm}]};
handle_request(_Packet, _Service, _Peer) ->
    {answer_message, 5012}.
