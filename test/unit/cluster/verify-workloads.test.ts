import { expect, test } from 'vitest'
import type { PodTemplate } from '../../../scripts/cluster/pod-templates.ts'
import { verifyWorkloads } from '../../../scripts/cluster/verify-workloads.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { WorkloadSpec } from '../../../scripts/model/types.ts'
import { applicationWith } from '../../helpers/applications.ts'

/** What is told of a Deployment whose containers declare some ports. */
const told = (server: Partial<WorkloadSpec>, ports: PodTemplate['ports']) => {
  const workloads = { server: { kind: 'Deployment', ...server } } as const
  const [tier] = resolve(applicationWith({ tiers: { api: { description: 'x', workloads } } }), 'dev').tiers
  const template = { kind: 'Deployment', name: 'server', labels: { app: 'server' }, ports, hostNetwork: false }
  return tier ? verifyWorkloads(tier, [template as unknown as PodTemplate]) : []
}
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }) as const)
const udp = (port: number) => ({ protocol: 'UDP', port }) as const
const ports = { http: 3000, metrics: 9090, stream: { port: 5000, protocol: 'UDP' } } as const

test('every port of a workload is declared, by its protocol', () => {
  expect(told({ ports }, [...tcp(3000, 9090, 1), udp(5000)])).toEqual([])
  expect(told({ ports }, tcp(3000, 5000))).toMatchObject([
    {
      code: 'PORT_DIFFERS',
      where: 'Deployment/shop-api/server',
      message: 'its containers declare the ports 3000, 5000. Expected 9090, UDP 5000, which the network policies open.',
      fix: 'Correct ports of workload "server" of tier "api" in scripts/catalogue.ts.',
    },
  ])
})

test('a workload without a declared port is a warning, and without a port in the catalogue nothing', () => {
  expect(told({ ports: { http: 3000 } }, [])).toMatchObject([
    {
      code: 'PORT_UNDECLARED',
      message: 'its containers declare no port. Expected 3000, the only port that is opened.',
      severity: 'warning',
    },
  ])
  expect(told({}, tcp(3000))).toEqual([])
})
