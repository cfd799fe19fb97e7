%% SPDX-License-Identifier: Apache-2.0
%% A Diameter client of Erlang/OTP, with the dictionary that dictc wrote for it.
%%
%% usage: erl -noshell -pa DIR -s homeward_client main -extra ADDRESS PORT DICTIONARY USER [TLS...]
%% TLS is `before' (the CER) or `behind' (the CEA), and the files CERTIFICATE KEY CA.
%% CER/CEA, one MBR, two ACR of OTP's own accounting application (3), DPR. Prints one line `what value` for each thing that
%% came out; exits 0 when it got through all of it, whatever the Result-Codes.
-module(homeward_client).

-export([main/0]).
-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3,
         handle_answer/4, handle_error/4, handle_request/3]).

-include_lib("diameter/include/diameter.hrl").

-define(SERVICE, homeward).
-define(HOST, "otp.visited.example.org").
-define(REALM, "visited.example.org").
-define(HOME_REALM, "home.example.net").
-define(MIP6, 33554438).

main() ->
    [Address, Port, Dictionary, User | Tls] = init:get_plain_arguments(),
    try
        connect(Address, list_to_integer(Port), list_to_atom(Dictionary), Tls),
        Session = diameter:session_id(?HOST),
        report(mba, diameter:call(?SERVICE, mip6, mbr(Session, User))),
        report(start, diameter:call(?SERVICE, acct, acr(Session, User, 2, 0))),
        report(stop, diameter:call(?SERVICE, acct, acr(Session, User, 4, 1))),
        ok = diameter:stop_service(?SERVICE),
        io:format("done~n"),
        halt(0)
    catch
        Class:Reason:Stack ->
            io:format("failed ~0p~n", [{Class, Reason, Stack}]),
            halt(1)
    end.

%% Inband-Security-Id, and the options of the transport.
security([]) ->
    {[], []};
security(["before" | Files]) ->
    {[], [{ssl_options, true} | files(Files)]};
security(["behind" | Files]) ->
    {[1], [{ssl_options, files(Files)}]}.

files([Certificate, Key, CA]) ->
    {ok, _} = application:ensure_all_started(ssl),
    [{certfile, Certificate}, {keyfile, Key}, {cacertfile, CA}, {verify, verify_peer},
     {server_name_indication, disable}].

connect(Address, Port, Dictionary, Tls) ->
    {Inband, Options} = security(Tls),
    {ok, IP} = inet:parse_address(Address),
    ok = diameter:start(),
    true = diameter:subscribe(?SERVICE),
    ok = diameter:start_service(?SERVICE, [
        {'Origin-Host', ?HOST}, {'Origin-Realm', ?REALM}, {'Vendor-Id', 0},
        {'Product-Name', "OTP"}, {'Auth-Application-Id', [?MIP6]},
        {'Acct-Application-Id', [3]},
        {'Inband-Security-Id', Inband},
        {decode_format, map}, {string_decode, false}, {strict_mbit, true},
        {application, [{alias, mip6}, {dictionary, Dictionary}, {module, ?MODULE}]},
        {application, [{alias, acct}, {dictionary, diameter_gen_acct_rfc6733},
                       {module, ?MODULE}]}]),
    {ok, _} = diameter:add_transport(?SERVICE, {connect, [
        {transport_module, diameter_tcp},
        {transport_config, [{raddr, IP}, {rport, Port}, {reuseaddr, true} | Options]}]}),
    receive
        #diameter_event{info = {up, _, _, _, #diameter_packet{errors = Errors, msg = CEA}}} ->
            io:format("cea ~0p~ncea-errors ~0p~n", [result(CEA), Errors])
    after 15000 ->
        error(no_connection)
    end.

mbr(Session, User) ->
    ['MBR' | #{'Session-Id' => Session, 'Auth-Application-Id' => ?MIP6,
               'Origin-Host' => ?HOST, 'Origin-Realm' => ?REALM,
               'Destination-Realm' => ?HOME_REALM, 'Auth-Request-Type' => 2,
               'User-Name' => [User], 'MIP6-Feature-Vector' => [1]}].

acr(Session, User, Type, Number) ->
    ['ACR' | #{'Session-Id' => Session, 'Acct-Application-Id' => [3],
               'Origin-Host' => ?HOST, 'Origin-Realm' => ?REALM,
               'Destination-Realm' => ?HOME_REALM, 'User-Name' => [User],
               'Accounting-Record-Type' => Type, 'Accounting-Record-Number' => Number}].

result([_ | #{'Result-Code' := Code}]) -> Code;
result(Other) -> Other.

report(Name, #diameter_packet{msg = [_ | Fields] = Message, errors = Errors}) ->
    io:format("~s ~0p~n~s-errors ~0p~n", [Name, result(Message), Name, Errors]),
    maps:foreach(fun(Key, Value) -> io:format("~s-~s ~0p~n", [Name, Key, Value]) end, Fields);
report(Name, Other) ->
    error({Name, Other}).

%% The application's callbacks: requests are prepared by the caller, answers go back to it whole.
peer_up(_Service, _Peer, State) -> State.
peer_down(_Service, _Peer, State) -> State.
pick_peer([Peer | _], _, _Service, _State) -> {ok, Peer};
pick_peer([], _, _Service, _State) -> false.
prepare_request(#diameter_packet{msg = Message}, _Service, _Peer) -> {send, Message}.
prepare_retransmit(Packet, _Service, _Peer) -> {send, Packet}.
handle_answer(Packet, _Request, _Service, _Peer) -> Packet.
handle_error(Reason, _Request, _Service, _Peer) -> {error, Reason}.
handle_request(_Packet, _Service, _Peer) -> {answer_message, 3001}.
