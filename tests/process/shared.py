# SPDX-License-Identifier: Apache-2.0
"""Two home servers on one PostgreSQL, with what stands around them: Figure 7 twice over.

The proxy has both servers as next hops, the home agents are connected with both. A SharedNetwork
is a Network for all that only looks, so that load.py serves it too.
"""

import homeward
from homeward import HOME, LOOPBACK, VISITED, agent_block, free_port, node
from postgres import Cluster

SERVERS = (1, 2)
HOP = f'proxy.{VISITED}'


def server_name(number):
    return f'aaa{number}.{HOME}'


def server_config(number, port, url, key, agents=(1, 2), policy='linger = 1s', store='', more=''):
    return node(server_name(number), HOME, 'home-server', f'listen "127.0.0.1:{port}" {{}}',
                LOOPBACK, f'policy {{ {policy} }}', *(agent_block(agent) for agent in agents),
                *(f'peer "ha{agent}.{HOME}" {{}}' for agent in agents), homeward.WAY_BACK,
                f'store {{ url = "{url}"  key-file = "{key}"  lease = 2s  {store} }}', more)


def with_servers(identity, realm, role, ports, *parts):
    peers = [f'peer "{server_name(number)}" {{ connect = "127.0.0.1:{port}" }}'
             for number, port in ports.items()]
    names = ', '.join(f'"{server_name(number)}"' for number in ports)
    return node(identity, realm, role, *peers, *parts,
                f'route "{HOME}" {{ peers = {{ {names} }} }}')


def agent_config(number, ports):
    prefix = f'2001:db8:{number}:2::'
    return with_servers(f'ha{number}.{HOME}', HOME, 'home-agent', ports,
                        f'link "{prefix}/64" {{ address = "{prefix}1/64" }}')


class SharedNetwork(homeward.Network):
    # pylint: disable=super-init-not-called
    def __init__(self, farm, users=('alice', 'bob'), agents=(1, 2), url=None, databases=(),
                 **config):
        self.farm = farm
        self.databases = list(databases) or [Cluster().start()]
        self.url = url or self.databases[0].url()
        self.key = farm.folder / 'store.key'
        self.server_ports = {number: free_port() for number in SERVERS}
        self.servers_by_number = {}
        for number in SERVERS:
            text = server_config(number, self.server_ports[number], self.url, self.key,
                                 agents=agents, **config)
            self.servers_by_number[number] = farm.daemon(f'aaa{number}', text).start()
        self.server = self.servers_by_number[1]
        self.agents = {}
        for number in agents:
            self.agents[f'ha{number}.{HOME}'] = farm.daemon(
                f'ha{number}', agent_config(number, self.server_ports)).start()
        proxy_port = free_port()
        self.proxy = farm.daemon('proxy', with_servers(
            HOP, VISITED, 'proxy', self.server_ports, f'listen "127.0.0.1:{proxy_port}" {{}}',
            LOOPBACK)).start()
        self.nas = {}
        for number in (1, 2):
            text = homeward.nas_config(number, HOP, proxy_port)
            self.nas[number] = farm.daemon(f'nas{number}', text).start()
        self.connected()
        if users:
            self.subscribe(*users)

    def close(self):
        """The servers before their database."""
        for server in self.servers():
            if server.process:
                server.stop()
        for database in self.databases:
            database.close()

    def running(self):
        return [server for server in self.servers_by_number.values() if server.process]

    def servers(self):
        return list(self.servers_by_number.values())

    def stores(self):
        agents = [str(agent.data) for agent in self.agents.values()]
        return [['--url', self.url, '--key-file', str(self.key), *agents],
                *(['--data', str(daemon.data)] for daemon in [self.proxy, *self.nas.values()])]

    def subscribe(self, *users):
        records = [homeward.subscriber(user) if isinstance(user, str) else user for user in users]
        self.running()[0].ask('subscriber-import', subscribers=records)

    def ports(self):
        return [self.server_ports[number] for number in SERVERS
                if self.servers_by_number[number].process]

    def connected(self):
        for server in self.running():
            for agent in self.agents:
                server.wait_open(agent)
            self.proxy.wait_open(f'{server.name}.{HOME}')
            server.wait_open(HOP)
        for nas in self.nas.values():
            nas.wait_open(HOP)

    def daemons(self):
        return [*self.servers(), *self.agents.values(), self.proxy, *self.nas.values()]

    # ---- what the database has: the truth of all servers ----

    def primary(self):
        return next(database for database in self.databases
                    if database.process and database.sql('SELECT pg_is_in_recovery()') == [['f']])

    def sessions(self):
        """As `sessions` of a home server tells them, but of all servers."""
        text = ("SELECT id, convert_from(user_name,'UTF8'), state, encode(home_address,'hex'), "
                "home_address_length, convert_from(keeper,'UTF8') FROM session ORDER BY id")
        states = ['allocated', 'active', 'lingering', 'ending']
        by_id = {}
        for number, user, state, address, length, keeper in self.primary().sql(text):
            by_id[number] = {'user_name': user, 'state': states[int(state)], 'keeper': keeper,
                             'home_address': f'{as_address(address)}/{length}', 'accesses': []}
        for session, name, host, realm in self.primary().sql(
                "SELECT session, convert_from(session_id,'UTF8'), "
                "convert_from(origin_host,'UTF8'), convert_from(origin_realm,'UTF8') FROM access"):
            if session in by_id:
                by_id[session]['accesses'].append(
                    {'session_id': name, 'origin_host': host, 'origin_realm': realm})
        return list(by_id.values())

    def agents_known(self):
        """What a server has in memory is a part; the database has no addresses left over."""
        return []


def pair_on(farm):
    """For a fixture: two servers, their database and what stands around them."""
    database = Cluster().start()
    try:
        made = SharedNetwork(farm, databases=[database])
        yield made
        made.close()
    finally:
        database.close()  # also when the network did not come up


def as_address(digits):
    groups = [digits[at:at + 4] for at in range(0, 32, 4)]
    return ':'.join(groups)
