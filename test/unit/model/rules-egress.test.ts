import { expect, test } from 'vitest'
import type { TierEgressSpec } from '../../../scripts/model/network/spec.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { applicationWith } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

/** Tier `web`, whose egress `orders` is as given, and tier `api`, whose workload `server` is open to it. */
const egress = (
  to: TierEgressSpec['to'],
  ports?: TierEgressSpec['ports'],
  server: Partial<WorkloadSpec> = {},
  web: Partial<TierSpec> = {},
) => {
  const orders: TierEgressSpec = { description: 'Orders', to, ...(ports ? { ports } : {}) }
  const tiers: Readonly<Record<string, TierSpec>> = {
    web: { description: 'x', workloads: { site: { kind: 'Deployment' } }, egress: { orders }, ...web },
    api: {
      description: 'x',
      workloads: {
        server: { kind: 'Deployment', port: 4000, ports: { metrics: 9090 }, reachableFrom: ['web'], ...server },
        worker: { kind: 'Job' },
      },
    },
  }
  return { tiers }
}
const where = 'catalogue tier "web" egress "orders"'
const fine = egress({ tier: 'api', workload: 'server' })

ruleTest('egress goes to a tier that exists', {
  refuses: egress({ tier: 'apis' }),
  telling: [
    {
      code: 'EGRESS_UNKNOWN',
      where,
      message: 'goes to tier "apis", which does not exist. Did you mean "api"? Expected "web" and "api".',
    },
  ],
  accepts: egress({ tier: 'api' }),
})

ruleTest('egress goes to a workload that exists', {
  refuses: egress({ tier: 'api', workload: 'servers' }),
  telling: [
    {
      code: 'EGRESS_UNKNOWN',
      where,
      message:
        'goes to workload "servers" of tier "api", which does not exist. Did you mean "server"? Expected a workload of this tier.',
    },
  ],
  accepts: fine,
})

for (const [to, target] of [
  [{ tier: 'api', workload: 'server' }, 'workload "api/server", whose reachableFrom does not name'],
  [{ tier: 'api' }, 'tier "api", where no reachableFrom names'],
] as const) {
  ruleTest(`egress opens nothing by itself: ${target}`, {
    refuses: egress(to, undefined, { reachableFrom: ['ingress-controller'] }),
    telling: [
      {
        code: 'EGRESS_NOT_REACHABLE',
        where,
        message: `goes to ${target} tier "web" or a workload of it. Expected it there: only reachableFrom opens a tier.`,
      },
    ],
    accepts: egress(to, undefined, { reachableFrom: ['web/site'] }),
  })
}

ruleTest('egress names ports that its destination has', {
  refuses: egress({ tier: 'api', workload: 'server' }, ['metrix', 4000]),
  telling: [
    {
      code: 'PORT_UNKNOWN',
      where,
      message:
        'is to reach the port "metrix", which its destination does not have. Did you mean "metrics"? Expected 4000.',
    },
  ],
  accepts: egress({ tier: 'api', workload: 'server' }, [4000]),
})

ruleTest('egress names ports that are open to its tier', {
  refuses: egress({ tier: 'api' }, ['metrics']),
  telling: [
    {
      code: 'EGRESS_PORT_CLOSED',
      where,
      message: 'is to reach the port "metrics", which its destination does not open to tier "web". Expected 4000.',
    },
  ],
  accepts: egress({ tier: 'api' }, ['metrics'], { reachableFrom: ['web', { from: 'web/site', ports: ['metrics'] }] }),
})

ruleTest('egress has no empty list of ports', {
  refuses: egress({ tier: 'api' }, []),
  telling: [{ code: 'PORTS_INVALID', where, message: 'ports is empty. Expected the ports it is for, each once.' }],
  accepts: egress({ tier: 'api' }),
})

ruleTest('a tier that is open inside needs no egress to itself', {
  refuses: egress({ tier: 'web' }, undefined, {}, { internalTraffic: 'open' }),
  telling: [
    {
      code: 'EGRESS_NEEDLESS',
      where,
      message:
        'goes to tier "web" needlessly: the tier is open inside, so every pod of it may connect. Expected another tier.',
      severity: 'warning',
    },
  ],
  accepts: fine,
})

test.each([[{ tier: 'api', namespace: 'x' }], [{ tier: 5 }], [{ workload: 'server' }]])(
  'an egress to %j is reported',
  (to) => {
    const { tiers } = egress(to as never)
    expect(checkApplication(applicationWith({ tiers })).map(({ code, where }) => [code, where])).toEqual([
      ['SHAPE_INVALID', where],
    ])
  },
)

test('an egress to a tier has no protocol: its ports have one', () => {
  const { tiers } = egress({ tier: 'api' })
  const web = { ...tiers.web, egress: { orders: { ...tiers.web?.egress?.orders, protocol: 'UDP' } } } as never
  expect(checkApplication(applicationWith({ tiers: { ...tiers, web } })).map(({ message }) => message)).toEqual([
    'has an unknown field "protocol". Expected only description, to, ports.',
  ])
})
