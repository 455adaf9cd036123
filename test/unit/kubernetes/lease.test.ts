import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { KubernetesClient } from '../../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import type { KubernetesObject } from '../../../scripts/kubernetes/kinds.ts'
import { acquireLease, type LeaseOptions } from '../../../scripts/kubernetes/lease.ts'
import { pause } from '../../../scripts/lib/pause.ts'
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

/** What becomes of a request that writes: `swallowed` is never answered, `lost` is done and the answer is lost. */
type Fate = 'answered' | 'swallowed' | 'lost'

/** A cluster with one Lease, and a holder whose clock is off by so many milliseconds. */
function cluster(clockMs = 0) {
  let stored: Stored | undefined
  let count = 0
  let fate: Fate = 'answered'
  let open = 0
  let mostOpen = 0
  /** Ends with the signal alone, as a request whose packets are swallowed. */
  const swallow = async (signal: AbortSignal | undefined): Promise<never> => {
    mostOpen = Math.max(mostOpen, ++open)
    await pause(2 ** 30, signal).finally(() => open--)
    throw new Error('unreachable')
  }
  const put = (spec: LeaseSpec) => {
    stored = { metadata: { ...ref, resourceVersion: String(++count) }, spec: { ...stored?.spec, ...spec } }
    return stored
  }
  const renewTime = () => new Date(Date.now() + clockMs).toISOString().replace('Z', '000Z')
  const client = {
    get: async (_kind: unknown, _ref: unknown, signal?: AbortSignal) =>
      fate === 'swallowed' ? swallow(signal) : stored,
    create: async (_kind: unknown, { spec }: Stored) => {
      const made = put(spec)
      if (fate === 'lost') throw new Error('connection lost')
      return made
    },
    async mergePatch(_kind: unknown, _ref: unknown, { metadata, spec }: Stored, signal?: AbortSignal) {
      if (fate === 'swallowed') return swallow(signal)
      if (!stored) throw new KubernetesError('PATCH', 404, 'NotFound', '')
      if (metadata.resourceVersion !== stored.metadata.resourceVersion)
        throw new KubernetesError('PATCH', 409, 'Conflict', '')
      const made = put(spec)
      if (fate === 'lost') throw new Error('connection lost')
      return made
    },
  } as unknown as KubernetesClient
  return {
    client,
    /** Somebody takes it, or renews it, by another clock. */
    renew: () => put({ holderIdentity: 'alice', renewTime: renewTime(), leaseDurationSeconds: 30 }),
    giveBack: () => put({ holderIdentity: null, renewTime: null }),
    holder: () => stored?.spec.holderIdentity,
    renewedAt: () => Date.parse(stored?.spec.renewTime ?? ''),
    remove() {
      stored = undefined
    },
    /** Of every request from now on. */
    let(next: Fate) {
      fate = next
    },
    mostOpen: () => mostOpen,
  }
}

/** Tries to take it for ourselves, and what we are reported while waiting. */
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

test('an API server that swallows packets is asked by one renewal at a time, and the holder of the lease stops in time', async () => {
  const here = cluster()
  await using lease = await taking(here.client).end
  here.let('swallowed')
  // Others may take it 30 s after the last renewal, which is before now.
  await vi.advanceTimersByTimeAsync(19_000)
  expect([lease.signal.aborted, here.mostOpen()]).toEqual([false, 1])
  await vi.advanceTimersByTimeAsync(2_000)
  expect([lease.signal.aborted, here.mostOpen()]).toEqual([true, 1])
  const problem = await problemOf(lease.confirm())
  expect(problem).toMatchObject({ code: 'LEASE_LOST', where: 'Lease/shop-secrets/rotate', exitCode: 4 })
  expect(problem.message).toContain('could not be renewed for 20 s (the API server does not answer)')
})

test('an outage that ends in time loses nothing', async () => {
  const here = cluster()
  await using lease = await taking(here.client).end
  here.let('swallowed')
  await vi.advanceTimersByTimeAsync(15_000)
  here.let('answered')
  await vi.advanceTimersByTimeAsync(60_000)
  expect([lease.signal.aborted, here.holder(), Date.now() - here.renewedAt() < 6_000]).toEqual([false, 'us', true])
})

test('giving it back takes no longer than one request, whatever becomes of the answers', async () => {
  const here = cluster()
  const lease = await taking(here.client).end
  here.let('swallowed')
  await vi.advanceTimersByTimeAsync(7_000)
  const end = lease[Symbol.asyncDispose]().then(() => 'given back')
  await vi.advanceTimersByTimeAsync(5_000)
  expect(await end).toBe('given back')
})

test('a renewal that is under way when it is given back does not keep it', async () => {
  const here = cluster()
  const lease = await taking(here.client).end
  here.let('lost')
  await vi.advanceTimersByTimeAsync(5_500)
  here.let('answered')
  await lease[Symbol.asyncDispose]()
  expect([here.holder(), here.mostOpen()]).toEqual([null, 0])
})

test('renewals whose answers are lost keep it', async () => {
  const here = cluster()
  await using lease = await taking(here.client).end
  here.let('lost')
  await vi.advanceTimersByTimeAsync(12_000)
  here.let('answered')
  await vi.advanceTimersByTimeAsync(60_000)
  expect([lease.signal.aborted, here.holder()]).toEqual([false, 'us'])
})

test('the run that has taken it over is named, and nothing is written any more', async () => {
  const here = cluster()
  await using lease = await taking(here.client).end
  here.renew()
  await vi.advanceTimersByTimeAsync(6_000)
  expect(lease.signal.aborted).toBe(true)
  const problem = await problemOf(lease.confirm())
  expect(problem).toMatchObject({ code: 'LEASE_LOST', exitCode: 3 })
  expect(problem.message).toMatch(/^was taken over by alice while this run needed it/)
  await lease[Symbol.asyncDispose]()
  expect(here.holder()).toBe('alice')
})

test('one that was deleted is lost: somebody else may make another', async () => {
  const here = cluster()
  await using lease = await taking(here.client).end
  here.remove()
  await vi.advanceTimersByTimeAsync(6_000)
  expect(await problemOf(lease.confirm())).toMatchObject({ code: 'LEASE_LOST', exitCode: 3 })
  expect(here.holder()).toBeUndefined()
})

/** Clocks of a machine that can sleep, and of a process that can be stopped. */
function clocks() {
  let [asleep, stopped] = [0, 0]
  return {
    awake: () => performance.now() + stopped,
    always: () => performance.now() + stopped + asleep,
    /** Timers don't notice. */
    sleep(ms: number) {
      asleep += ms
    },
    /** Timers are late. */
    stop(ms: number) {
      stopped += ms
    },
  }
}

describe.each(['sleep', 'stop'] as const)('after the machine slept or the process was stopped (%s)', (how) => {
  test('nothing is written before a renewal proves that nobody else has come', async () => {
    const own = clocks()
    const here = cluster()
    await using lease = await taking(here.client, { clocks: own }).end
    await vi.advanceTimersByTimeAsync(1_000)
    own[how](3_600_000)
    const before = here.renewedAt()
    await lease.confirm()
    expect(here.renewedAt()).toBeGreaterThan(before)
    await vi.advanceTimersByTimeAsync(60_000)
    expect([lease.signal.aborted, here.holder()]).toEqual([false, 'us'])
  })

  test('it is lost to the run that took it', async () => {
    const own = clocks()
    const here = cluster()
    await using lease = await taking(here.client, { clocks: own }).end
    own[how](3_600_000)
    here.renew()
    expect(await problemOf(lease.confirm())).toMatchObject({ code: 'LEASE_LOST', exitCode: 3 })
    expect(here.holder()).toBe('alice')
  })

  test('and it is lost when the cluster stays out of reach', async () => {
    const own = clocks()
    const here = cluster()
    await using lease = await taking(here.client, { clocks: own }).end
    own[how](3_600_000)
    here.let('swallowed')
    const end = problemOf(lease.confirm())
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await end).toMatchObject({ code: 'LEASE_LOST', exitCode: 4 })
  })
})

test('a claim whose answer is lost is given back, so that nobody waits for a run that has not begun', async () => {
  const here = cluster()
  here.let('lost')
  await expect(taking(here.client).end).rejects.toThrow('connection lost')
  expect(here.holder()).toBeNull()
})

test('nothing is written in its name after it was given back', async () => {
  const lease = await taking(cluster().client).end
  await lease[Symbol.asyncDispose]()
  await expect(lease.confirm()).rejects.toThrow('after its lease was given back')
})

test('after an interruption what cleans up is still written, and nothing is waited for', async () => {
  const own = clocks()
  const here = cluster()
  const interrupt = new AbortController()
  await using lease = await taking(here.client, { clocks: own, signal: interrupt.signal }).end
  interrupt.abort('SIGINT')
  await lease.confirm()
  own.sleep(3_600_000)
  here.let('swallowed')
  await expect(lease.confirm()).rejects.toBe('SIGINT')
  here.let('answered')
})
