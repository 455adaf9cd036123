import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { EnvironmentSpec, TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

/** The tiers `web` and `api`, whose workload `server` has three ports and is reachable as a test says. */
const reachable = (...reachableFrom: NonNullable<WorkloadSpec['reachableFrom']>) => {
  const tiers: Readonly<Record<string, TierSpec>> = {
    web: { description: 'x', workloads: { site: { kind: 'Deployment' } } },
    api: { description: 'x', workloads: { server: { kind: 'Deployment', port: 4000, ports, reachableFrom } } },
  }
  return { tiers }
}
const ports = { metrics: 9090, stream: { port: 5000, protocol: 'UDP' } } as const
const server = 'catalogue tier "api" workload "server"'
const controllers = { public: { namespace: 'edge' }, internal: { namespace: 'traefik' } }
const dev = (fields: Partial<EnvironmentSpec>) => ({ environments: { dev: environment(fields) } })

ruleTest('a source with ports of its own is known too', {
  refuses: reachable({ from: 'wep', ports: ['metrics'] }),
  telling: [
    {
      code: 'SOURCE_UNKNOWN',
      where: server,
      message:
        'reachableFrom names "wep", which does not exist. Did you mean "web"? Expected "ingress-controller", a tier, or a workload as tier/workload.',
    },
  ],
  accepts: reachable({ from: 'web', ports: ['metrics'] }),
})

ruleTest('an ingress controller that no environment has is not known', {
  refuses: { ...reachable('ingress-controller/publik'), ...dev({ ingressControllers: controllers }) },
  telling: [
    {
      code: 'SOURCE_UNKNOWN',
      where: server,
      message:
        'reachableFrom names "ingress-controller/publik", which does not exist. Did you mean "ingress-controller/public"? Expected "ingress-controller", a tier, or a workload as tier/workload.',
    },
  ],
  accepts: { ...reachable('ingress-controller/public'), ...dev({ ingressControllers: controllers }) },
})

const live = (fields: Partial<EnvironmentSpec>) => ({
  environments: {
    dev: environment({ ingressControllers: controllers }),
    live: environment({ kubeContext: 'live', projectId: projects.other, ...fields }),
  },
})

ruleTest('an ingress controller that some environment has, all of them have', {
  refuses: { ...reachable('ingress-controller/internal'), ...live({ ingressNamespace: 'edge' }) },
  telling: [
    {
      code: 'INGRESS_CONTROLLER_UNKNOWN',
      where: 'environment "live"',
      message:
        'has no ingress controller "internal", which may connect to "api/server". Expected it in ingressControllers.',
    },
  ],
  accepts: {
    ...reachable('ingress-controller/internal'),
    ...live({ ingressControllers: { internal: { namespace: 'edge' } } }),
  },
})

ruleTest('no tier is called like the public addresses', {
  refuses: { tiers: { internet: { description: 'x', workloads: {} } } },
  telling: [
    {
      code: 'TIER_NAME_RESERVED',
      where: 'catalogue tier "internet"',
      message: '"internet" in reachableFrom means every public address. Expected another name for a tier.',
    },
  ],
  accepts: { tiers: { intranet: { description: 'x', workloads: {} } } },
})

const needless = (source: string, fact: string) => ({
  code: 'SOURCE_NEEDLESS',
  where: server,
  message: `reachableFrom names "${source}" needlessly: ${fact}. Expected only sources that add something.`,
  severity: 'warning' as const,
})

for (const [title, sources, telling] of [
  [
    'one workload beside its tier',
    ['web', { from: 'web/site', ports: [4000] }],
    needless('web/site', 'all of tier "web" is listed'),
  ],
  [
    'the same with fewer ports',
    [{ from: 'web', ports: ['metrics', 4000] }, 'web'],
    needless('web', 'it is listed twice'),
  ],
  [
    'one ingress controller beside all',
    ['ingress-controller', 'ingress-controller/public'],
    needless('ingress-controller/public', 'every ingress controller is listed'),
  ],
  [
    'some pods of a namespace beside all',
    [{ namespace: 'monitoring' }, { namespace: 'monitoring', podLabels: { app: 'x' } }],
    needless('monitoring, app=x', '"monitoring" is listed'),
  ],
  [
    'a part of a network beside it',
    [{ cidr: '10.0.0.0/8' }, { cidr: '10.4.0.0/16' }],
    needless('10.4.0.0/16', '"10.0.0.0/8" is listed'),
  ],
] as const) {
  ruleTest(`what adds nothing is told: ${title}`, {
    refuses: { ...reachable(...sources), ...dev({ ingressControllers: controllers }) },
    telling: [telling],
    accepts: reachable('web', { from: 'web/site', ports: ['metrics'] }, { namespace: 'monitoring', ports: [9090] }),
  })
}

test('a workload with named ports alone is reachable', () => {
  const server: WorkloadSpec = { kind: 'Deployment', ports, reachableFrom: ['web', 'internet', { cidr: '10.0.0.0/8' }] }
  const application = applicationWith({
    tiers: { ...reachable().tiers, api: { description: 'x', workloads: { server } } },
  })
  expect(checkApplication(application)).toEqual([])
})
