import { expect, test } from 'vitest'
import {
  planRemovals,
  type RemovedTarget,
  readRemovedTargets,
  removedTargetProblem,
} from '../../../../scripts/inspect/plan/removals.ts'
import { KubernetesError } from '../../../../scripts/kubernetes/errors.ts'
import type { Kind } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

/** Somebody who may list namespaces, and all else in these namespaces alone. */
const confinedTo = (...namespaces: string[]) => ({
  list: async ({ kind, namespaced }: Kind, { namespace }: { readonly namespace?: string } = {}) => {
    if (kind === 'Namespace') return { items: ['shop-api', 'shop-web'].map((name) => ({ metadata: { name } })) }
    if (namespaced && !namespaces.includes(namespace ?? ''))
      throw new KubernetesError(`GET ${kind}`, 403, 'Forbidden', 'no')
    return { items: kind === 'ExternalSecret' ? [{ metadata: { namespace, name: 'secrets' } }] : [] }
  },
})

test('a tier that left the catalogue is seen by who may look at its namespace alone', async () => {
  const model = resolve(applicationWith({ tiers: { api: { description: 'Api', workloads: {} } }, secrets: [] }), 'dev')
  const removed = async (...namespaces: string[]) =>
    (await planRemovals(confinedTo(...namespaces) as never, model, []))
      .filter(({ kind }) => kind === 'ExternalSecret')
      .map(({ namespace }) => namespace)
  expect(await removed('shop-secrets', 'shop-api', 'shop-web')).toEqual(['shop-api', 'shop-web'])
  // Nothing can be removed from there either.
  expect(await removed('shop-secrets', 'shop-api')).toEqual(['shop-api'])
  await expect(removed('shop-secrets', 'shop-web')).rejects.toMatchObject({ status: 403 })
})

const target = { namespace: 'shop-api', name: 'api-secrets', keys: ['A'], readers: [] }
const problem = (change: Partial<RemovedTarget>) => removedTargetProblem({ ...target, ...change })

test('a target that goes is reported with its keys, and that nothing reads it', () => {
  expect(problem({})).toMatchObject({
    code: 'TARGET_REMOVED',
    where: 'Secret/shop-api/api-secrets',
    message: expect.stringMatching(/^will be DELETED, with 1 key: .*; no workload of its namespace reads it\. /),
    severity: 'warning',
  })
  expect(problem({ keys: ['A', 'B'] }).message).toContain('with 2 keys:')
})

test('its readers are named, and one that does not start without it is an error', () => {
  const ui = { workload: 'Deployment/ui', optional: true }
  const optional = problem({ readers: [ui] })
  expect(optional.message).toContain('it is read by Deployment/ui (starts without it)')
  expect(optional.severity).toBe('warning')
  const required = problem({ readers: [ui, { workload: 'Job/load', optional: false }] })
  expect(required.message).toContain('Deployment/ui (starts without it), Job/load (does NOT start without it)')
  expect(required.severity).toBeUndefined()
})

test('what may not be read is not claimed to be absent', () => {
  const { message, severity } = problem({ keys: undefined, readers: undefined })
  expect(message).toMatch(/^will be DELETED: .*; you may not see its readers\. /)
  expect(severity).toBe('warning')
})

test('an Ingress that serves the certificate of a target is one of its readers', async () => {
  const front = { metadata: { namespace: 'shop-web', name: 'front' }, spec: { tls: [{ secretName: 'web-tls' }] } }
  const client = {
    get: async () => ({ metadata: { name: 'web-tls' }, data: { 'tls.crt': '' } }),
    list: async ({ kind }: Kind) => ({ items: kind === 'Ingress' ? [front] : [] }),
    kindNamed: async () => undefined,
  }
  const removal = { kind: 'ExternalSecret', namespace: 'shop-web', action: 'remove' as const, fields: [] }
  const removals = ['web-tls', 'web-other'].map((name) => ({ ...removal, name }))
  const problems = (await readRemovedTargets(client as never, removals)).map(removedTargetProblem)
  expect(problems.map(({ severity = 'error' }) => severity)).toEqual(['error', 'warning'])
  expect(problems[0]?.message).toContain('it is read by Ingress/front (serves without its certificate)')
})
