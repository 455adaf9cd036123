import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { KubernetesClient } from '../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import type { KubernetesObject } from '../../../scripts/kubernetes/kinds.ts'
import { acquireLease, type LeaseOptions } from '../../../scripts/kubernetes/lease.ts'
import { problemOf } from '../../helpers/problems.ts'

interface LeaseSpec {
  readonly holderIdentity?: string | null
  readonly renewTime?: string | null
  readonly leaseDurationSeconds?: number
}

type Stored = KubernetesObject & { readonly spec: LeaseSpec }

const ref = { namespace: 'shop-secrets', name: 'rotate' }

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A cluster with one Lease, and a holder whose clock is off by so many milliseconds. */
function cluster(clockMs = 0) {
  let stored: Stored | undefined
  let count = 0
  const put = (spec: LeaseSpec) => {
    stored = { metadata: { ...ref, resourceVersion: String(++count) }, spec: { ...stored?.spec, ...spec } }
    return stored
  }
  const renewTime = () => new Date(Date.now() + clockMs).toISOString().replace('Z', '000Z')
  const client = {
    get: async () => stored,
    create: async (_kind: unknown, { spec }: Stored) => put(spec),
    async mergePatch(_kind: unknown, _ref: unknown, { metadata, spec }: Stored) {
      if (metadata.resourceVersion !== stored?.metadata.resourceVersion) throw new KubernetesError('PATCH', 409, '', '')
      return put(spec)
    },
  } as unknown as KubernetesClient
  return {
    client,
    /** Somebody takes it, or renews it, by a clock of his own. */
    renew: () => put({ holderIdentity: 'alice', renewTime: renewTime(), leaseDurationSeconds: 30 }),
    giveBack: () => put({ holderIdentity: null, renewTime: null }),
    holder: () => stored?.spec.holderIdentity,
  }
}

/** Tries to take it for ourselves, and what we are told while waiting. */
function taking(client: KubernetesClient, options: Partial<LeaseOptions> = {}) {
  const told: string[] = []
  const end = acquireLease(client, ref, { holder: 'us', onWait: (line) => void told.push(line), ...options })
  // Whoever awaits it later sees the failure all the same.
  end.catch(() => undefined)
  return { end, told }
}

const hours = [-5, -0.1, 0, 0.1, 5]

test.each(hours)('a live holder whose clock is %d hours off keeps its lease', async (off) => {
  const { client, renew, holder } = cluster(off * 3_600_000)
  renew()
  const { end, told } = taking(client)
  await vi.advanceTimersByTimeAsync(5_000)
  renew()
  await vi.advanceTimersByTimeAsync(1_000)
  const problem = await problemOf(end)
  expect(problem).toMatchObject({ code: 'LEASE_HELD', exitCode: 3 })
  expect(problem.message).toMatch(/^is held by alice, which renewed it at /)
  expect(holder()).toBe('alice')
  expect(told).toEqual([
    'Lease/shop-secrets/rotate is held by alice: waiting up to 30 s to see if that run is still active',
  ])
})

test.each(hours)('a dead holder whose clock was %d hours off is waited for as long as it wanted to be', async (off) => {
  const { client, renew, holder } = cluster(off * 3_600_000)
  renew()
  const { end } = taking(client, { durationMs: 1_000 })
  await vi.advanceTimersByTimeAsync(29_500)
  expect(holder()).toBe('alice')
  await vi.advanceTimersByTimeAsync(1_500)
  await using _lease = await end
  expect(holder()).toBe('us')
})

test('a lease that is given back is free at once, before and while somebody waits', async () => {
  const { client, renew, giveBack, holder } = cluster()
  renew()
  const { end, told } = taking(client)
  await vi.advanceTimersByTimeAsync(2_000)
  giveBack()
  await vi.advanceTimersByTimeAsync(500)
  const lease = await end
  expect([holder(), told.length]).toEqual(['us', 1])
  await lease[Symbol.asyncDispose]()
  const again = taking(client)
  await using _lease = await again.end
  expect([holder(), again.told]).toEqual(['us', []])
})
