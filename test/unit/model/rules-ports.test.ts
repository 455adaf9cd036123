import type { TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { environment } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const server = (fields: Partial<WorkloadSpec>) => {
  const tiers: Readonly<Record<string, TierSpec>> = {
    web: { description: 'x', workloads: {} },
    api: { description: 'x', workloads: { server: { kind: 'Deployment', ...fields } } },
  }
  return { tiers }
}
const where = 'catalogue tier "api" workload "server"'
const ports = { metrics: 9090, stream: { port: 5000, protocol: 'UDP' } } as const

ruleTest('a named port is at most 65535', {
  refuses: server({ ports: { http: 70000 } }),
  telling: [{ code: 'PORT_INVALID', where, message: 'the port is 70000. Expected 1 to 65535.' }],
  accepts: server({ ports: { http: 65535 } }),
})

ruleTest('the port of the DNS is at most 65535', {
  refuses: { environments: { dev: environment({ dns: [{ cidr: '169.254.20.10/32', port: 70000 }] }) } },
  telling: [
    { code: 'PORT_INVALID', where: 'environment "dev" dns', message: 'the port is 70000. Expected 1 to 65535.' },
  ],
  accepts: { environments: { dev: environment({ dns: [{ cidr: '169.254.20.10/32', port: 5353 }] }) } },
})

for (const [title, refused, fact] of [
  ['no ports by name', { ports: {} }, 'ports is empty'],
  ['one port under two names', { ports: { http: 80, web: 80 } }, 'a port is listed twice'],
  ['one port as `port` and by name', { port: 80, ports: { http: 80 } }, 'a port is listed twice'],
  [
    'a source without ports',
    { port: 80, reachableFrom: [{ from: 'web', ports: [] }] },
    'ports of "web" in reachableFrom is empty',
  ],
  [
    'a source with a port twice',
    { port: 80, reachableFrom: [{ namespace: 'monitoring', ports: [80, 80] }] },
    'a port is listed twice in ports of "monitoring" in reachableFrom',
  ],
] as const) {
  ruleTest(`a list of ports has some, each once: ${title}`, {
    refuses: server(refused),
    telling: [{ code: 'PORTS_INVALID', where, message: `${fact}. Expected the ports it is for, each once.` }],
    accepts: server({ ports: { dns: 53, datagrams: { port: 53, protocol: 'UDP' } } }),
  })
}

for (const [choice, hint] of [
  ['metrix', ' Did you mean "metrics"?'],
  [9091, ''],
] as const) {
  ruleTest(`a source reaches ports that are there, and ${choice} is not`, {
    refuses: server({ port: 80, ports, reachableFrom: [{ namespace: 'monitoring', ports: [choice] }] }),
    telling: [
      {
        code: 'PORT_UNKNOWN',
        where,
        message: `"monitoring" in reachableFrom is to reach the port ${JSON.stringify(choice)}, which the workload does not have.${hint} Expected 80, "metrics" (TCP 9090) or "stream" (UDP 5000).`,
      },
    ],
    accepts: server({ port: 80, ports, reachableFrom: [{ namespace: 'monitoring', ports: ['metrics', 5000] }] }),
  })
}
